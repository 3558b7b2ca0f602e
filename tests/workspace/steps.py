"""How many steps a backtracking matcher takes for a pattern: counted, since seconds say nothing.

Walks the tree that :mod:`re` itself parses a pattern into, in the order in which ``re`` tries alternatives.
What it finds must be what ``re`` finds, which the tests check beside the number of steps.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

if sys.version_info >= (3, 11):
    from re import _constants as c  # type: ignore[attr-defined]
    from re import _parser as parser  # type: ignore[attr-defined]
else:
    import sre_constants as c
    import sre_parse as parser

Groups = dict[int, tuple[int, int]]
Follow = Callable[[int, Groups], "int | None"]


class TooMany(Exception):
    """More steps than allowed."""


class Matcher:
    """One pattern; at most ``most`` steps from one place, or :class:`TooMany`.

    ``steps`` counts the single characters and positions that were tried, ``longest`` those of the attempt
    from one place that took the most: more than a few a character, and the pattern tries things twice.
    """

    def __init__(self, pattern: re.Pattern[Any], most: int) -> None:
        self._items = _read(pattern)
        self._most = most
        self.steps = self.longest = self._began = 0

    def spans(self, text: Any) -> list[tuple[int, int]]:
        """What ``finditer`` finds in the text, as (start, end)."""
        self._text = text
        found: list[tuple[int, int]] = []
        at, empty = 0, -1
        while at <= len(text):
            self._began = self.steps
            end = self._attempt(at, but=empty)
            self.longest = max(self.longest, self.steps - self._began)
            if end is None:
                at += 1
            else:
                found.append((at, end))
                # behind an empty match, re looks for another one from the same place
                at, empty = end, end if end == at else -1
        return found

    def _attempt(self, at: int, but: int) -> int | None:
        return self._run(self._items, at, {}, lambda position, _: None if position == but else position)

    def _tick(self) -> None:
        self.steps += 1
        if self.steps - self._began > self._most:
            raise TooMany

    def _run(self, items: Items, at: int, groups: Groups, follow: Follow) -> int | None:
        if not items:
            return follow(at, groups)
        (kind, value), *rest = items

        def onward(position: int, known: Groups) -> int | None:
            return self._run(rest, position, known, follow)

        if kind is ONE:
            self._tick()
            return onward(at + 1, groups) if value(self._text, at) else None
        if kind is c.AT:
            self._tick()
            return onward(at, groups) if value(self._text, at) else None
        if kind is c.SUBPATTERN:
            return self._group(value, at, groups, onward)
        if kind is c.GROUPREF:
            return self._again(value, at, groups, onward)
        if kind is c.BRANCH:
            ends = (self._run(branch, at, groups, onward) for branch in value)
            return next((end for end in ends if end is not None), None)
        if kind in (c.ASSERT, c.ASSERT_NOT):
            return self._look(kind, value, at, groups, onward)
        if kind in (c.MAX_REPEAT, c.MIN_REPEAT):
            return self._repeat(kind, value, at, groups, onward)
        raise NotImplementedError(kind)

    def _group(self, value: Any, at: int, groups: Groups, onward: Follow) -> int | None:
        number, inner = value

        def closed(position: int, known: Groups) -> int | None:
            return onward(position, known if number is None else {**known, number: (at, position)})

        return self._run(inner, at, groups, closed)

    def _again(self, number: int, at: int, groups: Groups, onward: Follow) -> int | None:
        """What a group has matched, to the letter; nothing where it has not matched yet."""
        if number not in groups:
            return None
        start, end = groups[number]
        for place in range(end - start):
            self._tick()
            if self._text[start + place : start + place + 1] != self._text[at + place : at + place + 1]:
                return None
        return onward(at + end - start, groups)

    def _look(self, kind: Any, value: Any, at: int, groups: Groups, onward: Follow) -> int | None:
        direction, inner, width = value
        start = at if direction > 0 else at - width
        inside = groups

        def ends(position: int, known: Groups) -> int | None:
            nonlocal inside
            if direction < 0 and position != at:
                return None
            inside = known
            return position

        seen = self._run(inner, start, groups, ends) if start >= 0 else None
        if (seen is not None) != (kind is c.ASSERT):
            return None
        return onward(at, inside if kind is c.ASSERT else groups)

    def _repeat(self, kind: Any, value: Any, at: int, groups: Groups, onward: Follow) -> int | None:
        least, most, items = value
        if len(items) == 1 and items[0][0] is ONE:
            return self._repeat_one(kind, least, most, items[0][1], at, groups, onward)

        def again(count: int, position: int, known: Groups) -> int | None:
            def more() -> int | None:
                if most is not c.MAXREPEAT and count >= most:
                    return None
                return self._run(
                    items,
                    position,
                    known,
                    lambda p, k: again(count + 1, p, k) if p > position or count < least else None,
                )

            if count < least:
                return more()
            if kind is c.MAX_REPEAT:
                end = more()
                return end if end is not None else onward(position, known)
            end = onward(position, known)
            return end if end is not None else more()

        return again(0, at, groups)

    def _repeat_one(
        self, kind: Any, least: int, most: int, matches: Any, at: int, groups: Groups, onward: Follow
    ) -> int | None:
        limit = len(self._text) - at if most is c.MAXREPEAT else most
        if kind is c.MIN_REPEAT:
            for count in range(limit + 1):
                if count >= least and (end := onward(at + count, groups)) is not None:
                    return end
                self._tick()
                if not matches(self._text, at + count):
                    return None
            return None
        count = 0
        while count < limit:
            self._tick()
            if not matches(self._text, at + count):
                break
            count += 1
        for kept in range(count, least - 1, -1):
            if (end := onward(at + kept, groups)) is not None:
                return end
        return None


Items = Sequence[tuple[Any, Any]]
ONE = "one"
"""The kind of what takes one character; its value is what :mod:`re` matches it with."""


@cache
def _read(pattern: re.Pattern[Any]) -> Items:
    """What the parser makes of a pattern, as plain values: each is walked through thousands of times."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    return _plain(tree, isinstance(pattern.pattern, bytes), pattern.flags)


def _plain(tree: Any, binary: bool, flags: int) -> Items:
    def inside(inner: Any) -> Items:
        return _plain(inner, binary, flags)

    found: list[tuple[Any, Any]] = []
    for kind, value in tree:
        if kind in _SINGLE:
            found.append((ONE, re.compile(*_single(kind, value, binary, flags)).match))
        elif kind is c.AT:
            source: Any = _POSITIONS[value].encode() if binary else _POSITIONS[value]
            found.append((kind, re.compile(source, flags & (re.MULTILINE | re.ASCII | re.UNICODE)).match))
        elif kind is c.SUBPATTERN:
            found.append((kind, (value[0], inside(value[3]))))
        elif kind is c.BRANCH:
            found.append((kind, [inside(branch) for branch in value[1]]))
        elif kind in (c.ASSERT, c.ASSERT_NOT):
            found.append((kind, (value[0], inside(value[1]), value[1].getwidth()[0])))
        elif kind in (c.MAX_REPEAT, c.MIN_REPEAT):
            found.append((kind, (value[0], value[1], inside(value[2]))))
        else:
            found.append((kind, value))
    return found


_SINGLE = (c.LITERAL, c.NOT_LITERAL, c.IN, c.ANY)
_POSITIONS = {
    c.AT_BEGINNING: "^",
    c.AT_BEGINNING_STRING: r"\A",
    c.AT_BOUNDARY: r"\b",
    c.AT_NON_BOUNDARY: r"\B",
    c.AT_END: "$",
    c.AT_END_STRING: r"\Z",
}
_CATEGORIES = {
    c.CATEGORY_DIGIT: r"\d",
    c.CATEGORY_NOT_DIGIT: r"\D",
    c.CATEGORY_SPACE: r"\s",
    c.CATEGORY_NOT_SPACE: r"\S",
    c.CATEGORY_WORD: r"\w",
    c.CATEGORY_NOT_WORD: r"\W",
}


def _single(kind: Any, value: Any, binary: bool, flags: int) -> tuple[Any, int]:
    text = "".join(_spelled(kind, value))
    return (text.encode("latin-1") if binary else text), flags & (
        re.IGNORECASE | re.DOTALL | re.ASCII | re.UNICODE
    )


def _spelled(kind: Any, value: Any) -> Iterator[str]:
    if kind is c.ANY:
        yield "."
    elif kind is c.LITERAL:
        yield re.escape(chr(value))
    elif kind is c.NOT_LITERAL:
        yield f"[^{re.escape(chr(value))}]"
    else:
        yield "["
        for inner, what in value:
            if inner is c.NEGATE:
                yield "^"
            elif inner is c.LITERAL:
                yield re.escape(chr(what))
            elif inner is c.RANGE:
                yield f"{re.escape(chr(what[0]))}-{re.escape(chr(what[1]))}"
            else:
                yield _CATEGORIES[what]
        yield "]"
