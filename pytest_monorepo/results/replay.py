"""What is said in place of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Replay:
    """``messages`` are a worker's; ``origin`` says when and at which commit they were said."""

    messages: tuple[Any, ...]
    origin: str
