"""Which files load which, and so which test files a changed file can reach. Pure: no file is read here.

An arrow leads from a file to one that it may load when it runs: by an import, a literal string that is
imported or patched, the script it runs, the data it names; to the ``__init__`` files of the packages around
it, and from a test file to the conftests above it. The arrows are those of both states compared, put
together. A way from a test to a changed file that was there at the base is then there here, too: where every
file on it is unchanged, so is every name, and where one changed, the test reaches that one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from .layers import Layered


@dataclass(frozen=True)
class Loads:
    """``arrows`` maps a file to those it may load; ``unfollowed`` says why not all of a file's are known.

    ``back`` are the arrows turned round, in order, where somebody knows them.
    """

    arrows: Mapping[str, Collection[str]]
    unfollowed: Mapping[str, str]
    back: Mapping[str, tuple[str, ...]] | None = None

    def with_arrows(self, more: Mapping[str, Iterable[str]]) -> Loads:
        """These and ``more`` arrows."""
        if not more:
            return self
        added = {path: {*self.arrows.get(path, ()), *loaded} for path, loaded in more.items()}
        turned: dict[str, set[str]] = {}
        for path, loaded in added.items():
            for one in loaded:
                turned.setdefault(one, set(self.loaders.get(one, ()))).add(path)
        back = {path: tuple(sorted(loading)) for path, loading in turned.items()}
        return Loads(Layered(added, self.arrows), self.unfollowed, Layered(back, self.loaders))

    @cached_property
    def loaders(self) -> Mapping[str, tuple[str, ...]]:
        """The arrows turned round."""
        if self.back is not None:
            return self.back
        found: dict[str, list[str]] = {}
        for path in sorted(self.arrows):
            for loaded in self.arrows[path]:
                found.setdefault(loaded, []).append(path)
        return {path: tuple(loading) for path, loading in found.items()}

    def reached_from(self, starts: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Every file that may load one of ``starts``, with a shortest way: from the start to it."""
        ways: dict[str, tuple[str, ...]] = {}
        waiting: deque[str] = deque()
        for start in sorted(set(starts)):
            ways[start] = (start,)
            waiting.append(start)
        while waiting:
            path = waiting.popleft()
            for loader in self.loaders.get(path, ()):
                if loader not in ways:
                    ways[loader] = (*ways[path], loader)
                    waiting.append(loader)
        return ways
