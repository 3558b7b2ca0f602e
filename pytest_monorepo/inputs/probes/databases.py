"""Which databases SQLite opens: it reads by itself, and says before each statement what that will do.

Who is asked to *authorize* the statements of a connection hears of every file that one attaches. An event
hands over each connection (Python 3.10 and later) before that can be set, so that none is missed that was
made another way. In memory, and in files that the tests have made, there is nothing to read that they have
not written themselves.
"""

from __future__ import annotations

import itertools
import os
import sys
from threading import get_ident
from typing import Any, Optional, Set, Tuple
from urllib.parse import unquote

from .. import callers, originals
from ..record.recorder import Recorder
from ..record.values import SQL_CLOCK
from . import environ

__tracebackhide__ = True

# sqlite3.h; the module that would have the names need not be loaded
_PRAGMA, _ATTACH, _FUNCTION = 19, 24, 31
_OK = 0

_OF_ALL = frozenset(
    {"temp_store_directory", "data_store_directory", "soft_heap_limit", "hard_heap_limit", "lock_proxy_file"}
)
"""Pragmas that set something for all connections of the process, or name a file."""

# a date that is given is no clock, but what a function is given is not told
_CLOCK = frozenset(
    {"random", "randomblob", "date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff"}
    | {"current_timestamp", "current_date", "current_time"}
)
_LOADS = ("load_extension", "readfile", "writefile", "edit", "fts3_tokenizer")

_HANDS_OVER = sys.version_info >= (3, 10)

_VARIABLES = ("SQLITE_TMPDIR", "TMPDIR")
"""That it asks the C library for."""


class Databases:
    """``recorder`` hears of what SQLite reads by itself."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def connects(self, args: Tuple[Any, ...], frame: Any) -> None:
        """A database is about to be opened. coverage.py's own data is the run's."""
        # bytes up to Python 3.10, text from 3.11 on
        path = os.fsdecode(args[0])
        if path.startswith("file://"):
            path = unquote(path[len("file://") :].partition("?")[0])
        if _is_coverages(frame) and path != _MEMORY and self.recorder.place(_absolute(path)) is None:
            return
        if not _HANDS_OVER:
            self.recorder.incomplete("uses sqlite3, which reads files by itself")
            return
        for name in _VARIABLES:
            self.recorder.see_variable(name, environ.snapshot().get(name))
        self.opens(os.fsdecode(args[0]))

    def connected(self, args: Tuple[Any, ...], frame: Any) -> None:
        """It is open, and nothing has been done with it yet; soon it is asked for its statements."""
        if not _is_coverages(frame) and (get_ident() not in _connecting or _has_own_beginning(type(args[0]))):
            self.recorder.incomplete("connects with sqlite3 in a way that is not traced")

    def opens(self, path: Optional[str]) -> None:
        """SQLite itself opens what is at a path; ``None`` for one that it does not tell."""
        if path is None:
            self.recorder.incomplete("attaches a database by a name that is not told")
        elif path.startswith("file:"):
            self.recorder.incomplete(f"uses sqlite3 with the address {path}")
        elif path not in ("", _MEMORY):
            place = _absolute(path)
            if self.recorder.place(place) is not None:
                self.recorder.incomplete(f"uses sqlite3, which reads {place} by itself")
            else:
                self.recorder.replaces(place)

    def attaches(self, path: Optional[str]) -> None:
        """The same, at any time from now on: Python keeps statements, and does them again."""
        if path and path != _MEMORY and not path.startswith(("file:", os.sep)):
            self.recorder.incomplete(f"attaches {path} from where it stands")
        else:
            self.opens(path)

    def loads(self, args: Tuple[Any, ...], frame: Any) -> None:
        """No statement does, so that nobody is asked whether it may."""
        self.recorder.incomplete("loads an extension of SQLite")


_FACTORY = 5
"""Its place among the arguments; what is no class may use the connection before anybody asks."""

_connecting: Set[int] = set()
"""Threads in which a function that is wrapped here makes a connection."""


def wrap(recorder: Recorder, module: Any) -> None:
    """Of ``_sqlite3``, from which ``sqlite3`` takes its names."""
    databases, original = Databases(recorder), module.connect
    kind = module.Connection

    def connect(*args: Any, **kwargs: Any) -> Any:
        if not recorder.listening or _is_coverages(originals.frame(1)):
            return original(*args, **kwargs)
        if not originals.is_class(kwargs.get("factory", (*args[_FACTORY:], kind)[0])):
            recorder.incomplete("connects with sqlite3 in a way that is not traced")
        me = get_ident()
        _connecting.add(me)
        try:
            connection = original(*args, **kwargs)
        finally:
            _connecting.discard(me)
        if isinstance(connection, kind):
            kind.set_authorizer(connection, _Authorizer(databases))
        return connection

    module.connect = originals.in_place_of(original, connect)
    for name in OF_ALL:
        if hasattr(module, name):
            setattr(module, name, _told(getattr(module, name)))


OF_ALL = ("enable_shared_cache", "enable_callback_tracebacks")
"""What these set holds for all of the process, and nobody can ask for it: :mod:`settings` compares it."""


def _told(original: Any) -> Any:
    def told(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        found.last = [bool(one) for one in (*args, *kwargs.values())]
        return result

    found = originals.in_place_of(original, told)
    found.last = [False]
    return found


def _has_own_beginning(kind: Any) -> bool:
    """Whether code of its own runs before anybody can ask for its statements."""
    own = itertools.takewhile(lambda base: base.__module__ != "sqlite3", kind.__mro__)
    return type(kind) is not type or any({"__init__", "__new__"} & base.__dict__.keys() for base in own)


class _Authorizer:
    """Allows everything. Of each connection it is another one: when that goes, or is given another."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases

    def __call__(
        self, action: int, first: Optional[str], second: Optional[str], database: Any, trigger: Any
    ) -> int:
        recorder = self.databases.recorder
        if action not in (_ATTACH, _FUNCTION, _PRAGMA) or not recorder.listening:
            return _OK
        me = get_ident()
        recorder.quiet.add(me)
        try:
            self._notes(action, first, second)
        except Exception as error:  # SQLite would take it for a refusal
            recorder.incomplete(f"could not be traced ({type(error).__name__}: {error})")
        finally:
            recorder.quiet.discard(me)
        return _OK

    def _notes(self, action: int, first: Optional[str], second: Optional[str]) -> None:
        recorder = self.databases.recorder
        if action == _ATTACH:
            self.databases.attaches(first)
        elif action == _PRAGMA and str(first).lower() in _OF_ALL:
            recorder.incomplete(f"sets SQLite's {first}")
        elif action == _FUNCTION and str(second).lower() in _LOADS:
            recorder.incomplete(f"calls SQLite's {second}")
        elif action == _FUNCTION and str(second).lower() in _CLOCK:
            recorder.see_fact(SQL_CLOCK)

    def __del__(self) -> None:
        recorder = self.databases.recorder
        if recorder.listening and _sets_another(originals.frame(1)):
            recorder.incomplete("sets an authorizer of its own, and SQLite tells no more what it attaches")


def _sets_another(frame: Any) -> bool:
    """Whether the code that runs may have given the connection another one, and not just let it go."""
    # ours sets the first one, and some garbage may just be collected
    if frame is None or callers.module(frame).startswith(callers.OURS):
        return False
    word = "authorizer"
    while frame is not None and not callers.module(frame).startswith("_pytest."):
        if any(word in one for one in (*frame.f_code.co_names, *filter(_is_text, frame.f_code.co_consts))):
            return True
        # whoever calls it may have handed on the method
        word, frame = "set_authorizer", frame.f_back
    return False


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_coverages(frame: Any) -> bool:
    return callers.module(frame).startswith("coverage.")


def _absolute(path: str) -> str:
    return originals.path_of(path)


_MEMORY = ":memory:"
