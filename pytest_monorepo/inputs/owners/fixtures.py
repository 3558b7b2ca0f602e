"""Whose input it is what a fixture reads that files share: theirs who use it, as if each had set it up.

What it leaves otherwise is compared after it, as after a test. Who can come to its value, or to what it has
written, without being known for a user has the inputs of all such fixtures.
"""

from __future__ import annotations

import dis
from types import CodeType
from typing import Any, Collection, Dict, Iterator, List, Set, Tuple

from ..record.asked import SHARED_FILES
from ..record.scopes import Scopes
from ..record.section import Section


class Users:
    """``known`` are the files that use each fixture; ``anyhow`` those that may use any."""

    def __init__(self) -> None:
        self.known: Dict[str, Set[str]] = {}
        self.anyhow: Set[str] = set()
        self.asking: Set[str] = set()
        """Fixtures that files share and that may ask for others by their names, also later on."""
        self.ending: Set[str] = set()
        """Those that have been taken down, or were to be, since the last test has."""

    def uses(self, fixture: str, file: str) -> None:
        self.known.setdefault(fixture, set()).add(file)

    def sets_up(self, fixture: str, function: Any, arguments: Collection[str]) -> None:
        """A fixture that files share is set up by a function that is given these."""
        pytests = str(getattr(function, "__module__", "")).startswith("_pytest.")
        if _REQUEST in arguments and not pytests and _may_ask(function):
            self.asking.add(fixture)

    def ended(self, scopes: Scopes, *, failed: bool, shared: bool) -> None:
        """The test has been taken down behind which pytest did so with those that end.

        ``shared``: and with what anybody may have added to a folder or the session (``addfinalizer``).
        """
        for fixture in self.ending if failed else ():
            section = scopes.of_fixtures.setdefault(fixture, Section())
            section.reasons[f"its fixture {fixture} ended with an error"] = None
        self.ending.clear()
        if failed and shared:
            scopes.shared.reasons["what ends behind the last test of a folder ended with an error"] = None

    def sections(self, scopes: Scopes) -> Iterator[Tuple[List[str], Section]]:
        """(files, what one fixture has asked for that these use)."""
        everything = self._of_all(scopes)
        for fixture, section in scopes.of_fixtures.items():
            users = everything | self.known.get(fixture, set()).intersection(scopes.files)
            yield sorted(users or scopes.files), section

    def of(self, file: str, scopes: Scopes) -> Iterator[Section]:
        """What a file has asked for by such fixtures."""
        return (section for files, section in self.sections(scopes) if file in files)

    def _of_all(self, scopes: Scopes) -> Set[str]:
        found = {file for file, section in scopes.files.items() if SHARED_FILES in section.asked}
        found.update(*(self.known.get(name, set()) for name in self.asking | scopes.mingled))
        return (found | self.anyhow).intersection(scopes.files)


def _may_ask(function: Any) -> bool:
    """Whether it does more with pytest's ``request`` than to ask for what is no fixture."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType) or hasattr(function, "__wrapped__") or _REQUEST not in code.co_varnames:
        return True
    if not _OF_LOCALS.isdisjoint(code.co_names):
        return True
    steps = list(dis.get_instructions(code))  # the last one returns
    return any(
        _loads_request(step) and not _asks_plainly(step, steps[number + 1])
        for number, step in enumerate(steps)
    )


def _loads_request(one: dis.Instruction) -> bool:
    names = one.argval if isinstance(one.argval, tuple) else (one.argval,)
    return _REQUEST in names and one.opname.startswith("LOAD_")


def _asks_plainly(one: dis.Instruction, then: dis.Instruction) -> bool:
    """The attribute that is asked of ``request`` next is none by which it gives a fixture."""
    last = one.argval[-1] if isinstance(one.argval, tuple) else one.argval
    return last == _REQUEST and then.opname in ("LOAD_ATTR", "LOAD_METHOD") and then.argval in _NO_FIXTURES


_REQUEST = "request"
_NO_FIXTURES = {"config", "param", "addfinalizer", "scope", "fixturename"}
_OF_LOCALS = {"locals", "vars", "eval", "exec"}
