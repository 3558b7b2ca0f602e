"""What a process has asked for so far, as plain data; everything is noted once, when it is first asked for.

What the tests made themselves (:mod:`made`: temporary folders above all) is no input. Whatever cannot be
noted in full is a *reason* why the trace is incomplete, in words for the user.
"""

from __future__ import annotations

import os
from threading import get_ident
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Set

from . import values
from .made import Made
from .originals import BYTECODE, SUFFIX_OF_BYTECODE


class Section:
    """The inputs of one stretch of a process' life."""

    def __init__(self) -> None:
        self.inputs: Dict[str, Dict[str, Any]] = {}
        self.variables: Dict[str, Optional[str]] = {}
        self.whole_environment = False
        self.lookups: Dict[str, Dict[str, List[str]]] = {}
        self.facts: Dict[str, Any] = {}
        self.reasons: Dict[str, None] = {}

    def plain(self) -> Dict[str, Any]:
        return {
            "inputs": self.inputs,
            "variables": self.variables,
            "whole_environment": self.whole_environment,
            "lookups": self.lookups,
            "facts": self.facts,
            "reasons": list(self.reasons),
        }


class Recorder:
    """One for a process. While it is not ``active``, and in a thread that is ``quiet``, nothing is noted.

    ``base`` is what the fork server asked for before its workers were forked, ``own_folders`` are the run's.
    """

    def __init__(self) -> None:
        self.active = False
        self.quiet: Set[int] = set()
        self.base = Section()
        self.section = self.base
        self.made = Made()
        self.own_variables: Set[str] = set()
        self.inherited: Set[int] = set()
        self.suffixes: Sequence[str] = ()
        self.preloaded: Set[str] = set()

    @property
    def listening(self) -> bool:
        return self.active and get_ident() not in self.quiet

    def begin(self, own_folders: Iterable[str]) -> None:
        """Start a section for one job. Variables set up to now are its environment, not its doing."""
        self.section = Section()
        self.section.reasons.update(self.base.reasons)
        self.made.surely(own_folders)
        self.own_variables.clear()
        self.active = True

    def incomplete(self, reason: str) -> None:
        """Note why the trace cannot hold everything."""
        self.section.reasons[reason] = None

    # -- files

    def see(self, kind: str, path: str, value: Callable[[], Any]) -> None:
        """Note an input of a kind at an absolute path, unless the tests have made what is there."""
        known = self.section.inputs.get(kind)
        if known is not None and path in known:
            return
        place = self.place(path)
        if place is None:
            return
        if place != path:
            path, value = place, lambda: values.now(kind, place)  # what a link of the tests' own leads to
        if path not in self.base.inputs.get(kind, ()):
            self.section.inputs.setdefault(kind, {})[path] = value()

    def see_now(self, kind: str, path: str) -> None:
        self.see(kind, path, lambda: values.now(kind, path))

    def see_file(self, path: str) -> None:
        """Note the content of a file, or that there is none. Of bytecode it is the source that counts."""
        if path.endswith(SUFFIX_OF_BYTECODE) and f"/{BYTECODE}/" in path:
            source = source_of(path)
            if os.path.sep in source and values.now("type", source) == "file":
                path = source
        known = self.section.inputs.get("file")
        if known is not None and path in known:
            return
        place = self.place(path)
        if place is None or place in self.base.inputs.get("file", ()):
            return
        if place.startswith(_VOLATILE):
            if place not in _CONSTANT:
                self.incomplete(f"reads {place}")
            return
        value = values.fingerprint(place)
        if value == "other":
            self.incomplete(f"reads {place}, which is no file")
        self.section.inputs.setdefault("file", {})[place] = value

    def place(self, path: str) -> Optional[str]:
        """Where a path leads to that is not the tests' own; ``None`` where it is."""
        return self.made.place(path)

    def makes(self, path: str) -> bool:
        """Something is about to be made at the path, which works only where there is nothing."""
        if self.place(path) is None:
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
        if name not in self.own_variables and name not in self.section.variables:
            self.section.variables[name] = value

    def see_environment(self) -> None:
        """All variables were read, or handed on."""
        self.section.whole_environment = True

    def see_fact(self, name: str) -> None:
        if name not in self.section.facts:
            self.section.facts[name] = values.fact(name)

    def see_lookup(self, folder: str, name: str, listed: Any) -> None:
        """A module was looked for in a folder, which holds the names ``listed``."""
        if name in self.base.lookups.get(folder, ()) or name in self.section.lookups.get(folder, ()):
            return
        if self.place(folder) is not None:
            found = values.lookup(folder, name, self.suffixes, listed)
            self.section.lookups.setdefault(folder, {})[name] = found


def source_of(bytecode: str) -> str:
    """``a/__pycache__/b.cpython-311.pyc`` is of ``a/b.py``; pytest's own end in ``-pytest-9.0.0.pyc``."""
    folder, _, name = bytecode.rpartition(f"/{BYTECODE}/")
    stem, dot, _ = name.rpartition(".cpython-")
    return f"{folder}/{stem}.py" if dot else bytecode


_MAY_WRITE = "access3"  # to write into it and to pass through
_VOLATILE = ("/proc/", "/sys/", "/dev/")
_CONSTANT = ("/dev/null", "/dev/urandom", "/dev/random", "/dev/zero", "/dev/full")
