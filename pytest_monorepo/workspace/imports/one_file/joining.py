"""Where paths and texts lead that are put together: ``base / "a"``, ``join(base, "a")``, ``f"{base}/a"``."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable

from .expressions import text_of
from .literals import last_name
from .naming import OF_OS, UP
from .places import HERE, NONE, Place, Places, few, opened

NOTHING = ast.Constant("")
# what a text is begun with that is filled in, and what stands behind that
_FIRST = re.compile(r"(?:%s|\{\w*\})(.+)", re.DOTALL)


class Joining:
    """By where each part leads, and the texts that a name may stand for."""

    def __init__(
        self, places: Callable[[ast.expr], Places], texts: Callable[[ast.expr], Iterable[str]]
    ) -> None:
        self._places = places
        self._texts = texts

    def of_parts(self, args: Iterable[ast.expr]) -> Places:
        first, *rest = [*args] or [NOTHING]
        text = text_of(first)
        begun = self._places(first) if text is None else frozenset((Place(HERE).below(text),))
        if text is not None and text.startswith(("/", "~")):
            return NONE
        return self.behind(begun, rest)

    def behind(self, places: Places, parts: Iterable[ast.expr]) -> Places:
        for part in parts:
            text = self._part(part)
            if text is not None:
                places = few(place.below(text) for place in places)
                continue
            ups = [word for word in self._texts(part) if UP.match(word)]
            places = few((*opened(places), *(place.below(word) for place in places for word in ups)))
        return places

    def _part(self, node: ast.expr) -> str | None:
        text = text_of(node)
        return OF_OS.get(last_name(node) or "") if text is None else text

    def filled(self, text: ast.expr, args: Iterable[ast.expr]) -> Places:
        """Of a text that begins with one of these, and goes on: ``"%s/../.." % HERE``."""
        found = _FIRST.match(text_of(text) or "")
        rest = ast.Constant(found[1]) if found else NOTHING
        return few(place for one in args for place in self.glued([one, rest])) if found else NONE

    def glued(self, parts: list[ast.expr]) -> Places:
        """Of one text, whatever it is put together by: the name that ends where nobody knows is left out."""
        first, *rest = parts or [NOTHING]
        places = self._places(first)
        before = self._part(first)
        for part in rest:
            text = self._part(part)
            if text is None:
                whole = before is None or before.endswith(("/", "\\")) or not before
                places = opened(places if whole else few(place.cut() for place in places))
            else:
                if text.startswith(("/", "\\")) or (before or "").endswith(("/", "\\")):
                    places = few(place.below(text) for place in places)
                else:
                    # "../a" + "b/c": the name goes on
                    found = [_gone_on(place, text) for place in places]
                    # of a name nobody knows how it ends
                    found += [place.below(text) for place in places] if before is None else []
                    places = few(place._replace(named="") for place in found)
            before = text
        return places


def _gone_on(place: Place, text: str) -> Place:
    """With a text right behind the last name, where that is no way up."""
    last = place.folder.rpartition("/")[2]
    return place.cut().below(last + text) if last and not place.open else place.below(text)
