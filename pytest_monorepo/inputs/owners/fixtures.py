"""Whose input it is what a fixture reads that files share: theirs who use it, as if each had set it up.

What it leaves otherwise is compared after it, as after a test. Who can come to its value, or to what it has
written, without being known for a user has the inputs of all such fixtures.
"""

from __future__ import annotations

import dis
from types import CodeType
from typing import Any, Collection, Dict, FrozenSet, Iterator, List, Optional, Sequence, Set, Tuple

from ..record.asked import SHARED_FILES
from ..record.scopes import Scopes
from ..record.section import Section


class Users:
    """``known`` are the files that use each fixture; ``anyhow`` those that may use any."""

    def __init__(self) -> None:
        self.known: Dict[str, Set[str]] = {}
        self.anyhow: Set[str] = set()
        self.asking: Set[str] = set()
        """Fixtures that files share and that may ask for any others by their names, also later on."""
        self.naming: Dict[str, Set[str]] = {}
        """Those that are asked for by each, or by an argument of it, in plain words."""
        self.ending: Set[str] = set()
        """Those that have been taken down, or were to be, since the last test has."""

    def uses(self, fixture: str, file: str) -> None:
        self.known.setdefault(fixture, set()).add(file)

    def sets_up(self, fixture: str, function: Any, arguments: Collection[str]) -> None:
        """A fixture that files share is set up by a function that is given these."""
        pytests = str(getattr(function, "__module__", "")).startswith("_pytest.")
        names = _asked_for(function) if _REQUEST in arguments and not pytests else frozenset()
        if names is None:
            self.asking.add(fixture)
        else:
            self.naming.setdefault(fixture, set()).update(names, arguments)

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
            users = everything | self._using(fixture).intersection(scopes.files)
            yield sorted(users or scopes.files), section

    def _using(self, fixture: str) -> Set[str]:
        """The files that use it, also by another one that is there already when they ask for that."""
        names, found = [fixture], {fixture}
        for name in names:
            more = {one for one, named in self.naming.items() if name in named} - found
            found |= more
            names += more
        return set().union(*(self.known.get(name, set()) for name in found))

    def of(self, file: str, scopes: Scopes) -> Iterator[Section]:
        """What a file has asked for by such fixtures."""
        return (section for files, section in self.sections(scopes) if file in files)

    def _of_all(self, scopes: Scopes) -> Set[str]:
        found = {file for file, section in scopes.files.items() if SHARED_FILES in section.asked}
        found.update(*map(self._using, self.asking | scopes.mingled))
        return (found | self.anyhow).intersection(scopes.files)


def _asked_for(function: Any) -> Optional[FrozenSet[str]]:
    """The fixtures that it asks pytest's ``request`` for by their names; ``None`` where these may be any."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType) or hasattr(function, "__wrapped__") or _REQUEST not in code.co_varnames:
        return None
    if not _OF_LOCALS.isdisjoint(code.co_names):
        return None
    steps = list(dis.get_instructions(code))  # the last one returns
    found = [_named(steps, number) for number, step in enumerate(steps) if _loads_request(step)]
    return None if None in found else frozenset(filter(None, found))


def _loads_request(one: dis.Instruction) -> bool:
    names = one.argval if isinstance(one.argval, tuple) else (one.argval,)
    return _REQUEST in names and one.opname.startswith("LOAD_")


def _named(steps: Sequence[dis.Instruction], number: int) -> Optional[str]:
    """The fixture that is asked for there; empty where it is none, ``None`` where nobody can tell."""
    one, then = steps[number : number + 2]
    last = one.argval[-1] if isinstance(one.argval, tuple) else one.argval
    if last != _REQUEST or then.opname not in ("LOAD_ATTR", "LOAD_METHOD"):
        return None
    if then.argval in _NO_FIXTURES:
        return ""
    if then.argval == _NAMES and steps[number + 2].opname in ("CONTAINS_OP", "COMPARE_OP"):
        return ""  # whether a name is among them, and nothing is made of the list
    # CPython 3.11 prepares calls in a step of its own
    rest = [step for step in steps[number + 2 :] if step.opname != "PRECALL"][:2]
    if then.argval != _GIVES or len(rest) < 2 or rest[0].opname != "LOAD_CONST":
        return None
    name, called = rest[0].argval, rest[1].opname.startswith("CALL") and rest[1].arg == 1
    return name if called and type(name) is str else None


_REQUEST = "request"
_GIVES, _NAMES = "getfixturevalue", "fixturenames"
_NO_FIXTURES = {"config", "param", "addfinalizer", "scope", "fixturename"}
"""What of it is no fixture, nor leads to one."""
_OF_LOCALS = {"locals", "vars", "eval", "exec"}
