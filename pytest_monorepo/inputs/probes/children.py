"""Processes that the tests fork: each goes on tracing itself, and tells what it has read when it leaves.

Of one that does not leave by ``os._exit``, as multiprocessing's do, nothing is told, and so the trace is not
complete: it was killed, runs another program, or is still there. Python that is started anew is not traced:
the tracer would have to be loaded there, and its modules be seen by who asks what is loaded.
"""

from __future__ import annotations

import json
import os
from threading import get_ident
from typing import Any, Dict, FrozenSet, Iterator, List, Optional, Tuple

from .. import originals
from ..record import logged
from ..record.recorder import Recorder
from ..record.scopes import Scopes
from ..record.section import Section
from . import imports, libraries

__tracebackhide__ = True


class Child:
    """``report`` is where it tells, ``sections`` are those whose inputs its reads are, ``asker`` is whose
    what it asks for by its name is."""

    def __init__(self, report: str, sections: List[Section], asker: Tuple[str, logged.Then]) -> None:
        self.report = report
        self.sections = sections
        self.asker = asker


class Children:
    """Those of one job; ``folder`` takes their reports."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.folder: Optional[str] = None
        self._known: List[Child] = []
        self._forking: Dict[int, Child] = {}
        self._report: Optional[str] = None
        self._written: FrozenSet[str] = frozenset()

    def install(self) -> None:
        """From here on every fork is heard."""
        os.register_at_fork(after_in_parent=self._parent, after_in_child=self._child)

    def forks(self, frame: Any) -> None:
        """This thread is about to."""
        if self.recorder.referee is not None:
            self.recorder.referee.sees()  # or who is forked now would go unseen
        if self.folder is None:
            self.recorder.incomplete("forks a process")
            return
        name = f"forked-{os.getpid()}-{len(self._known)}-{get_ident()}.json"
        scopes = self.recorder.scopes
        child = Child(os.path.join(self.folder, name), scopes.sections(), logged.asker(scopes, frame))
        self._known.append(child)
        self._forking[get_ident()] = child

    def _parent(self) -> None:
        self._forking.pop(get_ident(), None)

    def _child(self) -> None:
        child = self._forking.pop(get_ident(), None)
        self._forking.clear()
        self.recorder.referee = None  # who forked asks it
        if child is None:
            return  # our own
        recorder = self.recorder
        self._known, self._report = [], child.report
        self._written = frozenset(recorder.made.writes())
        recorder.quiet.clear()
        recorder.loaded = None
        recorder.scopes = Scopes(recorder.scopes.homes.root)
        recorder.logged = logged.Logged()

    def leaves(self) -> None:
        """This process ends; tells if it is a forked one."""
        report, self._report = self._report, None
        if report is None:
            return
        recorder = self.recorder
        recorder.active = False
        try:
            imports.missing_folders(recorder)
            libraries.note(recorder)
            self.told()
            section = _all(recorder.scopes)
            for path in frozenset(recorder.made.writes()) - self._written:
                section.reasons[f"a forked process writes {path}"] = None
            with open(report + ".part", "w", encoding="utf-8", errors="surrogateescape") as stream:
                told = {**section.plain(), "reasons": list(section.reasons), "unseen": list(section.unseen)}
                json.dump({**told, "asked": list(section.asked), **_of_loggers(recorder)}, stream)
            os.rename(report + ".part", report)
        except Exception:  # without a report the trace is not complete
            pass

    def told(self) -> None:
        """Add what the forked ones have read to what their parents have."""
        for child in self._known:
            told = _read(child.report)
            if told is not None:
                self.recorder.logged.notes(*child.asker, told["loggers"])
                self.recorder.logged.lookers.update(told["lookers"])
            for section in child.sections:
                if told is None:
                    section.unseen["a forked process did not live to tell what it read"] = None
                else:
                    self._add(section, told)
        self._known = []

    def _add(self, section: Section, told: Dict[str, Any]) -> None:
        for kind, values in told["inputs"].items():
            for path, value in values.items():
                if self.recorder.place(path) is not None:
                    _note(section, section.inputs.setdefault(kind, {}), path, value)
        for folder, names in told["lookups"].items():
            if self.recorder.place(folder) is not None:
                for name, value in names.items():
                    _note(section, section.lookups.setdefault(folder, {}), name, value)
        for known, new in ((section.variables, told["variables"]), (section.facts, told["facts"])):
            for name, value in new.items():
                _note(section, known, name, value)
        section.whole_environment = section.whole_environment or told["whole_environment"]
        section.reasons.update(dict.fromkeys(told["reasons"]))
        section.unseen.update(dict.fromkeys(told["unseen"]))
        section.asked.update(dict.fromkeys(told["asked"]))


def _note(section: Section, known: Dict[str, Any], name: str, value: Any) -> None:
    if known.setdefault(name, value) != value:
        section.reasons[f"{name} changed while the tests ran"] = None


def _of_loggers(recorder: Recorder) -> Dict[str, List[str]]:
    return {"loggers": sorted(recorder.logged.names()), "lookers": sorted(recorder.logged.lookers)}


def _all(scopes: Scopes) -> Section:
    """Everything as one: it is the input of whoever has forked."""
    found = Section()
    for section in _sections(scopes):
        found.add(section)
    return found


def _sections(scopes: Scopes) -> Iterator[Section]:
    yield from (scopes.shared, scopes.collection)
    yield from scopes.files.values()
    yield from scopes.of_fixtures.values()
    yield from scopes.modules.values()


def _read(report: str) -> Optional[Dict[str, Any]]:
    try:
        with open(report, encoding="utf-8", errors="surrogateescape") as stream:
            found = json.load(stream)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def leaving(children: Children) -> Any:
    """What stands for ``os._exit``."""

    def _exit(status: int) -> None:
        children.leaves()
        originals.leave(status)

    return _exit
