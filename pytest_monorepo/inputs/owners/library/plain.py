"""Whether an installed module is as it was, below its top (:mod:`.walk` says what of it counts).

Asked in C, as long as nothing in it is another object; then all of it is gone through again.
"""

from __future__ import annotations

import itertools
from typing import Any, List, Tuple

from ...originals import identity, variables
from .. import asked
from . import moving
from .walk import of_module, same_or_itself


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

    def picture_now(self, module: Any) -> List[Any]:
        """Of what has that name now, also where it is another module."""
        for one in (self._first, self._last):
            if one.is_of(module) and one.is_still_so():
                return list(one.picture)
        self._last = _Seen(module)
        return list(self._last.picture)

    def differs(self, module: Any) -> bool:
        """Whether it is another than it was."""
        if self._first.is_still_so():
            return False
        before, self._first = self._first, self._now(module)  # until it is compared nothing of it goes
        return not before.equals(self._first)

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
        self._quick = self._quick_now()

    @property
    def picture(self) -> List[Any]:
        return self._walk.picture

    def is_of(self, module: Any) -> bool:
        return variables(module) is self._held

    def is_still_so(self) -> bool:
        return self._quick == self._quick_now()

    def equals(self, other: _Seen) -> bool:
        """Also that nothing of another type has come where there was an object; one more may have come."""
        before, now = self._walk, other._walk
        return (
            self.picture == other.picture
            and all(now.types.get(one, kind) is kind for one, kind in before.types.items())
            and all(now.cached.get(place, held) == held for place, held in before.cached.items())
        )

    def _quick_now(self) -> Tuple[List[int], List[int], bool, List[Any]]:
        """In C: no value is asked anything."""
        walk = self._walk
        inside = itertools.chain.from_iterable(map(dict.values, walk.mappings))
        keys = itertools.chain.from_iterable(walk.tables)
        values = itertools.chain(inside, keys, *walk.sequences, asked.inside(walk.holders))
        sizes = list(map(len, (*walk.mappings, *walk.sequences)))
        named = [list(asked.in_slots(one)) for one in walk.partly]
        named += [list(map(same_or_itself, asked.contents_of(one))) for one in walk.kinds]
        for told, held in map(moving.told, walk.moving):
            named += [told, list(map(same_or_itself, held))]
        named += [one.told() for one in walk.remembering]
        return sizes, list(map(identity, values)), any(walk.bare), named
