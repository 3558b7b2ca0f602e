"""Whose input a read is: that of the test file whose turn it is, of a module, or of all.

While a module is imported its reads are the module's, whoever was first to import it, and so every file's
that reaches it (:mod:`edges`). What an installed package reads is the package's besides: it may remember it
for the next who asks. Code of the workspace has its variables compared instead (:mod:`state`). In a fixture
that files share: the fixture's, and so its users'. Before the collection, in other threads: of all.
"""

from __future__ import annotations

import os
import sys
from threading import get_ident
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from .. import callers, originals
from . import values
from .asked import NUMBERED, SHARED_FILES
from .homes import KEEPS, OTHER, OWN, RUNNER, STANDARD, Homes
from .section import Section

ALL = ""
COLLECTION = "."
"""The turns beside those of files, which have a file's path."""
Doer = Tuple[str, str]
"""(fixture that files share, or nothing; the file whose turn it is)."""


class Scopes:
    """``turn`` says who is at work; ``edges`` lead from a module, or a file's turn, to modules.

    ``loads``: which modules a module loads by itself while it is imported, whose ever it is, or a turn.
    """

    def __init__(self, root: str = "", plugins: Tuple[str, ...] = ()) -> None:
        self.turn = ALL
        self.shared = Section()
        self.collection = Section()
        self.files: Dict[str, Section] = {}
        self.modules: Dict[str, Section] = {}
        self.of_fixtures: Dict[str, Section] = {}
        self.mingled: Set[str] = set()
        """Fixtures that files share and that have read what some such fixture has written."""
        self.settled: Dict[str, List[Any]] = {}
        """The code that asks of a path what is everybody's, see :meth:`Recorder.settle`."""
        self.edges: Dict[str, Dict[str, None]] = {}
        self.loads: Dict[str, Set[str]] = {}
        self.homes = Homes(root)
        self.readers: Set[Tuple[str, Doer]] = set()
        """(file, who reads what that one has written)."""
        self.numbered: Dict[str, Set[Doer]] = {}
        """Who has had pytest make temporary folders of a name, each with the number that was next."""
        self.lookers: Set[Doer] = set()
        """Who has looked at which temporary folders there are."""
        self.heard: Dict[Doer, Set[str]] = {}
        """The modules that somebody has heard while they were imported."""
        self.fixtures: List[Doer] = []
        """Those that files share and that are being set up or torn down, as each of their users would."""
        self.sole = False
        """One test file is expected: whoever else turns up is one with it, and nobody is told apart."""
        self._thread = get_ident()
        self._linked: Set[Tuple[str, int]] = set()

    def begin(self) -> None:
        self._thread = get_ident()

    def begun(self, turn: str) -> str:
        """It is another's turn now; returns whose it was."""
        if turn not in (ALL, COLLECTION):
            # before it begins: coverage.py, which traces this very line, looks for files of the workspace
            self.files.setdefault(turn, Section())
        before, self.turn = self.turn, turn
        return before

    @property
    def divided(self) -> bool:
        """Whether there is more to say than that all asked for it."""
        return self.turn != ALL and get_ident() == self._thread

    def sections(self, of_collection: bool = False) -> List[Section]:
        """Those that a read by the calling code belongs to.

        ``of_collection``: where pytest asks for it, it only says which test files there are.
        """
        if not self.divided:
            return self._of_fixture() if self.fixtures else [self.shared]
        if self.sole and self.turn in self.files:
            return [self.files[self.turn]]
        names, turn, bare = self._walk(originals.frame(1))
        if names is None:
            return [self.shared]
        if turn == COLLECTION:
            turn_section = self.collection if of_collection and bare else self.shared
        else:
            turn_section = self.files[turn] if turn else self.shared
        found = [self.module(name) for name in names]
        return [turn_section, *found] if turn != ALL else found

    def every(self) -> Iterator[Section]:
        """All that anything asked for may belong to."""
        yield from (self.shared, self.collection)
        for known in (self.files, self.modules, self.of_fixtures):
            yield from known.values()

    def lies_below_folders(self, file: str) -> None:
        """What the folders above a test file are is the file's, too, where pytest has asked."""
        asked = self.collection.inputs.get("type", {})
        folder = os.path.join(self.homes.root, file)
        while len(folder) > 1 and asked:
            folder = os.path.dirname(folder)
            for path in (f"{folder}/{name}" for name in _MAKE_FOLDERS):
                if path in asked:
                    self.files[file].inputs.setdefault("type", {})[path] = asked[path]

    def lists_again(self, kind: str) -> None:
        """Of the folders that pytest has listed to collect what counts now as well."""
        less = _COLLECTED[: _COLLECTED.index(kind)]
        known = self.collection.inputs.setdefault(kind, {})
        for path in sorted({path for one in less for path in self.collection.inputs.get(one, ())}):
            if path not in known:
                known[path] = values.now(kind, path)

    def has_listed(self, folder: str) -> bool:
        """Whether pytest's listing of a folder tells what is in it: as far as that is to be collected.

        A hook that chooses, whenever it comes, has all of its entries told (:meth:`lists_again`).
        """
        known = (self.collection.inputs.get(kind, ()) for kind in _COLLECTED)
        return any(folder in one for one in known) and self.sections(True) == [self.collection]

    def _of_fixture(self) -> List[Section]:
        """Its own, and of the installed packages that it asks; of all where a module is loaded meanwhile."""
        fixture, file = self.doer
        names = self._asking(originals.frame(2)) if file in self.files and not self.sole else None
        if names is None or self.turn != ALL or get_ident() != self._thread:
            return [self.shared]
        own = self.of_fixtures.setdefault(fixture, Section())
        return [own, *map(self.module, names)]

    def _asking(self, frame: Any) -> Optional[List[str]]:
        """The installed modules at work; ``None`` where everybody may get to know what is read."""
        names: Dict[str, None] = {}
        own = False
        while frame is not None:
            variables, name = frame.f_globals, str(frame.f_globals.get("__name__"))
            home = self.homes.of(variables)
            if name.startswith(_LOADERS) or home == KEEPS or frame.f_code.co_name == "<module>":
                return None
            if home == RUNNER and not self.homes.lends(variables):
                break
            if home == OTHER:
                if own and self.homes.is_plugin(name):
                    break
                names[name] = None
            own = own or home == OWN
            frame = frame.f_back
        return list(names)

    def imports_own(self, module: Any) -> bool:
        """Whether the thread of the tests is about to run a module of the workspace."""
        return get_ident() == self._thread and self._home(module) == OWN

    def is_workspaces(self, module: Any) -> bool:
        """Whether it is one of the workspace's own."""
        return self._home(module) == OWN

    def comes_to_own(self, name: str) -> bool:
        """Whether an installed module has imported any of the workspace, which it may have set otherwise."""
        targets = (sys.modules.get(target) for target in self.edges.get(name, ()))
        return any(self.is_workspaces(module) for module in targets if module is not None)

    def keeps(self, module: Any) -> bool:
        """Whether it is a module that is not everybody's anyway, and no test file that is collected."""
        return self._home(module) in (OWN, OTHER) and not self._is_turns(module)

    def is_librarys(self, module: Any) -> bool:
        """Whether it is one of the standard library, which comes to be loaded while a file is at work."""
        return self.is_somebodys and self._home(module) in (STANDARD, KEEPS)

    def _is_turns(self, module: Any) -> bool:
        """Whether it is the test file itself, which Python imports under ``--assert=plain``."""
        return self.turn in self.files and f"{originals.attribute(module, '__file__')}".endswith(
            f"/{self.turn}"
        )

    def _home(self, module: Any) -> str:
        """Of what a loader is given, which need be no module."""
        return self.homes.of(originals.attribute(module, "__dict__"))

    def module(self, name: str) -> Section:
        section = self.modules.get(name)
        if section is None:
            section = self.modules[name] = Section()
        return section

    def _walk(self, frame: Any) -> Tuple[Optional[List[str]], str, bool]:
        """(modules that read, the turn if it is its own read, whether no code but pytest's is at work).

        ``None`` in place of modules where everybody may get to know it.
        """
        names: Dict[str, None] = {}
        own, importing = False, ""
        while frame is not None:
            variables = frame.f_globals
            home = self.homes.of(variables)
            if home == RUNNER and not self.homes.lends(variables):
                break
            name = variables.get("__name__")
            if home == KEEPS and not importing:
                return None, ALL, False
            if home in (OWN, OTHER):
                if importing:
                    self._edge(name, importing)
                    return list(names), ALL, False
                if frame.f_code.co_name == "<module>" and is_code_of(name, variables):
                    names[name] = None
                    if (name, originals.identity(variables)) in self._linked:
                        return list(names), ALL, False
                    self._linked.add((name, originals.identity(variables)))
                    importing = name
                elif home == OTHER:
                    if own and self.homes.is_plugin(name):
                        break
                    names[name] = None
                else:
                    own = True
            frame = frame.f_back
        if importing:
            self._edge(self.turn, importing)
            return list(names), ALL, False
        return list(names), self.turn, not (own or names)

    def _edge(self, source: str, target: str) -> None:
        self.edges.setdefault(source, {})[target] = None

    # -- imports

    def reaches(self, frame: Any, variables: Any, targets: List[str], *, loads: bool = True) -> None:
        """Code with these globals asks for modules; one of nobody's own does it for who has called it."""
        home = self.homes.of(variables) if variables is not None else STANDARD
        if loads:
            self._loads(frame, variables, targets)
        sources = [variables.get("__name__")] if home in (OWN, OTHER) else self._askers(frame)
        for source in sources:
            known = self.edges.setdefault(source, {})
            for target in targets:
                known[target] = None

    def _loads(self, frame: Any, variables: Any, targets: List[str]) -> None:
        """What a function imports others have not who never call it: it is the turn's."""
        at_import = variables is not None and frame.f_code.co_name == "<module>"
        turn = self.turn if get_ident() == self._thread else ALL
        loader = str(variables.get("__name__")) if at_import else turn
        self.loads.setdefault(loader, set()).update(targets)

    def _askers(self, frame: Any) -> List[str]:
        """The nearest module that is somebody's own, and the turn unless that is just being imported."""
        turn = self.turn if get_ident() == self._thread else ALL
        while frame is not None:
            home = self.homes.of(frame.f_globals)
            if home == RUNNER and not self.homes.lends(frame.f_globals):
                break
            if home in (OWN, OTHER):
                name = str(frame.f_globals.get("__name__"))
                return [name] if frame.f_code.co_name == "<module>" else [name, turn]
            frame = frame.f_back
        return [turn]

    def looks_for(self, name: str) -> Section:
        """A module is looked for on disk by whoever is calling; what that asks is the module's."""
        if not self.divided:
            return self.shared
        if self.sole:
            return self.files[self.turn] if self.turn in self.files else self.module(name)
        for asker in self._askers(originals.frame(1)):
            self._edge(asker, name)
        return self.module(name)

    @property
    def turn_of_thread(self) -> str:
        """Whose turn it is, for this thread: what others do is of all."""
        return self.turn if get_ident() == self._thread else ALL

    def looks_at_all(self) -> None:
        """Somebody looks at what others have left, or not: it means something only where all are there."""
        if get_ident() != self._thread:
            self.lookers.add((ALL, ALL))
        elif self.is_somebodys:
            self.lookers.add(self.doer)

    @property
    def is_somebodys(self) -> bool:
        """Whether what is done now is the doing of files, and not of all."""
        return self.turn in self.files or bool(self.fixtures)

    @property
    def doer(self) -> Doer:
        """Whose doing it is what is done now."""
        return self.fixtures[-1] if self.fixtures else ("", self.turn)

    def numbers(self, folder: str) -> None:
        """A folder of that name is made, whose number says how many others there are by then."""
        name = folder.rstrip("0123456789").lower()
        self.numbered.setdefault(name, set()).add(self.doer)
        if self.turn in self.files:
            self.files[self.turn].asked[f"{NUMBERED}{name}"] = None

    def hears(self, name: str) -> None:
        """Somebody listens to what a module says while it is imported, which it says once."""
        self.heard.setdefault(self.doer, set()).add(name)

    def looks_around(self, folder: str) -> None:
        """At a temporary folder that another may have made, or at the one that holds all of them."""
        name = folder.rpartition("/")[2]
        if name[-1:].isdigit() or name.endswith("current"):
            self.lookers.add(self.doer)  # as pytest names those of each test
        self.numbers(name)

    def reads_of(self, owner: str) -> None:
        """It has been asked for what a test file has written, or a fixture that files share."""
        if owner == ALL and self.turn in self.files:
            self.files[self.turn].asked[SHARED_FILES] = None
        if owner == ALL and self.fixtures:
            self.mingled.add(self.doer[0])
        if owner not in (ALL, COLLECTION, self.turn):
            self.readers.add((owner, self.doer))


_COLLECTED = (
    "types with plain folders of code",
    "types with folders of code",
    "types of tests and of code",
    "types of code",
)
"""As what pytest lists folders to collect; each is less than what comes behind it."""

_MAKE_FOLDERS = ("__init__.py", "pyvenv.cfg", "conda-meta/history", "bin")
"""What makes of a folder a package, or an environment, which pytest does not enter (_pytest/main.py)."""

_LOADERS = ("importlib", "_frozen_importlib", "runpy", "pkgutil", "zipimport", "_pytest.assertion.rewrite")
"""At work where a module is loaded, which everybody may find loaded then."""


def is_code_of(name: Any, variables: Any) -> bool:
    """Code that is run under a name is not always that module's."""
    return vars(callers.loaded(name)) is variables if callers.loaded(name) is not None else False
