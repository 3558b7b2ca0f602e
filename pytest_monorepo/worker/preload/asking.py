"""What an import may ask of its process, and a project has otherwise by then.

A conftest before it may have set levels and handlers of loggers, limits, signal handlers; and each project's
process has a parent and modules of its own.
"""

from __future__ import annotations

import dis
import inspect
import io
import logging
import sys
import time
import types
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from . import harmless
from .noting import Stand

ASKED = (
    ("os", ("getcwdb",), "asks for the working directory"),
    ("os", ("getppid", "getpgrp", "getpgid", "getsid"), "asks for the process's relatives"),
    ("threading", ("get_native_id",), "asks for the thread's number"),
    ("threading", ("enumerate", "active_count"), "asks for the threads that run"),
    ("signal", ("getsignal",), "asks for a signal's handler"),
    ("socket", ("getdefaulttimeout",), "asks how long sockets wait"),
    ("locale", ("setlocale", "localeconv"), "asks for the locale"),
    ("sys", ("getrecursionlimit",), "asks for the recursion limit"),
    ("random", ("getstate",), "asks for the state of random numbers"),
    ("inspect", ("stack", "getouterframes"), "asks who imports it"),
    ("traceback", ("extract_stack", "format_stack", "print_stack", "walk_stack"), "asks who imports it"),
    ("logging", ("basicConfig",), "sets up logging"),
    ("uuid", ("uuid1",), "asks what time it is"),
    ("os", ("times",), "asks what time it is"),
)
"""Functions by module, and what whoever calls one does."""

CLOCKS = {
    **dict.fromkeys(("time", "monotonic", "perf_counter", "process_time", "thread_time"), 0),
    **dict.fromkeys(("time_ns", "monotonic_ns", "perf_counter_ns", "process_time_ns", "thread_time_ns"), 0),
    **dict.fromkeys(("localtime", "gmtime", "ctime"), 0),
    **dict.fromkeys(("strftime", "clock_gettime", "clock_gettime_ns"), 1),
}
"""Those of ``time``, and how many arguments they have where they tell what time it is now."""

_SAFE = frozenset(
    ("write", "written", "writelines", "flush", "isatty", "encoding", "closed", "close", "__class__")
)
_LOGGING = frozenset(("isEnabledFor", "getEffectiveLevel", "hasHandlers"))
_LOGGERS = frozenset(("level", "handlers", "filters", "disabled", "propagate"))
_TELLING = ("__iter__", "__reversed__", "__len__", "__eq__", "__repr__", "keys", "items", "values", "copy")
_KEYED = ("__contains__", "__getitem__", "get", "pop", "setdefault")


class Stream(io.TextIOWrapper):
    """In place of a standard one: pytest's answers as this does only to a few questions."""

    def __init__(self, name: str, asked: Callable[[str, str], None]) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, "utf-8")
        self._told = name, asked

    def written(self) -> int:
        """How many bytes there are by now."""
        return self._bytes.tell()

    def __getattribute__(self, name: str) -> Any:
        if name not in _SAFE and name[:1] != "_":
            stream, asked = object.__getattribute__(self, "_told")
            asked(f"asks sys.{stream} for more than whether it is a terminal", _module(1))
        return super().__getattribute__(name)


def of_loggers(asked: Callable[[str, str], None]) -> Callable[[Any, str], Any]:
    """What :class:`logging.Logger` looks attributes up by meanwhile: who logs asks for levels."""

    def look_up(logger: Any, name: str) -> Any:
        if name in _LOGGING:
            asked("logs, or asks for the level of loggers", _module(1, (logging.__name__,)))
        elif name in _LOGGERS:
            caller, own = _module(1), object.__getattribute__(logger, "name")
            if _top(own) != _top(caller):
                asked(f"looks at the logger {own}", caller)
        return object.__getattribute__(logger, name)

    return look_up


class Modules(Dict[str, Any]):
    """``sys.modules``: what is done to it is done to ``original``, of which ``known`` was there before."""

    def __init__(self, original: Dict[str, Any], known: Dict[str, Any], asked: Any) -> None:
        super().__init__()
        self.original, self.known, self.asked = original, known, asked


def _delegating(name: str) -> Any:
    usual = getattr(dict, name)

    def method(self: Any, *args: Any) -> Any:
        if name in _TELLING:
            self.asked("looks at what is loaded", _module(1))
        elif name in _KEYED and isinstance(args[0], str):
            key, caller = args[0], _module(1)
            there = key in self.original and (name == "__getitem__" or key not in self.known)
            if not there and _top(key) != _top(caller):
                self.asked(f"looks whether {key} is loaded", caller)
        return usual(self.original, *args)

    return method


for _name in (*_TELLING, *_KEYED, "__setitem__", "__delitem__", "__ne__", "popitem", "clear", "update"):
    setattr(Modules, _name, _delegating(_name))


def clocks_and_errors(asked: Callable[[str, str], None]) -> Iterator[Tuple[Any, str, Stand]]:
    """What stands in for functions that tell the time, or the error that is handled; holder and name."""
    for name, most in CLOCKS.items():
        if hasattr(time, name):
            yield time, name, _clock(getattr(time, name), most, asked)
    mails = sys.modules.get("email.utils")
    if mails is not None:
        yield mails, "localtime", _clock(mails.localtime, 0, asked)
    for name in ("exc_info", "exception"):
        if hasattr(sys, name):  # the second is there since Python 3.11
            yield sys, name, _catching(getattr(sys, name), asked)


def _clock(original: Any, most: int, asked: Callable[[str, str], None]) -> Stand:
    def tell(*args: Any) -> Any:
        caller = _module(1, _STANDING)
        if sum(one is not None for one in args) <= most and caller not in harmless.CLOCKED:
            asked("asks what time it is", caller)
        return original(*args)

    return Stand(tell, original)


def _catching(original: Any, asked: Callable[[str, str], None]) -> Stand:
    """An error that is handled within the import is told to whoever handles it, anywhere."""

    def told() -> Any:
        error = original()
        if error in (None, (None, None, None)):
            asked("asks whether an error is handled around it", _module(1, _STANDING))
        return error

    return Stand(told, original)


_STANDING = (Stand.__module__, "email.utils", logging.__name__)
"""They pass the question on; who logs has asked for a level before."""


class Types:
    """Hears what code that runs meanwhile asks built-in types for, which nothing can stand in for.

    It hears each call in code that calls something of these names, by ``sys.monitoring``, which costs nothing
    elsewhere. Before Python 3.12, and where others use that, a module's own code is read instead: what
    functions do that it calls nobody sees then, since whoever traces hears of every function.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._codes: List[types.CodeType] = []
        self._tool: Optional[int] = None

    def look(self, code: types.CodeType) -> None:
        """Some code is about to run, and what it defines may."""
        run = [code]
        hears = self._hears()
        for one in run:  # which grows meanwhile
            inner = [each for each in one.co_consts if type(each) is _CODE]
            run += [each for each in inner if hears or _is_run_at_once(each)]
            called = _NAMES.intersection(one.co_names)
            for name in called and [name for name in called if _calls(one, name)]:
                if hears:
                    self._codes.append(one)
                    _monitoring.set_local_events(self._tool, one, _monitoring.events.CALL)
                else:
                    self._say(_OF_TYPES[name])

    def end(self) -> None:
        """From now on nothing is heard."""
        if self._tool is not None:
            for code in self._codes:
                _monitoring.set_local_events(self._tool, code, 0)
            _monitoring.register_callback(self._tool, _monitoring.events.CALL, None)
            _monitoring.free_tool_id(self._tool)

    def _hears(self) -> bool:
        if self._tool is None and _monitoring is not None:
            free = [number for number in _TOOLS if _monitoring.get_tool(number) is None]
            if free:
                self._tool = free[0]
                _monitoring.use_tool_id(self._tool, "pytest-monorepo")
                _monitoring.register_callback(self._tool, _monitoring.events.CALL, self._called)
        return self._tool is not None

    def _called(self, code: types.CodeType, place: int, function: Any, first: Any) -> None:
        name = None if _is_python(function) else getattr(function, "__name__", None)
        # what is compiled may ask whatever its name says, of which class or module it ever is
        if name in _NAMES and not (
            name == "__subclasses__"
            and _is_among_its_own(_holder(function, first), sys._getframe(1).f_globals)
        ):
            self._say(_OF_TYPES[name])


def _is_python(function: Any) -> bool:
    """Whether what it does is heard itself, a class's making included."""
    kind = type(function)
    if kind is types.MethodType:
        return _is_python(function.__func__)
    return kind is types.FunctionType or issubclass(kind, type) or type(kind.__call__) is types.FunctionType


def _holder(function: Any, first: Any) -> Any:
    return first if type(function) is types.MethodDescriptorType else getattr(function, "__self__", None)


def _is_among_its_own(kind: Any, asking: Dict[str, Any]) -> bool:
    """Whether a package asks which subclasses a class of it has, and no other package has made any."""
    if not issubclass(type(kind), type):
        return False
    own = _top(str(asking.get("__name__", "")))
    return all(_top(str(one.__module__)) == own for one in (kind, *type.__subclasses__(kind)))


def _is_run_at_once(code: types.CodeType) -> bool:
    """As bodies of classes are, and comprehensions."""
    return not code.co_flags & _OPTIMIZED or code.co_name in _COMPREHENSIONS


_monitoring: Any = getattr(sys, "monitoring", None)
_TOOLS = (4, 3)
"""Numbers that no kind of tool has for itself."""
_OPTIMIZED = inspect.CO_OPTIMIZED  # as functions are, and bodies of classes are not
_CODE = types.CodeType
_OF_TYPES = {
    "__subclasses__": "looks at the subclasses that there are",
    **dict.fromkeys(("now", "utcnow", "today"), "asks what time it is"),
}
_NAMES = frozenset(_OF_TYPES)
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


def _calls(code: types.CodeType, name: str) -> bool:
    """Whether it calls a method, or a function of a module, of this name."""
    found = list(dis.get_instructions(code))
    program = _program(found)
    return any(
        one.argval == name and one.offset not in program and _is_called(found, place)
        for place, one in enumerate(found)
    )


def _program(found: List[dis.Instruction]) -> range:
    """Where what runs is only for who calls the module as a program: no import goes there."""
    words = [one.argval for one in found]
    for place, one in enumerate(found):
        jumps = "JUMP" in one.opname and one.opname.endswith("IF_FALSE")
        if jumps and words[place - 3 : place - 1] == ["__name__", "__main__"]:
            return range(one.offset, one.argval)
    return range(0)


_SQL = ("func", "functions")
"""What is asked of these the database answers: ``server_default=func.now()``."""


def _is_called(found: List[dis.Instruction], place: int) -> bool:
    """A null stands before what is called, from Python 3.13 on after it, or the last bit stands for it."""
    one = found[place]
    if found[place - 1].argval in _SQL:
        return False
    if one.opname != "LOAD_ATTR":
        return one.opname == "LOAD_METHOD"
    joined = sys.version_info >= (3, 12) and bool((one.arg or 0) & 1)
    return joined or found[place + (1 if sys.version_info >= (3, 13) else -2)].opname == "PUSH_NULL"


def _top(name: str) -> str:
    return name.partition(".")[0]


def _module(depth: int, passed: Any = ()) -> str:
    """The name of the module that asks, those that only passed it on left out."""
    frame: Any = sys._getframe(depth + 1)
    while frame.f_back is not None and frame.f_globals.get("__name__") in passed:
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", ""))


def functions() -> List[Any]:
    """Of :data:`ASKED`, those that are loaded, as all are by pytest: module, function's name, words."""
    return [
        (module, name, words)
        for holder, names, words in ASKED
        for module in [sys.modules.get(holder)]
        for name in names
        if hasattr(module, name)
    ]
