"""What a process has asked for so far, as plain data; everything is noted once, when it is first asked for.

What the tests made themselves (:mod:`made`: temporary folders above all) is no input. Whatever cannot be
noted in full is a *reason* why the trace is incomplete, in words for the user.
"""

from __future__ import annotations

import functools
import os
from threading import get_ident
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from .. import callers, originals
from ..originals import BYTECODE, SUFFIX_OF_BYTECODE
from . import values
from .asked import LISTINGS
from .loading import Loading
from .logged import Logged
from .made import Made
from .scopes import ALL, Scopes
from .section import Section
from .shown import OPTION


class Recorder:
    """One for a process. While it is not ``active``, and in a thread that is ``quiet``, nothing is noted.

    ``base`` is what the fork server asked for before its workers were forked, ``own_folders`` are the run's.
    ``loaded`` is told of every module whose
    code has run; ``relabel`` of whose doing it is what runs from here on (:mod:`labels`), and returns whose
    it was. ``scopes`` says whose input a read is; ``initial`` are the variables that a job began with,
    ``began_with`` those that the process did, a fork server before there is a job. ``shown`` is what the job
    says of how it is shown (:mod:`shown`). ``redefined`` are modules of which a function has got other
    defaults or code, ``loading`` are those that are being imported. ``follows``: who imports what
    is noted. ``logged`` says who has asked for which loggers. ``folders`` were there on the search path.
    ``preloaded`` were there before anybody listened, and so many, the ``newest`` of them by
    name and identity.
    ``referee`` is who sees what Python does not tell of, where there is one.
    ``collected`` says as a kind of :mod:`.values` what counts of a folder that pytest lists to collect.
    """

    def __init__(self) -> None:
        self.active = False
        self.follows = False
        self.quiet: Set[int] = set()
        self.base = Section()
        self.scopes = Scopes()
        self.scopes.shared = self.base
        self.made = Made(lambda: self.scopes.settled.clear())
        self.initial: Optional[Dict[str, str]] = None
        self.began_with: Dict[str, str] = {}
        self.inherited: Set[int] = set()
        self.suffixes: Sequence[str] = ()
        self.preloaded: Set[str] = set()
        self.newest: Tuple[int, Tuple[str, int]] = (0, ("", 0))
        self.folders: Set[str] = set()
        self.redefined: Set[str] = set()
        self.redefinitions = 0
        """How many functions have been given other code, anybody's."""
        self.loading = Loading()
        self.logged = Logged()
        self.shown: Dict[str, str] = {}
        self._names: Dict[int, Dict[str, None]] = {}
        """Of files that were read, by their inodes: each open file may be asked for its own."""
        self.loaded: Optional[Callable[[Any], None]] = None
        self.relabel: Optional[Callable[[str], str]] = None
        self.passing = 0
        """How often it was asked for what is a test file's own, and may be so for a while only."""
        self.collected: Callable[[], str] = lambda: "types of code"
        self.referee: Any = None

    @property
    def listening(self) -> bool:
        return self.active and get_ident() not in self.quiet

    def begin(self, own_folders: Iterable[str], root: str, initial: Dict[str, str]) -> None:
        """Start a trace for one job in the workspace at ``root``."""
        self.scopes = Scopes(root)
        # it was there before a referee could be
        self.scopes.shared.reasons.update({**self.base.reasons, **self.base.unseen})
        self.made.surely(own_folders)
        self.made.turn = lambda: self.scopes.turn
        self.made.doer = lambda: self.scopes.doer
        self.initial = initial
        self.active = True

    def incomplete(self, reason: str) -> None:
        """Note why the trace cannot hold everything."""
        for section in self.scopes.sections():
            section.reasons[reason] = None

    def runs(self, reason: str) -> None:
        """A program is about to, of which it is not known what it reads."""
        self.see_environment()
        self.see_fact(values.PROGRAMS_CLOCK)
        self.unseen(reason)

    def unseen(self, reason: str, section: Optional[Section] = None) -> None:
        """Something is about to look for files that Python does not tell of: a referee may see it."""
        if self.referee is not None and not self.referee.sees():
            reason = f"{reason} ({self.referee.why})"
        for one in self.scopes.sections() if section is None else [section]:
            one.unseen[reason] = None

    # -- files

    def see(self, kind: str, path: str, value: Callable[[], Any], *, of_all: bool = False) -> None:
        """Note an input of a kind at an absolute path, unless the tests have made what is there.

        ``of_all``: it is everybody's, whoever is at work.
        """
        if path.startswith(originals.OWN_PROCESS):
            path = self._led(path)
            value = functools.partial(values.now, kind, path)
        if self.is_everybodys(kind, path):
            return
        place = self.place(path)
        if place is None:
            self._looks_around(kind, path)
            return
        if place != path:
            path, value = place, lambda: values.now(kind, place)  # what a link of the tests' own leads to
        if path in self.base.inputs.get(kind, ()):
            return
        shared = [self.scopes.shared] if of_all else None
        for section in shared or self.scopes.sections(_says_which_files(kind, path, originals.frame(1))):
            known = section.inputs.setdefault(kind, {})
            if path not in known:
                known[path] = value()

    def is_everybodys(self, kind: str, path: str) -> bool:
        """Whether all have asked for it already, and no test file has made what is there since."""
        if path in self.scopes.shared.inputs.get(kind, ()):
            return not (self.scopes.is_somebodys and self.made.holds(path))
        return self._is_said_already(kind, path) and not self.made.holds(path)

    def _is_said_already(self, kind: str, path: str) -> bool:
        base = self.base.inputs
        if path in base.get(kind, ()):
            return True
        # that it is a file is said by what it holds
        return kind == "type" and isinstance(self._shared_file(path), list)

    def _shared_file(self, path: str) -> Any:
        """What was seen of a file that everybody has read."""
        base, shared = self.base.inputs, self.scopes.shared.inputs
        return base.get("file", {}).get(path) or shared.get("file", {}).get(path)

    def settle(self, code: Any, path: str) -> None:
        """Code that asks for this path, which is everybody's, need not be heard again.

        Until something of the tests' own is made near it.
        """
        if not self.made.may_hold(path):
            self.scopes.settled.setdefault(path, []).append(code)

    def see_now(self, kind: str, path: str) -> None:
        if kind.endswith(" of code") and os.path.basename(path) == BYTECODE:
            return  # who looks for code finds none there
        self.see(kind, path, lambda: values.now(kind, path))

    def see_file(self, path: str, sections: Optional[List[Section]] = None) -> None:
        """Note the content of a file, or that there is none. Of bytecode it is the source that counts."""
        if path.startswith(originals.OWN_PROCESS):
            path = self._led(path)
        if path.endswith(SUFFIX_OF_BYTECODE) and f"/{BYTECODE}/" in path:
            source = source_of(path)
            if isinstance(self._shared_file(source), list) and self.is_everybodys("file", source):
                return
            if os.path.sep in source and values.now("type", source) == "file":
                path = source
        if self.is_everybodys("file", path):
            return
        place = self.place(path)
        if place is None or place in self.base.inputs.get("file", ()):
            return
        if place.startswith(_VOLATILE):
            if originals.is_limit(place):
                # the times and sizes of such a file say nothing
                self.see_now("limits", place)
            elif place not in _CONSTANT:
                self.incomplete(f"reads {place}")
            return
        for section in self.scopes.sections() if sections is None else sections:
            known = section.inputs.setdefault("file", {})
            if place not in known:
                value = known[place] = values.fingerprint(place)
                if isinstance(value, list):
                    self._names.setdefault(value[-1], {})[place] = None
                if value == "folder":
                    self.see_way(place)
                if value == "other":
                    section.reasons[f"reads {place}, which is no file"] = None

    def _led(self, path: str) -> str:
        """Where a path by way of this process leads to; what is no file there nobody can look at later."""
        place = originals.real_path(path)
        if not place.startswith(_VOLATILE):
            return place
        self.incomplete(f"reads {path}")
        return path

    def see_way(self, path: str) -> None:
        """Where a folder lies that is entered: what is asked for in it is asked for by its real name."""
        for link in originals.links_on(path):
            self.see_now("link", link)

    def see_names_of(self, path: str, inode: int) -> None:
        """An open file is asked which one it is: that is up to the links by which it was opened."""
        for name in list(self._names.get(inode, ())):
            if name != path:
                self.see_way(name)

    def place(self, path: str) -> Optional[str]:
        """Where a path leads to that is not the tests' own; ``None`` where it is."""
        place = self.made.place(path)
        if place is None and self.scopes.is_somebodys:
            self.tints()
            near = self.made.is_near_base(path)
            # what has a name that nobody else is given is nobody else's
            self.passing += not self.made.is_below_base(path)
            # it counts the folders of one name, and moves a link to the last of them
            if near and callers.by_pytest(originals.frame(1)):
                return place
            owners = set(self.made.owners(path))
            if near and not (owners & {ALL, self.scopes.turn} or self.made.is_one(path)):
                self.scopes.looks_around(path)
            for owner in {*owners, *([ALL] if near else ())}:
                self.scopes.reads_of(owner)
        return place

    def _looks_around(self, kind: str, path: str) -> None:
        """Who lists the folder that holds all temporary ones sees what others have made there."""
        lists = kind.startswith(LISTINGS) and self.made.is_one(path)
        if lists and self.scopes.is_somebodys and not callers.by_pytest(originals.frame(1)):
            self.scopes.lookers.add(self.scopes.doer)

    def tints(self) -> None:
        """Something of the test file's own is asked for, which it may take back."""
        if self.loading.now and self.scopes.is_somebodys:
            self.loading.tint()

    def _writes(self, path: str) -> None:
        """Something of the tests' own is about to be made or replaced."""
        if self.made.is_near_base(path) and not callers.by_pytest(originals.frame(1)):
            self.made.spoilers.add(self.scopes.turn)
        self.made.written(path)

    def makes_base(self, path: str) -> None:
        """pytest makes the folder for a project's temporary ones: for nobody more than for others."""
        if self.place(path) is None:
            self.made.is_base(path)
        else:
            self.makes(path)

    def makes(self, path: str) -> bool:
        """Something is about to be made at the path, which works only where there is nothing."""
        if self.place(path) is None:
            self._writes(path)
            return True
        self.see_now("ltype", path)
        self._enters(path)
        if values.now("ltype", path) is not None:
            return False
        self.made.claim(path)
        return True

    def replaces(self, path: str) -> None:
        """What is at the path is about to be replaced, whatever it is."""
        if self.place(path) is None:
            self._writes(path)
            return
        self._enters(path)
        # a temporary file without a name is opened by the name of its folder
        if values.now("type", path) == "folder":
            self.see_now("type", path)
        else:
            self.made.claim(path)

    def _enters(self, path: str) -> None:
        """Whether anything can be made at a path is up to its folder."""
        folder = os.path.dirname(path.rstrip("/"))
        if os.path.basename(folder) == BYTECODE:
            return  # Python and pytest keep bytecode there if they can: no test is told whether they did
        self.see_now("type", folder)
        self.see_now(_MAY_WRITE, folder)

    def changes(self, path: str) -> None:
        """What is at the path is about to be changed in place, or to go."""
        if self.place(path) is not None:
            self.see_now("lstat", path)

    def moves(self, source: str, target: str) -> None:
        """What is at one path is about to be found at another."""
        self.changes(source)
        if values.now("ltype", source) is None:
            return  # it will fail, and replace nothing
        self.made.moves(source, target)
        self.replaces(target)

    def links(self, target: str, path: str) -> None:
        """A symbolic link is about to be made."""
        if not self.makes(path):
            return
        leads = os.path.join(os.path.dirname(path), target)
        if self.place(leads) is not None:
            self.made.alias(path, leads)

    # -- the rest

    def see_variable(self, name: str, value: Optional[str]) -> None:
        """A variable is read. What has not the value that the job began with is the tests' own doing."""
        own = self.initial is not None and value != self.initial.get(name)
        if (own or self.loading.now) and value != self._variables().get(name):
            self.passing += 1
            self.tints()
        if name in self.scopes.shared.variables:
            return
        for section in self.scopes.sections():
            section.asked[name] = None
            if not own:
                section.variables.setdefault(name, value)

    def _variables(self) -> Dict[str, str]:
        """As they were when the turn began."""
        if self.loading.variables is not None:
            return self.loading.variables()
        return self.initial or {}

    def sees_all_of(self, variables: Dict[str, str]) -> None:
        """What is being imported reads all of them."""
        if self._variables() != variables:
            self.passing += 1
            self.tints()

    def has_not_shown(self, options: Iterable[str]) -> bool:
        """Whether it is worth a look who asks for any of them."""
        scopes = self.scopes
        sole = scopes.files.get(scopes.turn) if scopes.sole and scopes.divided else None
        shared = scopes.shared.variables
        known = shared if sole is None else sole.variables
        for option in options:  # mostly one, some hundred times
            name = OPTION + option
            if name not in shared and name not in known:
                return True
        return False

    def see_shown(self, options: Iterable[str]) -> None:
        """Somebody asks for options of :mod:`shown`."""
        names = [name for name in map(OPTION.__add__, options) if name not in self.scopes.shared.variables]
        for section in self.scopes.sections() if names else ():
            for name in names:
                section.variables.setdefault(name, self.shown.get(name))

    def asks(self, name: str) -> None:
        """What the process is set to is asked for by its name: whoever sets it is seen by who asks."""
        for section in self.scopes.sections():
            section.asked[name] = None

    def see_environment(self) -> None:
        """All variables were read, or handed on."""
        for section in self.scopes.sections():
            section.whole_environment = True

    def see_fact(self, name: str) -> None:
        for section in self.scopes.sections():
            if name not in section.facts:
                section.facts[name] = values.fact(name)

    def see_lookup(self, folder: str, name: str, listed: Any, section: Optional[Section] = None) -> None:
        """A module was looked for in a folder, which holds the names ``listed``; noted in a ``section``."""
        if name in self.base.lookups.get(folder, ()):
            return
        section = self.scopes.shared if section is None else section
        known = section.lookups.get(folder)
        if known is None:
            known = section.lookups[folder] = {}
        if name not in known and self.place(folder) is not None:
            known[name] = values.lookup(folder, name, self.suffixes, listed)

    def see_lookups(self, folder: str, names: Iterable[str]) -> None:
        """Modules would have been found in a folder: all in one question, since there may be hundreds."""
        base, known = self.base.lookups.get(folder, {}), self.scopes.shared.lookups.setdefault(folder, {})
        new = [name for name in names if name not in base and name not in known]
        if not new or self.place(folder) is None:
            return
        found = values.names(folder)
        listed = frozenset(found if isinstance(found, list) else ())
        stems = {one.partition(".")[0] for one in listed}  # nearly all are looked for in vain
        for name in new:
            known[name] = values.lookup(folder, name, self.suffixes, listed) if name in stems else []


def _says_which_files(kind: str, path: str, frame: Any) -> bool:
    """Whether what pytest asks while it collects may only tell it which test files there are."""
    if kind.endswith(" of code"):
        return True
    if kind == "type" and path.endswith("/__init__.py"):
        return callers.collects_folder(frame)
    return kind in ("type", "ltype", "regular") and os.path.basename(path) not in _CONFIGURE


# what pytest looks for in the folders of tests, each of which changes how files are run
_CONFIGURE = {
    "conftest.py",
    "__init__.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
    "setup.py",
}


def source_of(bytecode: str) -> str:
    """``a/__pycache__/b.cpython-311.pyc`` is of ``a/b.py``; pytest's own end in ``-pytest-9.0.0.pyc``."""
    folder, _, name = bytecode.rpartition(f"/{BYTECODE}/")
    stem, dot, _ = name.rpartition(".cpython-")
    return f"{folder}/{stem}.py" if dot else bytecode


_MAY_WRITE = "access3"  # to write into it and to pass through
_VOLATILE = ("/proc/", "/sys/", "/dev/")
_CONSTANT = ("/dev/null", "/dev/urandom", "/dev/random", "/dev/zero", "/dev/full")
