"""One test file whose tests several workers share: what they say of it is held until all is said. No I/O.

It is believed only where every test gave what it gave when one worker ran the whole file. Else the whole
file is run again, and that counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field

from pytest_monorepo.value import value

from .answers import worse

Say = Callable[[int], None]
"""Says something of a test in the turn of a speaker."""


@value(frozen=False)
class Division:
    """``others`` are the outcomes, by node id, that are known to be no plain passes; ``speaker`` says it all.

    ``broken`` is why it is not believed. ``ended`` are tests whose turn is over, ``dropped`` those that need
    not run any more.
    """

    file: str
    tests: tuple[str, ...]
    speaker: int
    others: Mapping[str, str] = field(default_factory=dict)
    broken: str = ""
    ended: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    outcomes: dict[str, str] = field(default_factory=dict)
    _held: dict[str, list[Say]] = field(default_factory=dict)

    def hold(self, test: str, say: Say) -> None:
        """Something to be said of a test, unless it is taken back."""
        self._held.setdefault(test, []).append(say)

    def gave(self, test: str, outcome: str) -> None:
        """One phase of a test has this outcome; a failure is believed of nobody."""
        self.outcomes[test] = worse([self.outcomes.get(test, outcome), outcome])
        if outcome == "failed":
            self.breaks(f"{test} failed")

    def end(self, test: str) -> None:
        """The test's turn is over."""
        self.ended.add(test)
        found, known = self.outcomes.get(test, "told nothing"), self.others.get(test, "passed")
        if found != known:
            self.breaks(f"{test} {found}, and {known} before")

    def breaks(self, why: str) -> None:
        self.broken = self.broken or why

    def drop(self, tests: Iterable[str]) -> None:
        """These have not begun, and are not to."""
        self.dropped.update(tests)

    @property
    def settled(self) -> bool:
        """Whether nobody is at one of its tests, or will be."""
        return len(self.ended | self.dropped) >= len(self.tests)

    def said(self) -> list[Say]:
        """All that was held, test by test in the order of the collection."""
        return [say for test in self.tests for say in self._held.get(test, ())]


def arranged(
    groups: Iterable[Sequence[int]], tests: Sequence[str], seconds: Mapping[str, float], long: float
) -> list[list[int]]:
    """Groups of indices into ``tests``: those longer than ``long`` first, the longest first of all.

    ``seconds`` are known by test file. The others stay as they are: ten short files end as well in any order.
    """
    plain = [list(group) for group in groups]
    sizes: dict[str, int] = {}
    for test in tests:
        file = _file(test)
        sizes[file] = sizes.get(file, 0) + 1
    if sum(seconds.get(file, 0.0) for file in sizes) <= long:
        return plain

    def weight(group: Sequence[int]) -> float:
        files = (_file(tests[index]) for index in group)
        return sum(seconds.get(file, 0.0) / sizes[file] for file in files)

    weighed = [(weight(group), group) for group in plain]
    first = sorted((pair for pair in weighed if pair[0] > long), key=lambda pair: -pair[0])
    return [group for _, group in first] + [group for each, group in weighed if each <= long]


def divided(
    groups: Iterable[Sequence[int]], tests: Sequence[str], parts: Mapping[str, tuple[int, int]]
) -> tuple[list[list[int]], dict[str, tuple[str, ...]]]:
    """The groups, those of ``parts`` cut up, and the tests of each file that is.

    ``parts`` says by file how many tests it must have, and how many in a row are one part. A file is cut only
    where its tests, all of them once and no other, are one group: else they belong with others.
    """
    cut: dict[str, tuple[str, ...]] = {}
    found: list[list[int]] = []
    for group in map(list, groups):
        files = {_file(tests[index]) for index in group}
        file = files.pop() if len(files) == 1 else ""
        count, size = parts.get(file, (0, 0))
        if not len({tests[index] for index in group}) == len(group) == count or size >= count:
            found.append(group)
            continue
        cut[file] = tuple(tests[index] for index in group)
        found += [group[start : start + size] for start in range(0, count, size)]
    return found, cut


def _file(test: str) -> str:
    return test.partition("::")[0]
