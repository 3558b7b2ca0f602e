"""What a file has left behind, and when."""

from __future__ import annotations

from typing import Iterable

from .state import Change

BEFORE_TESTS = -1
UNSEEN = "things than it has found, for all that is known (nobody else was there to see them)"
"""Of the process, in the words of :class:`Change`: what everybody can see."""
UNLOOKED = "things than it has found, for all that is known (whoever comes later is one with it as it is)"
"""Likewise."""


class Left:
    """A change that ``who`` left; ``users`` make the same, by a fixture that files share.

    ``position`` counts tests; what was left by an import is there for every test.
    """

    def __init__(self, who: str, position: int, change: Change, users: Iterable[str] = ()) -> None:
        self.who = who
        self.position = position
        self.change = change
        self.users = {who, *users}
