"""What installed modules have set while they were imported, and whether it lasts.

``import lib_on``, which patches something, ``import app``, ``import lib_off``: ``app`` has taken what was so
for a while. Libraries set much for good while they are imported (types that can be pickled, registries of
their own), which is what the file leaves, and no module that is imported later has seen anything else.
"""

from __future__ import annotations

import collections
from typing import Any, Callable, Dict, Iterable, Iterator, List, Tuple

from ..record.asked import SAID
from ..record.loading import NOTHING, Otherwise
from .asked import SEQUENCES
from .names.said import ASKED

Differences = Dict[str, Tuple[Any, Any]]
"""Each module, or setting of the process, with what it was and what it is."""
_APART = "set by an installed module: "


class Lasting:
    """``differences`` says what is otherwise now than when the turn began, but in modules of the workspace;
    ``now`` what of that a name stands for.
    """

    def __init__(self, differences: Callable[[], Differences], now: Callable[[str], Any]) -> None:
        self._differences = differences
        self._now = now
        self._seen: Dict[str, List[Tuple[Any, Any]]] = {}
        self._at_end: Dict[str, bool] = {}
        self._told: Otherwise = NOTHING

    def begins(self) -> None:
        """Another turn: nothing is otherwise."""
        self._seen, self._at_end, self._told = {}, {}, NOTHING

    def look(self) -> None:
        """An installed module has been imported."""
        self._at_end = {}
        found = self._differences()
        for name, pair in found.items():
            self._seen.setdefault(name, []).append(pair)
        self._told = frozenset(f"{_APART}{name}" for name in found)

    @property
    def told(self) -> Otherwise:
        """What who is imported from here on may see, in words for :meth:`left`."""
        return self._told

    def left(self, what: Otherwise) -> Otherwise:
        """Without what lasts; ``None`` where it is not known who sees the rest.

        Asked at the end of a turn for each module in it: what is so then is looked at once.
        """
        apart = {one for one in what or () if one.startswith(_APART)}
        if what is None or not apart:
            return what
        gone = [name for name in (one[len(_APART) :] for one in apart) if not self._lasts(name)]
        settings = {name for name in gone if name.startswith(SETTING)}
        asked = {name[len(SETTING) :] for name in settings}
        if not asked <= ASKED.keys():
            return None
        return (what - apart).union({*gone} - settings, (f"{SAID}{name}" for name in asked))

    def _lasts(self, name: str) -> bool:
        if name not in self._at_end:
            self._at_end[name] = self._is_still_so(name)
        return self._at_end[name]

    def _is_still_so(self, name: str) -> bool:
        now = self._now(name)
        seen = self._seen.get(name, ())
        if name.startswith(SETTING) or now is None:
            return all(then == now for _, then in seen)
        return all(_lasts(before, then, now) for before, then in seen)


SETTING = "setting: "


def _lasts(before: Any, then: Any, now: Any) -> bool:
    """Whether what was set is still so, also where more has been set since."""
    if then == now:
        return True
    was, came, stays = (collections.Counter(_parts(one)) for one in (before, then, now))
    changed = [one for one in {*was, *came} if was[one] != came[one]]
    # in another order, as far as that can be seen
    return bool(changed) and all(_grows(was[one], came[one], stays[one]) for one in changed)


def _grows(was: int, came: int, stays: int) -> bool:
    return stays >= came if came > was else stays <= came


def _parts(picture: Iterable[Any]) -> Iterator[Any]:
    """Of a list or a set what is in it, and not how much: more may have come."""
    for one in picture:
        if one[0] in SEQUENCES:
            if not isinstance(one[1], int):
                yield from one[1]
        else:
            yield one
