"""What the names of a file may be, where each is made of others: looked at until nothing is new."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from .places import ANY, NONE, Places, few, wide

_ROUNDS = 50


class Names:
    """``given`` are names with what they are given somewhere, ``places`` says where that leads.

    Which other names are asked for meanwhile is remembered: what is given is looked at again only where one
    of these has become more.
    """

    def __init__(self, given: Sequence[tuple[str, ast.expr]], places: Callable[[ast.expr], Places]) -> None:
        self._given = given
        self._places = places
        self._known: dict[str, Places] = {}
        self._asked: set[str] = set()
        self._found: list[Places | None] = [None] * len(given)
        self._due = bytearray(b"\1") * len(given)
        self._of: dict[str, list[int]] = {}
        self._askers: dict[str, set[int]] = {}
        self._wide: set[str] = set()
        for number, (name, value) in enumerate(given):
            self._of.setdefault(name, []).append(number)
            if value.__class__ is ast.Constant and not places(value):
                self._due[number] = 0

    def may_be(self, name: str) -> Places:
        """Where the name may lead, as far as is known; nowhere where it is given nothing."""
        self._asked.add(name)
        return self._known.get(name, NONE)

    def settle(self) -> None:
        """In turn from either end, since what a name is made of mostly stands before it, seldom behind."""
        for number in range(_ROUNDS):
            if not (self._from_the_end() if number % 2 == 0 else self._from_the_start()):
                return
        self._known = dict.fromkeys(self._of, ANY)

    def _from_the_end(self) -> bool:
        moved, at = False, len(self._due)
        while (at := self._due.rfind(1, 0, at)) >= 0:
            moved |= self._look(at)
        return moved

    def _from_the_start(self) -> bool:
        moved, at = False, -1
        while (at := self._due.find(1, at + 1)) >= 0:
            moved |= self._look(at)
        return moved

    def _look(self, number: int) -> bool:
        """Whether a name was found to be more than was known of it."""
        self._due[number] = 0
        name, value = self._given[number]
        places, known = self._leads(number, value), self._known.get(name, NONE)
        # what has been cut short once stays so: else it would grow and be cut again without an end
        if name in self._wide:
            places = wide(places)
        if places <= known or (more := few(known | places)) == known:
            return False
        if not known <= more:
            self._wide.add(name)
        self._known[name] = more
        for asker in self._askers.get(name, ()):
            self._found[asker] = None
            self._due[asker] = 1
        for one in self._of[name]:
            self._due[one] = 1
        return True

    def _leads(self, number: int, value: ast.expr) -> Places:
        found = self._found[number]
        if found is None:
            self._asked = set()
            found = self._found[number] = self._places(value)
            for name in self._asked:
                self._askers.setdefault(name, set()).add(number)
        return found
