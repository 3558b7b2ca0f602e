"""Which databases SQLite opens: it reads by itself, and says before each statement what that will do.

Who is asked to *authorize* the statements of a connection hears of every file that one attaches. An event
hands over each connection (Python 3.10 and later) before that can be set, so that none is missed that was
made another way. In memory, and in files that the tests have made, there is nothing to read that they have
not written themselves.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import sys
import weakref
from threading import get_ident
from typing import Any, Callable, Dict, Optional, Set, Tuple
from urllib.parse import unquote

from .. import callers, originals
from ..record.recorder import Recorder
from ..record.values import SQL_CLOCK
from . import environ

__tracebackhide__ = True

# sqlite3.h; the module that would have the names need not be loaded
_PRAGMA, _SELECT, _ATTACH, _FUNCTION = 19, 21, 24, 31
_TEMPORARY = {3, 4, 5, 6}  # what a connection has for itself: an index, a table, a trigger, a view
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
        self.opens(os.fsdecode(args[0]), by_address=_connecting.get(get_ident(), False))

    def connected(self, args: Tuple[Any, ...], frame: Any) -> None:
        """It is open, and nothing has been done with it yet; soon it is asked for its statements."""
        if not _is_coverages(frame) and (get_ident() not in _connecting or _has_own_beginning(type(args[0]))):
            self.recorder.incomplete("connects with sqlite3 in a way that is not traced")

    def opens(self, path: Optional[str], *, by_address: bool = False) -> None:
        """SQLite itself opens what is at a path; ``None`` for one that it does not tell."""
        if path is None:
            self.recorder.incomplete("attaches a database by a name that is not told")
        elif by_address and _IN_MEMORY.fullmatch(path):
            if "cache=shared" in path:
                shared.addresses.add(path)
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


# without "uri" it would be a file of that name
_IN_MEMORY = re.compile(
    r"file:[\w.-]*\?(mode=memory(&cache=shared)?|cache=shared&mode=memory)|file::memory:(\?cache=shared)?",
    re.ASCII,
)
_ASKS = frozenset(
    {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"}
    | {"foreign_key_list", "foreign_key_check", "integrity_check", "quick_check"}
)
"""Pragmas that are given something and set nothing."""


class Shared:
    """Databases in memory that connections share by an address: what these hold, for the next file as well.

    One is there as long as anybody holds a connection, and an installed package may: ``django.db`` has one
    to the tests' database from the first test to the last, in which each test rolls back what it has done.
    """

    def __init__(self) -> None:
        self.addresses: Set[str] = set()
        self.connect: Callable[..., Any] = _none
        self.asking: Any = weakref.WeakSet()
        """Who is asked for the statements of connections to these."""
        self._known: Dict[str, Any] = {}

    def look(self) -> Set[str]:
        """The settings of the process, as :mod:`owners.state` has them, that are another than before."""
        now = {address: self._now(address) for address in self.addresses}
        found = {name for name, held in now.items() if held != self._known.get(name, (_EMPTY, []))}
        self._known = now
        return {f"what the database {name} holds" for name in found}

    def _now(self, address: str) -> Any:
        asking = [one for one in list(self.asking) if one.address == address]
        if any(one.has_own for one in asking):
            return object()  # nobody else comes to what is in there
        return self._held(address), sorted(repr(sorted(one.set.items())) for one in asking if one.set)

    def _held(self, address: str) -> Any:
        try:
            connection = self.connect(address, uri=True)
        except Exception:
            return object()
        try:
            # else it would wait for who has not committed, and find a lock
            connection.execute("pragma read_uncommitted = 1")
            version = connection.execute("pragma user_version").fetchall()
            return _digest([str(version), *connection.iterdump()])
        except Exception:  # it uses functions of its own, say
            return object()
        finally:
            connection.close()


def _none(*args: Any, **kwargs: Any) -> Any:
    raise LookupError("sqlite3 is not loaded")


def _digest(lines: Any) -> str:
    found = hashlib.blake2b(digest_size=16)
    for line in lines:
        found.update(line.encode("utf-8", "surrogatepass") + b"\n")
    return found.hexdigest()


_EMPTY = _digest(["[(0,)]", "BEGIN TRANSACTION;", "COMMIT;"])

shared = Shared()
"""Of the process, and so of whoever is forked from it."""

_FACTORY, _URI = 5, 7
"""Their places among the arguments; what is no class may use the connection before anybody asks."""

_connecting: Dict[int, bool] = {}
"""Threads in which a function that is wrapped here makes a connection, and whether by an address."""


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
        _connecting[me] = kwargs.get("uri", (*args[_URI:], False)[0]) is True
        try:
            connection = original(*args, **kwargs)
        finally:
            _connecting.pop(me, None)
        if isinstance(connection, kind):
            kind.set_authorizer(connection, _Authorizer(databases, (*args, kwargs.get("database"))[0]))
        return connection

    shared.connect = original
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

    def __init__(self, databases: Databases, address: Any) -> None:
        self.databases = databases
        self.address = address if type(address) is str and address in shared.addresses else None
        self.set: Dict[str, Optional[str]] = {}
        self.has_own = False
        if self.address is not None:
            shared.asking.add(self)

    def __call__(
        self, action: int, first: Optional[str], second: Optional[str], database: Any, trigger: Any
    ) -> int:
        recorder = self.databases.recorder
        if self.address is not None:
            self._is_shared(action, first, second)
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

    def _is_shared(self, action: int, first: Optional[str], second: Optional[str]) -> None:
        """What is set of a connection stays so; what a module reads while it is imported it may keep."""
        if action in _TEMPORARY:
            self.has_own = True
        elif action == _PRAGMA and second is not None and str(first).lower() not in _ASKS:
            self.set[str(first).lower()] = second
        elif action == _SELECT and _is_in_an_import(originals.frame(1)):
            self.databases.recorder.incomplete(f"asks {self.address} while a module is imported")

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


def _is_in_an_import(frame: Any) -> bool:
    while frame is not None and not callers.module(frame).startswith("_pytest."):
        if frame.f_code.co_name == "<module>":
            return True
        frame = frame.f_back
    return False


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
