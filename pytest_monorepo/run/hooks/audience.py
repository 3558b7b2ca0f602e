"""Who follows a run beside pytest's own hooks: one draws, one keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pytest_monorepo.results.keeping.twice import Doubt


class Watcher(Protocol):
    """Who draws on the terminal while the run goes on."""

    def clear(self) -> None:
        """Something is about to be printed."""

    def draw(self, running: list[str], done: int, total: int) -> None:
        """Nothing is being printed now."""

    @property
    def interval(self) -> float | None:
        """Seconds between two drawings; ``None`` when there is nothing to draw."""


class Keeper(Protocol):
    """Who listens to the workers to keep what they prove."""

    def heard(self, project: str, worker: int, message: object) -> None:
        """A worker of the project, by its number, said something."""

    def done(self, project: str, problem: str | None, *, stopped: bool) -> None:
        """All of the project has run that will; ``problem`` is why its result is none to keep."""

    def clash(self, project: str, ran: list[str]) -> str | None:
        """These files of the project have run: why what is kept of the others does not hold beside them."""

    def doubts(self) -> Iterable[Doubt]:
        """Test files whose tests are to run once more, to tell whether they give the same."""

    def settle(self, doubt: Doubt, messages: Sequence[Any] | None) -> None:
        """They have: this is what the worker said, ``None`` where it came to no end."""

    def finish(self) -> None:
        """The run is over."""

    def carried(self) -> list[dict[str, Any]]:
        """After that: what workers would have said of the measurement of what did not run."""
