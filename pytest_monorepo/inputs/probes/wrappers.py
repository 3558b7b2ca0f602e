"""The functions that raise no audit event, each with a wrapper that tells the recorder what was asked.

A wrapper answers what the function answers; it is installed before any plugin or project is imported, and put
in place of the original wherever a module or class of the standard library keeps it under a name of its own.
"""

from __future__ import annotations

import functools
import os
import sys
import types
from threading import get_ident
from typing import Any, Callable, Dict, Iterator, List, Set, Tuple

from .. import callers, originals, storage
from ..originals import VOLATILE, path_of
from ..record import values
from ..record.recorder import Recorder
from . import descriptors, psutils, real_paths, system
from .children import Children, leaving

__tracebackhide__ = True


class Wrappers:
    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._made: List[Any] = []

    def install(self, children: Children) -> None:
        """Wrap, and let those find the wrapper who have taken the original."""
        # of none of these an audit event tells (tried with CPython 3.8, 3.11, 3.12 and 3.13)
        self._replace(os, "stat", self._stat("stat", originals.stat))
        self._replace(os, "lstat", self._stat("lstat", originals.lstat))
        self._replace(os, "access", self._access())
        self._replace(os, "readlink", self._readlink())
        self._replace(os, "scandir", self._scandir())
        self._replace(os, "fstat", self._fstat())
        self._replace(os, "open", self._open())
        self._replace(os, "_exit", leaving(children))
        self._fact(os, "uname")
        self._fact(os, "cpu_count")
        self._fact(os, "sched_getaffinity")
        for name in system.OPAQUE:
            self._opaque(os, name)
        for one in (*system.wrappers(self.recorder), *descriptors.wrappers(self.recorder)):
            self._replace(*one)
        self._made.append(real_paths.install(self.recorder, os.lstat, _is_for_bytecode))
        self._adopt()

    # -- installing

    def _replace(self, module: Any, name: str, wrapper: Callable[..., Any]) -> None:
        original = getattr(module, name, None)
        if original is None:
            return
        # like a builtin, and unlike a function, it is no method where a class keeps it (pathlib before 3.11)
        wrapper = functools.partial(wrapper)
        functools.update_wrapper(wrapper, original)
        wrapper.__module__ = module.__name__  # so that it is pickled as what it stands for
        # by these sets os.py and shutil decide whether a function takes a dir_fd or a descriptor
        for supported in _SUPPORTED:
            known = getattr(os, supported, None)
            if known is not None and original in known:
                known.add(wrapper)
        setattr(module, name, wrapper)
        self._made.append((original, wrapper))

    def _adopt(self) -> None:
        """Put the wrappers where modules that are loaded already keep the originals."""
        known = {id(original): wrapper for original, wrapper in self._made}
        for module in list(sys.modules.values()):
            if not originals.is_module(module) or module.__name__ in _KEEP:
                continue
            for holder in [module, *_classes(module)]:
                for name, value in list(vars(holder).items()):
                    static = type(value) is staticmethod  # as glob keeps os.scandir, from Python 3.13 on
                    wrapper = known.get(id(value.__func__ if static else value))
                    if wrapper is not None:
                        setattr(holder, name, staticmethod(wrapper) if static else wrapper)

    def _fact(self, module: Any, name: str) -> None:
        original = getattr(module, name, None)

        def fact(*args: Any, **kwargs: Any) -> Any:
            if self.recorder.listening:
                self.recorder.see_fact(name)
            assert original is not None
            return original(*args, **kwargs)

        self._replace(module, name, fact)

    def _opaque(self, module: Any, name: str) -> None:
        original = getattr(module, name, None)

        def opaque(*args: Any, **kwargs: Any) -> Any:
            recorder = self.recorder
            if recorder.listening and not system.asks_for_limits(originals.frame(1)):
                recorder.incomplete(f"calls {module.__name__}.{name}")
            assert original is not None
            return original(*args, **kwargs)

        self._replace(module, name, opaque)

    # -- the wrappers

    def _stat(self, default: str, original: Callable[..., Any]) -> Callable[..., Any]:
        recorder = self.recorder

        def stat(path: Any, *args: Any, **kwargs: Any) -> Any:
            # while a module is looked for half of all questions are; asking for a frame raises an event
            if not recorder.active or get_ident() in recorder.quiet:
                return original(path, *args, **kwargs)
            frame = originals.frame(1)
            asker: Any = frame
            plain, follows = path, _FOLLOWS
            # the path's own code is pathlib's, too: it is asked for its text a second time
            if kwargs and type(path).__module__ in _PATHLIB and callers.module(frame) in _PATHLIB:
                asker, plain, follows = frame.f_back or frame, os.fspath(path), _PATHLIB_FOLLOWS
            # coverage.py and inspect follow the same folders for each file: nine in ten questions
            settled = recorder.scopes.settled.get(plain) if type(plain) is str else None
            if settled is not None and not args and kwargs == follows and asker.f_code in settled:
                return original(path)
            by = callers.module(frame)
            if by.startswith(callers.OURS) or (by in callers.IMPORTING and callers.is_importing(frame)):
                return original(path, *args, **kwargs)
            name = default if kwargs.get("follow_symlinks", True) else "lstat"
            try:
                result = original(path, *args, **kwargs)
            except OSError as error:
                # the error itself would be in a circle with this frame, and hold on to all of its callers
                answer = values.of_error(error)
                self._note(name, path, kwargs.get("dir_fd"), lambda kind: answer, asker)
                raise
            self._note(name, path, kwargs.get("dir_fd"), lambda kind: values.of_stat(kind, result), asker)
            if isinstance(path, int) and path > 2:
                recorder.see_names_of(path_of(path), result.st_ino)
            return result

        return stat

    def _note(self, default: str, path: Any, folder: Any, value: Callable[[str], Any], frame: Any) -> None:
        kind = callers.kind_of_stat(frame, default)
        place = _place(path, folder)
        place = place and psutils.of_any_process(place, frame)
        if place is None or (place.endswith(_IMPLIED) and callers.is_machinery(frame)):
            return
        if storage.keeps(frame, place):
            return
        if kind == callers.SAME:
            self.recorder.see_way(place)
            kind = "type"
        if self.recorder.is_everybodys(kind, place):
            # everybody's already, by whatever way it is asked for
            if callers.looks_always_at(kind, frame):
                self.recorder.settle(frame.f_code, place)
            return
        if kind == "type" and self._is_implied(place, frame):
            return
        if kind in ("type", "ltype") and _is_for_bytecode(place, frame):
            return
        if kind == "file":
            self.recorder.see_file(place)
        elif kind == "distributions":
            self.recorder.see_now(kind, place)
        else:
            # what is measured is so for all: coverage.py looks at each file once, whoever is at work
            of_all = kind in ("type", "ltype") and callers.measures(frame)
            self.recorder.see(kind, place, lambda: value(kind), of_all=of_all)

    def _is_implied(self, place: str, frame: Any) -> bool:
        """Whether a listing of folders has told as much already."""
        folder, _, name = place.rpartition("/")
        if callers.comes_to(frame):
            return self.recorder.scopes.has_listed(folder) and values.now("ltype", place) != "link"
        known = self.recorder.scopes.shared.inputs.get("test folders", ())
        return name.startswith("test") and folder in known and callers.looks_for_conftests(frame)

    def _access(self) -> Callable[..., Any]:
        recorder = self.recorder

        def access(path: Any, mode: int, **kwargs: Any) -> Any:
            result = originals.access(path, mode, **kwargs)
            if recorder.listening and not _is_ours(originals.frame(1)):
                place = _place(path, kwargs.get("dir_fd"))
                if kwargs.get("effective_ids"):
                    recorder.incomplete("asks for access by effective user")
                if place is not None:
                    kind = "access" if kwargs.get("follow_symlinks", True) else "laccess"
                    recorder.see(f"{kind}{mode & 7}", place, lambda: result)
            return result

        return access

    def _readlink(self) -> Callable[..., Any]:
        recorder = self.recorder

        def readlink(path: Any, **kwargs: Any) -> Any:
            if recorder.listening and not _is_ours(originals.frame(1)):
                place = _place(path, kwargs.get("dir_fd"))
                if place is not None:
                    recorder.see_now("link", place)
                    self._see_names_of_open(place)
            return originals.readlink(path, **kwargs)

        return readlink

    def _see_names_of_open(self, place: str) -> None:
        """By which name a file was opened says where its descriptor leads."""
        if place.startswith(originals.OWN_PROCESS) and originals.exists(place):
            self.recorder.see_names_of(originals.real_path(place), originals.stat(place).st_ino)

    def _fstat(self) -> Callable[..., Any]:
        recorder = self.recorder
        capturing: Set[Tuple[int, int]] = set()

        def fstat(fd: int) -> Any:
            result = originals.fstat(fd)
            # a file without a name, by its number as long as pytest has it open: it is asked for six times a
            # test, and asking for a frame raises an event
            nameless = not result.st_nlink and (result.st_dev, result.st_ino)
            if fd <= 2 or nameless in capturing or not recorder.listening:
                return result
            frame = originals.frame(1)
            if callers.captures(frame):
                if nameless:
                    capturing.add(nameless)
            elif not _is_ours(frame):
                place = _place(fd, None)
                if place is not None:
                    recorder.see("stat", place, lambda: values.of_stat("stat", result))
                    recorder.see_names_of(place, result.st_ino)
            return result

        return fstat

    def _open(self) -> Callable[..., Any]:
        recorder = self.recorder

        def open(path: Any, flags: int, mode: int = 0o777, *, dir_fd: Any = None) -> int:
            if dir_fd is None or not recorder.listening:
                number = originals.open_file(path, flags, mode, dir_fd=dir_fd)
                descriptors.notes(recorder, number, originals.frame(1))
                return number
            # the event would tell the relative path and not the folder
            place = _place(path, dir_fd)
            if place is not None:
                sys.audit("open", place, None, flags)
            with Quiet(recorder):
                return originals.open_file(path, flags, mode, dir_fd=dir_fd)

        return open

    def _scandir(self) -> Callable[..., Any]:
        recorder = self.recorder

        def scandir(path: Any = None) -> Any:
            frame = originals.frame(1)
            if not recorder.listening or _is_ours(frame):
                return originals.scandir(path)
            with Quiet(recorder):
                place = path_of(path)
                if place.startswith(VOLATILE):
                    recorder.incomplete(f"lists {place}")
                recorder.see_now(_kind_of_scan(frame, recorder.collected), place)
                return Scan(originals.scandir(path), recorder, place)

        return scandir


class Quiet:
    """What this thread does meanwhile is our own doing."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def __enter__(self) -> None:
        self.recorder.quiet.add(get_ident())

    def __exit__(self, *args: object) -> None:
        self.recorder.quiet.discard(get_ident())


def _is_ours(frame: Any) -> bool:
    return callers.module(frame).startswith(callers.OURS)


class Scan:
    """What ``os.scandir`` returns, with entries that tell what is asked of them."""

    def __init__(self, entries: Any, recorder: Recorder, folder: str) -> None:
        self._entries = entries
        self._recorder = recorder
        self._folder = folder

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return Entry(next(self._entries), self._recorder, self._folder)

    def __enter__(self) -> Scan:
        return self

    def __exit__(self, *args: object) -> None:
        self._entries.close()

    def close(self) -> None:
        self._entries.close()


class Entry:
    """An ``os.DirEntry`` for everybody who asks whether it is one."""

    __slots__ = ("_entry", "_folder", "_recorder", "name", "path")

    def __init__(self, entry: Any, recorder: Recorder, folder: str) -> None:
        self._entry = entry
        self._recorder = recorder
        self._folder = folder
        self.name = entry.name
        self.path = entry.path

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return os.DirEntry

    def __fspath__(self) -> Any:
        return self.path

    def __repr__(self) -> str:
        return repr(self._entry)

    def _asked(self, kind: str) -> None:
        if self._recorder.listening:
            self._recorder.see_now(kind, os.path.join(self._folder, os.fsdecode(self.name)))

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self._followed(self._entry.is_dir, follow_symlinks)

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return self._followed(self._entry.is_file, follow_symlinks)

    def _followed(self, ask: Callable[..., bool], follow: bool) -> bool:
        if follow and self._entry.is_symlink():
            self._asked("type")
        return ask(follow_symlinks=follow)

    def is_symlink(self) -> bool:
        return bool(self._entry.is_symlink())

    # os.DirEntry has it since Python 3.12
    def is_junction(self) -> bool:
        return False

    def stat(self, *, follow_symlinks: bool = True) -> Any:
        self._asked("stat" if follow_symlinks else "lstat")
        return self._entry.stat(follow_symlinks=follow_symlinks)

    def inode(self) -> int:
        self._asked("lstat")
        return int(self._entry.inode())


def _is_for_bytecode(place: str, frame: Any) -> bool:
    """Whether pytest looks for the folder that keeps rewritten tests: it makes one where there is none.

    Or who walks through folders for code (coverage.py's sources, by ``os.walk``) asks whether it is a link.
    """
    if not place.endswith(f"/{originals.BYTECODE}"):
        return False
    asker = callers.outside_of(_OF_PATHS, frame)
    return callers.module(asker) == "_pytest.assertion.rewrite" or callers.lists_code(asker)


_OF_PATHS = ("os", "genericpath", "posixpath", callers.OF_REAL_PATHS)
_PATHLIB = ("pathlib", "pathlib._local")
_FOLLOWS: Dict[str, Any] = {}
_PATHLIB_FOLLOWS = {"follow_symlinks": True}
"""How ``os.stat`` is called where links are followed, by anybody and by pathlib from Python 3.10 on."""


def _place(path: Any, folder: Any) -> Any:
    """The absolute path asked for; ``None`` where it is no file's (a pipe, a closed descriptor, nothing)."""
    if type(path) is str and path[:1] == "/":
        return path
    if path in ("", b""):
        return None  # nobody ever finds something there
    try:
        place = path_of(path)
        if isinstance(path, int):
            # proc(5): so ends the name of a file that is gone
            return place if place.startswith("/") and not place.endswith(" (deleted)") else None
        if folder is not None:
            place = os.path.join(originals.readlink(f"/proc/self/fd/{folder}"), os.fsdecode(path))
        return place if place.startswith("/") else None
    except (OSError, TypeError, ValueError):
        return None


def _classes(module: types.ModuleType) -> Iterator[type]:
    for value in list(vars(module).values()):
        if originals.is_class(value) and value.__module__ == module.__name__:
            yield value


def _kind_of_scan(frame: Any, collected: Callable[[], str]) -> str:
    if callers.looks_for_conftests(frame):
        return "test folders"
    if callers.looks_for_sources(frame):
        return "types with folders of code"
    if callers.collects(frame):
        return collected()
    return "types of code" if callers.lists_code(frame) else "types"


_SUPPORTED = ("supports_dir_fd", "supports_fd", "supports_follow_symlinks", "supports_effective_ids")
_KEEP = {*callers.IMPORTING, "_frozen_importlib", originals.__name__}
_IMPLIED = (".pyc", "__pycache__")
