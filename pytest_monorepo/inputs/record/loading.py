"""Modules whose import sees what a test file has set, put in place or made only for a while.

``monkeypatch.setenv("A", "1")`` and ``import app`` in a test: the file leaves the variable as it was, and
``app`` as it is with it, for all who import it later.
"""

from __future__ import annotations

import sys
from threading import get_ident
from typing import Any, Callable, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from .. import originals

Otherwise = Optional[FrozenSet[str]]
"""What is another way than it was: modules, and settings as :mod:`asked` has them; ``None``: who sees it is
not known."""
NOTHING: FrozenSet[str] = frozenset()
_LIBRARYS = object()
"""In place of what has been heard: nobody listens to the standard library."""


class Imported(NamedTuple):
    """A module by the name that it had before its code ran, which may take that away.

    ``sees`` is what was otherwise then, ``heard`` what others had been told by then.
    """

    name: str
    module: Any
    sees: Otherwise
    heard: Any


class Loading:
    """Each thread has modules that it imports, of the workspace or installed.

    ``otherwise`` says what is at this moment another way than when the turn began; it is told whether
    another module is being imported, which asks for this one. ``heard`` says what somebody has been told who
    listens to what is written, warned or logged, ``told`` is given modules whose import was heard so.
    ``patched`` says what of it the standard library can see.
    ``variables`` are those of the environment when the turn began. ``ended`` is given modules whose code has
    run. ``met`` says what is otherwise for a function that remembers what it finds, and for what it is given.
    """

    def __init__(self) -> None:
        self.otherwise: Optional[Callable[[bool], Otherwise]] = None
        self.patched: Callable[[], Otherwise] = lambda: NOTHING
        self.heard: Callable[[], Any] = lambda: None
        self.told: Callable[[str], None] = lambda name: None
        self.ended: Callable[[Any], None] = lambda module: None
        self.variables: Optional[Callable[[], Dict[str, str]]] = None
        self.met: Callable[[Any, Tuple[Any, ...], bool], Dict[str, Otherwise]] = lambda *args: {}
        self._given: List[Tuple[Callable[[], bool], Dict[str, Otherwise]]] = []
        self._now: Dict[int, List[Imported]] = {}
        self._seen: Dict[str, Tuple[Any, Otherwise]] = {}

    @property
    def now(self) -> List[Imported]:
        """What the thread is importing."""
        return self._now.get(get_ident(), [])

    def begins(self, module: Any) -> Imported:
        """Its code is about to run; what is returned says so to :meth:`ends`."""
        above = self.now
        sees: Otherwise = above[-1].sees if above else NOTHING
        if sees is not None and self.otherwise is not None:
            found = self.otherwise(bool(above))
            sees = None if found is None else sees | found
        variables = originals.attribute(module, "__dict__")
        imported = Imported(str(variables.get("__name__")), module, sees, self.heard())
        self._now[get_ident()] = [*above, imported]
        return imported

    def begins_librarys(self, module: Any) -> Imported:
        """The same of a module of the standard library, which keeps what it takes of the others.

        Those that it imports itself are taken with it, and need not be looked at.
        """
        above = self.now
        inside = bool(above) and above[-1].heard is _LIBRARYS
        sees = above[-1].sees if inside else self.patched()
        name = str(originals.attribute(module, "__name__"))
        imported = Imported(name, module, sees, _LIBRARYS)
        self._now[get_ident()] = [*above, imported]
        return imported

    def ends(self, imported: Imported, *, failed: bool = False) -> None:
        if imported.sees != NOTHING:
            self._see(imported, imported.sees)
        self._now[get_ident()] = [one for one in self.now if one is not imported]
        if not self.now:
            del self._now[get_ident()]
        if imported.heard is _LIBRARYS:
            return
        self.ended(imported.module)
        if failed or imported.heard != self.heard():
            self.told(imported.name)

    def tint(self) -> None:
        """What is being imported has been told something of the test file's own."""
        for imported in self.now:
            self._see(imported, None)

    def gives(self, function: Any, args: Tuple[Any, ...], placed: bool, is_kept: Callable[[], bool]) -> None:
        """A function has found what it gives from now on to all who ask, as long as it ``is_kept``.

        ``placed``: it has asked where the process stands.
        """
        met = self.met(function, args, placed)
        if met:
            self._given.append((is_kept, met))

    def given(self) -> Dict[str, Otherwise]:
        """The modules of functions that go on giving what they have found, and what was otherwise then."""
        given, self._given = self._given, []
        found: Dict[str, Otherwise] = {}
        for is_kept, met in given:
            for name, what in met.items() if is_kept() else ():
                before = found.get(name, NOTHING)
                found[name] = None if what is None or before is None else before | what
        return found

    def _see(self, imported: Imported, what: Otherwise) -> None:
        name, module = imported.name, imported.module
        known, before = self._seen.get(name, (module, NOTHING))
        before = before if known is module else NOTHING
        self._seen[name] = module, None if what is None or before is None else before | what

    def taken(self) -> Dict[str, Otherwise]:
        """Those that are still there, with what each may have seen; from here on there are none."""
        seen, self._seen = self._seen, {}
        return {name: what for name, (module, what) in seen.items() if sys.modules.get(name) is module}
