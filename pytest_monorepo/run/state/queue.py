"""The tests of one project that no worker has taken yet. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import field

from pytest_monorepo.value import value


@value(frozen=False)
class Queue:
    """The tests of one project that no worker has taken yet, in groups that one worker must run.

    Groups are indices into ``tests``, in the order of collection. ``spare`` are forked siblings that wait.
    """

    tests: tuple[str, ...]
    groups: deque[list[int]]
    spare: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, tests: Sequence[str], numbers: Sequence[int]) -> Queue:
        """``numbers`` says for each test its group."""
        groups: dict[int, list[int]] = {}
        for index, number in enumerate(numbers):
            groups.setdefault(number, []).append(index)
        return cls(tuple(tests), deque(groups.values()))

    def take(self, others: Collection[str] = ()) -> list[int]:
        """The next group, of none of the ``others``, which are files; empty when nothing is left."""
        if not others:
            return self.groups.popleft() if self.groups else []
        found = next((group for group in self.groups if not self._is_of(group, others)), [])
        if found:
            self.groups.remove(found)
        return found

    def has_any_but(self, others: Collection[str]) -> bool:
        """Whether a group waits that is of none of these files."""
        return any(not self._is_of(group, others) for group in self.groups)

    def _is_of(self, group: Sequence[int], files: Collection[str]) -> bool:
        return any(self.tests[index].partition("::")[0] in files for index in group)

    def put_back(self, indices: Iterable[int]) -> None:
        """What a dead worker had taken and not run comes first."""
        left = list(indices)
        if left:
            self.groups.appendleft(left)

    def drop(self, tests: Collection[str]) -> list[str]:
        """None of these is to run; returns those that would have been."""
        gone = [self.tests[index] for group in self.groups for index in group if self.tests[index] in tests]
        kept = ([index for index in group if self.tests[index] not in tests] for group in self.groups)
        self.groups = deque(group for group in kept if group)
        return gone

    def clear(self) -> list[str]:
        """Node ids of all that is left; afterwards nothing is."""
        left = [self.tests[index] for group in self.groups for index in group]
        self.groups.clear()
        return left
