"""What is said in place of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from pytest_monorepo.value import value


@value(frozen=True)
class Replay:
    """``messages`` are workers'; ``origins`` say of each file when and at which commit they were said.

    ``files`` are those that the project runs without; none where all of it is replayed.
    """

    messages: tuple[Any, ...]
    origins: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether no test is among what is said."""
        return not self.count

    @property
    def count(self) -> int:
        """The tests among what is said."""
        return sum(len(getattr(message, "tests", ())) for message in self.messages)

    @property
    def origin(self) -> str:
        """Of the oldest words, roughly: of one of the files."""
        return next(iter(self.origins.values()), "")
