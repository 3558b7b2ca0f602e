"""What is said in place of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Replay:
    """``messages`` are a worker's; ``origin`` says when and at which commit they were said.

    ``coverage`` is what its workers said of their measurement, with the data where this run looks for it.
    """

    messages: tuple[Any, ...]
    origin: str
    coverage: tuple[dict[str, Any], ...] = ()
