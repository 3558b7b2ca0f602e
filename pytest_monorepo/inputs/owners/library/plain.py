"""Whether an installed module is as it was, below its top (:mod:`.walk` says what of it counts).

Asked in C, as long as nothing in it is another object; then all of it is gone through again.
"""

from __future__ import annotations

import collections
import itertools
from typing import Any, Dict, List, Mapping, Sequence, Set, Tuple

from ...originals import identity, variables
from .. import asked
from ..glance import Outline, Outlines
from . import paired
from .moving import stands
from .walk import Walk, of_module, owned, same_or_itself


class Plain:
    """Of one module; known by what it was when this was made, or last differed."""

    def __init__(self, module: Any) -> None:
        self._first = self._last = _Seen(module)

    def is_same(self, module: Any) -> bool:
        """Whether it is as it was; what it is compared with stays."""
        return self._first.is_still_so() or self._first.equals(self._now(module))

    @property
    def picture(self) -> List[Any]:
        return list(self._first.picture)

    @property
    def quick(self) -> Quick:
        """What is asked whether it is as it was, as long as :meth:`differs` has not said that it is not."""
        return self._first.quick

    def picture_now(self, module: Any) -> List[Any]:
        """Of what has that name now, also where it is another module."""
        for one in (self._first, self._last):
            if one.is_of(module) and one.is_still_so():
                return list(one.picture)
        self._last = _Seen(module)
        return list(self._last.picture)

    def differs(self, module: Any, *, top: bool = False) -> bool:
        """Whether it is another than it was; ``top``: other objects have come there, to be followed, too."""
        same = self._first.is_still_so()
        if same and not top:
            return False
        if top:
            self._last = _Seen(module)
        before, self._first = self._first, self._now(module)  # until it is compared nothing of it goes
        return not (same or before.equals(self._first))

    def _now(self, module: Any) -> _Seen:
        """As it was when it last was looked at because it was otherwise, if it still is so."""
        if not self._last.is_still_so():
            self._last = _Seen(module)
        return self._last


class _Seen:
    """A module as it was once."""

    def __init__(self, module: Any) -> None:
        self._held = variables(module)
        self._walk = of_module(module)
        self.quick = Quick(self._walk)

    @property
    def picture(self) -> List[Any]:
        return self._walk.picture

    def is_of(self, module: Any) -> bool:
        return variables(module) is self._held

    def is_still_so(self) -> bool:
        return self.quick.is_still_so()

    def equals(self, other: _Seen) -> bool:
        """Also that nothing of another type has come where there was an object; one more may have come."""
        before, now = self._walk, other._walk
        return (
            self.picture == other.picture
            and all(now.types.get(one, kind) is kind for one, kind in before.types.items())
            and all(now.cached.get(place, held) == held for place, held in before.cached.items())
        )


class Quick:
    """What a walk has met, asked in C: no value is asked anything."""

    def __init__(self, walk: Walk) -> None:
        self._parts = [getattr(walk, name) for name in _PARTS]
        self._known = self._now()

    @classmethod
    def of_all(cls, those: Sequence[Quick]) -> Quick:
        """That is still so only where each of them is."""
        made = cls.__new__(cls)
        made._parts = list(map(_chained, *(one._parts for one in those)))
        made._known = tuple(map(_chained, *(one._known for one in those)))
        return made

    def is_still_so(self) -> bool:
        return self._known == self._now()

    def _now(self) -> Tuple[List[Any], ...]:
        """Parts of which each is a list, in which what is of one walk stands together."""
        mappings, tables, sequences, bare, holders, partly, kinds, moving, remembering, settings, owners = (
            self._parts
        )
        contents = [list(map(same_or_itself, asked.contents_of(one))) for one in kinds]
        told = [(told, list(map(same_or_itself, held))) for told, held in map(stands, moving)]
        return (
            list(map(len, mappings)),
            list(map(len, sequences)),
            list(map(identity, itertools.chain.from_iterable(map(dict.values, mappings)))),
            list(map(identity, itertools.chain.from_iterable(tables))),
            list(map(identity, itertools.chain.from_iterable(sequences))),
            list(map(identity, asked.inside(holders))),
            list(map(len, bare)),
            [list(asked.in_slots(one)) for one in partly],
            contents,
            told,
            [one.told() for one in remembering],
            paired.told(settings),
            list(map(owned, owners)),
        )


def _chained(*lists: List[Any]) -> List[Any]:
    return list(itertools.chain(*lists))


_PARTS = (
    *("mappings", "tables", "sequences", "bare", "holders", "partly", "kinds", "moving"),
    *("remembering", "settings", "owners"),
)


_TOGETHER = 64
"""So few that one which moves costs little."""
_MOST_TIMES = 4


class Bundles:
    """Installed modules that surely are as they were, asked many at a time.

    Beside many libraries thousands are loaded, of which hardly any is another at a look: to ask them one by
    one takes longer than what is asked. Nothing here says that one *has* changed: what is not surely the same
    is compared by itself, as if there were no bundles.
    """

    def __init__(self) -> None:
        self._bundles: List[_Bundle] = []
        self._times: Dict[str, int] = collections.defaultdict(int)

    def calm(self, modules: Mapping[str, Any]) -> Set[str]:
        """The names of those of these modules that surely are as when they were added."""
        return {name for bundle in self._bundles for name in bundle.calm(modules)}

    def keep(self, calm: Set[str]) -> None:
        """All others are no longer what they are known for."""
        for bundle in self._bundles:
            bundle.keep(calm)
        self._bundles = [one for one in self._bundles if one.members]

    def adds(self, name: str, outline: Outline, plain: Plain) -> None:
        """A module as it is known from now on, unless it has moved too often."""
        self._times[name] += 1
        if self._times[name] > _MOST_TIMES:
            return
        if not self._bundles or len(self._bundles[-1].members) >= _TOGETHER:
            self._bundles.append(_Bundle())
        self._bundles[-1].adds(name, outline, plain)


class _Bundle:
    def __init__(self) -> None:
        self.members: Dict[str, Tuple[Outline, Quick]] = {}
        self._all: Any = None

    def adds(self, name: str, outline: Outline, plain: Plain) -> None:
        self.members[name], self._all = (outline, plain.quick), None

    def keep(self, calm: Set[str]) -> None:
        """Of what is dropped nothing is kept alive, as something else could be taken for it by its place."""
        if not self.members.keys() <= calm:
            self.members = {name: one for name, one in self.members.items() if name in calm}
            self._all = None

    def calm(self, modules: Mapping[str, Any]) -> List[str]:
        # what is of all is the parts' one behind the other, with how long each is: the same only if they are
        if self._all is None:
            those = list(self.members.values())
            self._all = Outlines([one for one, _ in those]), Quick.of_all([one for _, one in those])
        outlines, quick = self._all
        asked_for = [modules[name] for name in self.members if name in modules]
        if len(asked_for) == len(self.members) and outlines.fit(asked_for) and quick.is_still_so():
            return list(self.members)
        return [
            name
            for name, (outline, quick) in self.members.items()
            if name in modules and outline.fits(modules[name]) and quick.is_still_so()
        ]
