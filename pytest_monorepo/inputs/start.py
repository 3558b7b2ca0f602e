"""The tracer of one process: what a worker, or the server that forks workers, traces itself with."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, Iterable, Iterator, List, Optional

from . import originals
from .owners import edges
from .owners.alone import Alone
from .owners.library import remembered, walk
from .owners.reach import Reach
from .owners.state import State
from .owners.turns import Turns
from .probes import after_import, audit, children, environ, imports, libraries, shown, sockets
from .probes.wrappers import Wrappers
from .record import values
from .record.homes import OTHER, Homes
from .record.recorder import Recorder
from .record.section import Section

MEASURED = ((3, 8), (3, 13))
"""The first and the last Python with which every kind of input was tried; others leave no trace."""


def unsupported() -> Optional[str]:
    """Why this interpreter cannot be traced; ``None`` where it can."""
    if sys.platform != "linux":
        return f"{sys.platform} was not measured"
    version = sys.version_info[:2]
    if sys.implementation.name != "cpython" or not MEASURED[0] <= version <= MEASURED[1]:
        return f"{sys.implementation.name} {version[0]}.{version[1]} was not measured"
    return None


class Tracer:
    """Listens between :meth:`listen` and :meth:`pause`; :meth:`begin` starts the trace of one job."""

    def __init__(self) -> None:
        self._recorder = Recorder()
        self._children = children.Children(self._recorder)
        self.turns = Turns(self._recorder)
        self._root = ""
        self._environment: Dict[str, str] = {}
        self._base_file = ""
        self._state: Optional[State] = None
        self._referee: Any = None
        self._unsupported = unsupported()
        if self._unsupported is None:
            self._install()

    def _install(self) -> None:
        recorder = self._recorder
        Wrappers(recorder).install(self._children)
        sockets.hear_unresolved(recorder)
        environ.install(recorder)
        imports.install(recorder)
        edges.install(recorder)
        after_import.install(recorder)
        remembered.install(
            lambda held: recorder.scopes.homes.of(held) == OTHER,
            walk.picture_of,
            lambda: recorder.passing,
            recorder.loading,
        )
        imports.preloaded(recorder)
        self._children.install()
        audit.install(recorder, self._children)

    def listen(self) -> None:
        self._recorder.began_with = environ.snapshot()
        self._recorder.active = self._unsupported is None

    def pause(self) -> None:
        self._recorder.active = False

    def keep_base(self, folder: str) -> None:
        """Write what was asked for so far, which all workers share, into the run's folder once."""
        self.pause()
        if self._unsupported is not None:
            return
        imports.preloaded(self._recorder)
        imports.missing_folders(self._recorder)
        libraries.note(self._recorder)
        self._base_file = os.path.join(folder, f"inputs-{os.getpid()}.json")
        with open(self._base_file, "w", encoding="utf-8", errors="surrogateescape") as stream:
            # not json.dump, which never takes the encoder in C
            stream.write(json.dumps(self._plain(self._recorder.base.plain())))

    def look(self) -> bool:
        """Look once at how all is for the workers of which several files run; whether that was now."""
        if self._unsupported is not None or self._state is not None:
            return False
        self._state = State(Homes())
        self._state.look()
        return True

    @property
    def redefinitions(self) -> int:
        """How many functions have been given other code by now."""
        return self._recorder.redefinitions

    @property
    def listens(self) -> bool:
        """Whether this interpreter can be traced at all."""
        return self._unsupported is None

    def begin(
        self,
        own_folders: Iterable[str],
        root: str,
        options: Dict[str, str],
        *,
        sole: bool = False,
        whole: bool = False,
    ) -> None:
        """The process is ready for its job in the workspace at ``root``.

        ``options`` are as in :mod:`shown`; ``sole``: it is of one test file; ``whole``: of all there are.
        """
        if self._unsupported is None:
            self._recorder.referee = self._referee
            self._recorder.shown = options
            self._recorder.inherited = set(_descriptors())
            self._environment, self._root = environ.snapshot(), root
            own = list(own_folders)
            # not by os.path: what we ask for ourselves is no input
            folders = (one for one in self._folders(own) if values.now("type", one) == "folder")
            self._children.folder = next(folders, None)
            self._recorder.begin(own, root, self._environment)
            self.turns = Turns(self._recorder, self._state, sole=sole, whole=whole)
            imports.preloaded(self._recorder)  # what has been imported while nobody listened

    def call_referee(self, own_folders: Iterable[str], root: str, closes: List[int]) -> None:
        """Go on as the child of this process, which sees from then on what Python does not tell of."""
        if self._unsupported is None:
            from .referee import asking  # which hardly anybody needs

            active, self._recorder.active = self._recorder.active, False  # our own use of ctypes
            self._referee = asking.call([*self._folders(own_folders)], root, closes)
            self._recorder.active = active

    def _folders(self, own_folders: Iterable[str]) -> Iterator[str]:
        """Those of the run."""
        if self._base_file:
            yield os.path.dirname(self._base_file)
        yield from own_folders

    @property
    def pid(self) -> int:
        """The process that is to be signalled in place of this one."""
        return os.getpid() if self._referee is None else self._referee.pid

    @property
    def is_refereed(self) -> bool:
        """Whether a referee has been called: what is forked from here on is this process' to look after."""
        return self._referee is not None and self._referee.is_called

    def configured(self, config: Any) -> None:
        """Pytest's configuration is about to load conftests."""
        if self._unsupported is None:
            shown.install(self._recorder, config)

    def trace(self) -> Dict[str, Any]:
        """What the job has asked for, as plain data: of all files, of those that share modules, of each."""
        self.pause()
        if self._unsupported is not None:
            section = Section()
            section.reasons[self._unsupported] = None
            return {**section.plain(), **_NOTHING_ELSE}
        with originals.uncollected():
            return self._traced()

    def _traced(self) -> Dict[str, Any]:
        imports.missing_folders(self._recorder)
        libraries.note(self._recorder)
        self._children.told()
        refereed = self._ask_referee()
        kind = Alone if self.turns.sole else Reach
        reach = kind(self._recorder, self.turns, self._root)
        shared = reach.shared_section().plain()
        if not self._base_file:
            shared = _joined(self._recorder.base.plain(), shared)
        return {
            **shared,
            "modules": reach.shared_modules(),
            "base": self._base_file,
            "suffixes": list(self._recorder.suffixes),
            "environment": self._environment,
            "collection": self._recorder.scopes.collection.plain(),
            "parts": [
                {"files": files, "modules": modules, **section.plain()}
                for files, section, modules in reach.parts()
            ],
            "units": reach.units(),
            "effects": reach.effects(),
            "asked": reach.variables(),
            "ran": sorted(self.turns.last),
            "users": {fixture: sorted(files) for fixture, files in self.turns.fixtures.known.items()},
            "looking": reach.looking(),
            "order": list(self.turns.order),
            "mixed": sorted(self.turns.mixed),
            "stretches": self.turns.stretches,
            "one": refereed,
        }

    def _ask_referee(self) -> str:
        """What of the tests only a referee has seen, and has told now; empty where there was nothing."""
        sections = list(self._recorder.scopes.every())
        unseen = [reason for section in sections for reason in section.unseen]
        if not unseen or self._referee is None:
            return ""
        why = self._referee.told(self._recorder)
        for section in sections:
            if why is None:
                section.unseen.clear()
            elif section.unseen:
                section.reasons[why] = None
        return "" if why is not None else unseen[0]

    def _plain(self, section: Dict[str, Any]) -> Dict[str, Any]:
        """With what else it takes to look at a section's inputs again."""
        return {**section, "suffixes": list(self._recorder.suffixes), "environment": environ.snapshot()}


def _descriptors() -> Iterator[int]:
    """Those that the process has, but for the one by which they are listed."""
    for number in map(int, originals.listdir("/proc/self/fd")):
        try:
            originals.fstat(number)
        except OSError:
            continue
        if number > 2:
            yield number


_NOTHING_ELSE: Dict[str, Any] = {
    "modules": [],
    "base": "",
    "suffixes": [],
    "environment": {},
    "collection": Section().plain(),
    "parts": [],
    "units": [],
    "effects": [],
    "asked": {},
    "ran": [],
    "users": {},
    "looking": [],
    "order": [],
    "mixed": [],
    "stretches": [],
    "one": "",
}


def _joined(base: Dict[str, Any], own: Dict[str, Any]) -> Dict[str, Any]:
    """One section of two, where no other worker shares the first."""
    return {
        "inputs": _merged(base["inputs"], own["inputs"]),
        "variables": {**base["variables"], **own["variables"]},
        "whole_environment": base["whole_environment"] or own["whole_environment"],
        "lookups": _merged(base["lookups"], own["lookups"]),
        "facts": {**base["facts"], **own["facts"]},
        "reasons": list(dict.fromkeys([*base["reasons"], *own["reasons"]])),
    }


def _merged(first: Dict[str, Dict[str, Any]], second: Dict[str, Dict[str, Any]]) -> Dict[str, Dict[str, Any]]:
    return {key: {**first.get(key, {}), **second.get(key, {})} for key in {**first, **second}}
