"""Where a path may lead: up from a file, or from where a test runs, and then down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

FILE, HERE, MODULE, GIVEN = "file", "cwd", "module", "="
"""What a place begins from; the last stands before a name that is given from elsewhere."""
ANYWHERE, TOP = "?", "top"
"""Unknown steps up from the file, and from where the test runs: mostly to the top of a checkout."""

_SET_BY_CI = ("ROOT", "REPO", "WORKSPACE", "CHECKOUT", "TOP", "PROJECT_DIR", "BUILD_DIR", "SOURCE_DIR")
_MOST, _HIGHEST = 12, 12
# what is given has a name that is looked for elsewhere, and no steps: of these there are no more than names
_MOST_GIVEN = 100


class Place(NamedTuple):
    """``steps`` up from ``origin`` and down to ``folder``; ``open`` where nobody knows how much further.

    ``named`` is the first name behind the way up, as written, of the path that this is made of: where nothing
    is called so, the path leads to nothing there is, and nor does what somebody makes of it.
    """

    origin: str
    steps: int = 0
    folder: str = ""
    open: bool = False
    named: str = ""

    def up(self, by: int = 1) -> Place:
        parts = [part for part in self.folder.split("/") if part]
        if self.open or self.origin in (ANYWHERE, TOP) or self.origin.startswith(GIVEN):
            return self._replace(folder="", named="")
        down = min(by, len(parts))
        folder = "/".join(parts[: len(parts) - down])
        return self._replace(steps=self.steps + by - down, folder=folder, named=self.named if folder else "")

    def cut(self) -> Place:
        """Without the last name, unless that leads up."""
        if self.open:
            return self
        folder = self.folder.rpartition("/")[0]
        return self._replace(folder=folder, named=self.named if folder else "")

    def below(self, path: str) -> Place:
        place = self
        for part in path.replace("\\", "/").split("/"):
            if part == "..":
                place = place.up()
            elif part not in ("", ".") and not place.open:
                named = part if place.origin == HERE and not place.folder else place.named
                place = place._replace(folder=f"{place.folder}/{part}".lstrip("/"), named=named)
        return place


Places = frozenset[Place]
NONE: Places = frozenset()
ANY: Places = frozenset((Place(ANYWHERE),))
AT_TOP: Places = frozenset((Place(TOP),))


def few(places: Iterable[Place]) -> Places:
    """The places, or what holds them all, so that there is an end to what a name may be."""
    found = frozenset(places)
    deep = len(found) > _MOST
    for place in found:
        if place.origin == ANYWHERE or place.steps > _HIGHEST:
            return unknown(found)
        deep = deep or place.folder.count("/") > _HIGHEST
    if deep:
        found = wide(found)
        if len(found) > _MOST:
            found = frozenset(place._replace(named="") for place in found)
    if any(place.named for place in found):
        # whatever the name: it would be cut short and grow again without an end
        found = frozenset(
            place for place in found if not place.named or place._replace(named="") not in found
        )
    if len(found) <= _MOST:
        return found
    given = sum(place.origin.startswith(GIVEN) for place in found)
    return unknown(found) if len(found) - given > _MOST or given > _MOST_GIVEN else found


def wide(places: Iterable[Place]) -> Places:
    """The places without their folders: anything below where each begins, and what lies above of that."""
    below, above = set(), set()
    for place in places:
        below.add(place._replace(folder="", open=True))
        if not place.open and place.origin in (FILE, HERE):
            above.add(place._replace(folder=""))
    return frozenset(below | above)


def unknown(places: Iterable[Place]) -> Places:
    """What somebody makes of a place, so that nobody knows how far it leads up.

    A path to nothing there is, ``"../etc/passwd"`` in a test of a refusal, is made nothing of.
    """
    places = [*places]
    origins = {place.origin for place in places}
    if not origins:
        return NONE
    if not origins <= {HERE, TOP}:
        return ANY
    named = {place.named for place in places}
    return AT_TOP if "" in named or len(named) > _MOST else frozenset(Place(TOP, named=one) for one in named)


def climbed(places: Iterable[Place]) -> Places:
    """Any of what lies above, also above a path to nothing."""
    return unknown(place._replace(named="") for place in places)


def divided(places: Places) -> Places:
    """Of its parts a shorter path may be made; what is below a file or folder are mostly words to look at."""
    return unknown(place for place in places if not place.open and place.origin == FILE) | opened(places)


def opened(places: Places) -> Places:
    return frozenset(place._replace(open=True) for place in places)


def set_by_ci(variable: str | None) -> Places:
    """Where a variable of the environment leads."""
    name = (variable or "").upper()
    return AT_TOP if any(word in name for word in _SET_BY_CI) else NONE
