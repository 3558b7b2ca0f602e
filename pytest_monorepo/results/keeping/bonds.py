"""What binds the files of a project: which are kept and replayed only together, and which not for that."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from pytest_monorepo.value import value

if TYPE_CHECKING:
    from .heard import Heard
    from .traces import Traces


@value(frozen=True)
class Bonds:
    """``replayed`` are files that did not run. ``cut``: others of the project run elsewhere.

    ``measured``: its coverage is, and is not told apart by files.
    """

    heard: Heard
    traces: Traces
    replayed: Collection[str] = ()
    cut: bool = False
    measured: bool = False

    @property
    def whole(self) -> str:
        """In words, why the project's files are replayed all together; empty: they are not."""
        return next(iter([*self.traces.whole, *self.heard.whole]), "--cov" if self.measured else "")

    def unit(self, file: str) -> frozenset[str]:
        return self.bound(file).intersection(self.heard.tested)

    def bound(self, file: str) -> frozenset[str]:
        """The file with those that it is one with, wherever they run."""
        return frozenset([file]).union(*(unit for unit in self.traces.units if file in unit))

    def ones(self, file: str) -> tuple[str, ...]:
        """All whose results hold only with the file's own, which is one of them."""
        return tuple(sorted(self.heard.tested if self.whole else self.unit(file)))

    @functools.cached_property
    def untested(self) -> frozenset[str]:
        """Files that were imported for tests and have none."""
        imported = frozenset().union(*(part.files for part in self.traces.parts))
        return imported.difference(self.heard.tested, self.traces.order, self.replayed)

    def with_untested(self, file: str) -> frozenset[str]:
        """With those that leave what it sees: nothing is kept of these, so it is their inputs, too."""
        return frozenset([file, *(self.bound(file) & self.untested)]) if self.untested else frozenset([file])

    def refuse(self, reasons: dict[str, str]) -> None:
        """A file is kept only with those that it is one with, and only where one worker ran them all."""
        tested, heard = self.heard.tested, self.heard.files
        if self.whole and reasons:
            first = next(iter(reasons))
            words = f"its project is one ({self.whole}), and {first} is not kept: {reasons[first]}"
            reasons.update({file: words for file in tested if file not in reasons})
        self._refuse_order(reasons)
        for file in tested if self.cut else ():
            if (why := self._tied(file)) is not None:
                reasons.setdefault(file, why)
        direct = dict(reasons)
        for file in tested:
            unit = self.unit(file) - {file}
            # one without tests, as a skip of its module leaves it, every worker collects and none runs
            run = {one for one in {file, *unit} if heard[one].tests}
            if len(run) > 1 and not any(run <= ran for ran in self.traces.ran):
                bond = f"{min(run - {file})}, which are one{self.traces.bond(file, min(run - {file}))}"
                reasons.setdefault(file, f"several workers ran it and {bond}")
            for other in sorted(unit):
                if other in direct:
                    one = f"{other}{self.traces.bond(file, other)}"
                    reasons.setdefault(file, f"is one with {one}, which is not kept: {direct[other]}")

    def _refuse_order(self, reasons: dict[str, str]) -> None:
        """Of files that are one, or of one that looks at all, none whose tests have run in another order."""
        for file in self.heard.tested:
            files = self.heard.tested if file in self.traces.looking else self.ones(file)
            if len(files) > 1 and (moved := self.traces.moved(files)):
                bond = f", which are one{self.traces.bond(file, moved)}" if moved != file else ""
                reasons.setdefault(
                    file, f"ran in another order than in a run of all: {moved} came late{bond}"
                )

    def _tied(self, file: str) -> str | None:
        """What binds it to files that run elsewhere, for all that is known."""
        if self.whole:
            return f"its project is one ({self.whole}), and a part of it runs elsewhere"
        if file in self.traces.looking:
            return "it may see what others load, of which some run elsewhere"
        for unit in self.traces.units:
            others = sorted(unit - {*self.heard.tested}) if file in unit else []
            if others:
                bond = self.traces.bond(file, others[0])
                return f"is one with {others[0]}{bond}, which runs elsewhere"
        return None


def run_together(
    units: Iterable[frozenset[str]],
    earlier: Iterable[tuple[str, ...]],
    looking: Iterable[str],
    files: tuple[str, ...],
) -> tuple[tuple[str, ...], ...]:
    """The files that one worker should run next time; ``earlier`` is what was known of it.

    One that looks at all that is loaded, and is one with others, may be so with each of the ``files``: in
    each run with several workers it would come to be with a few more, and never be kept.
    """
    found = tuple(sorted(tuple(sorted(unit)) for unit in units))
    told = {file for unit in found for file in unit}
    if told.intersection(looking):
        return (files,)
    return (*found, *(unit for unit in earlier if not told.intersection(unit)))
