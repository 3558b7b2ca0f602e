"""The state of a module as one number: equal numbers, equal state, as far as Python's collector sees it.

Nothing of the project's own runs meanwhile: objects are known by their exact type and followed by what the
garbage collector knows that they refer to. Values count by what they are, containers by what they hold.
"""

from __future__ import annotations

import contextvars
import gc
import math
import os
import re
import sys
import threading
import types
import weakref
from typing import Any, Callable, Collection, Dict, Iterator, List, Optional, Tuple

from ..callers import OURS
from ..originals import identity, is_module, variables
from . import hidden
from .asked import OF_HEAP, flags, is_known_logger, is_of_class, is_put_by_runner
from .hidden import Opaque, TooMuch

MOST = 100_000
"""Objects of one module that are looked at; with more it counts as changed."""
MOST_VALUES = 100_000
"""What values in no module may hold in all, which are looked at again and again."""
VALUES = {int, float, complex, str, bytes, bool, type(None), type(Ellipsis), type(NotImplemented), range}
_BY_IDENTITY = (
    types.ModuleType,
    types.BuiltinFunctionType,
    types.CodeType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.FrameType,
)
# each counts or remembers for itself: typing's forms and matches do not change
_CLOSED = {"typing", "re", "_pytest", "weakref", "_abc", "threading", "_thread"}
# but for these, which hold what somebody has given them: of pytest all that does not lead to the run itself
_OPEN = {
    *("typing.NewType", "re.Scanner", "_pytest.fixtures.FixtureFunctionDefinition"),
    *("_pytest.fixtures.FixtureFunctionMarker", "_pytest.monkeypatch.MonkeyPatch", "_pytest.stash.Stash"),
}
_OPEN_MODULES = (
    "_pytest.mark.",
    "_pytest.approx",
    "_pytest.python_api",
    "_pytest.raises",
    "_pytest.recwarn",
    "_pytest._code.",
)
# looked at apart, since each leads to all others; of handlers and adapters a module has those of its own
LOGGERS = {"Logger", "RootLogger", "Manager", "PlaceHolder"}
_SKIPPED = {
    "__builtins__",
    "__loader__",
    "__spec__",
    "__warningregistry__",
    "@py_builtins",
    "@pytest_ar",
}
_OF_CLASSES = {"__dict__", "__weakref__", "_abc_impl"}


def _of_generator(value: Any) -> List[Any]:
    frame = value.gi_frame
    return [] if frame is None else [frame.f_lasti, *frame.f_locals.values()]


def _of_coroutine(value: Any) -> List[Any]:
    frame = value.cr_frame
    return [] if frame is None else [frame.f_lasti, *frame.f_locals.values()]


def _of_async_generator(value: Any) -> List[Any]:
    frame = value.ag_frame
    return [] if frame is None else [frame.f_lasti, *frame.f_locals.values()]


def _of_variable(value: Any) -> List[Any]:
    """A context variable; its default is among what it refers to."""
    return [identity(value), value.get(None), *gc.get_referents(value)]


def _of_thread(value: Any) -> List[Any]:
    return [identity(value), value.name, value.ident, value.is_alive(), *_added_to(value)]


def _added_to(thread: Any) -> Iterator[Any]:
    """What a thread is given, and what somebody has set of it; what is to be followed by itself."""
    for name, one in list(vars(thread).items()):
        empty = type(one) in (tuple, dict) and not one
        if name not in _OF_THREADS and one is not None and not empty:
            followed = type(one) not in VALUES and not issubclass(type(one), _CALLED)
            yield (name, identity(one) if issubclass(type(one), _CALLED) else None if followed else one)
            yield from [one] if followed else []


_CALLED = (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)


# 3.8 to 3.13
_OF_THREADS = {
    *("_name", "_ident", "_native_id", "_tstate_lock", "_started", "_is_stopped", "_initialized", "_stderr"),
    *("_invoke_excepthook", "_handle", "_context"),
}


def added_to_thread(thread: Any) -> Any:
    """What somebody has set of a thread that runs; another each time where it cannot be told."""
    return state_of(list(_added_to(thread)))


def state_of(values: List[Any]) -> Any:
    """The state of few values; what is equal to nothing where it cannot be told."""
    try:
        return of_values(values)
    except Exception:  # too much, or it is like nothing else
        return object()


def _of_pattern(value: Any) -> List[Any]:
    """Another may lie where one that has gone did."""
    return [identity(value), value.pattern, value.flags]


def _of_reference(value: Any) -> List[Any]:
    return [identity(value), value()]


def _of_weak(value: Any) -> List[Any]:
    return [one for pair in list(value.items()) for one in pair]


def _of_variables(value: Any) -> List[Any]:
    """The process's own are asked for by name, and compared so."""
    own = value is os.environ or value is getattr(os, "environb", None)
    return [identity(value)] if own else [vars(value)]


_PLAINLY = {list, tuple, set, frozenset, dict, types.FunctionType, types.MappingProxyType}


_WITH_VARIABLES = {threading.Event, threading.Condition, threading.Barrier}
_WITH_VARIABLES |= {threading.Semaphore, threading.BoundedSemaphore}

# what their types' modules keep apart from what they hold
_REMEMBERING: Dict[type, Callable[[Any], List[Any]]] = {
    types.GeneratorType: _of_generator,
    types.CoroutineType: _of_coroutine,
    types.AsyncGeneratorType: _of_async_generator,
    contextvars.ContextVar: _of_variable,
    re.Pattern: _of_pattern,
    type(threading.local()): lambda value: [vars(value)],
    type(os.environ): _of_variables,
    weakref.WeakKeyDictionary: _of_weak,
    weakref.WeakValueDictionary: _of_weak,
    weakref.finalize: lambda value: [identity(value), value.peek(), value.atexit],
    **dict.fromkeys((weakref.ref, weakref.WeakMethod, weakref.KeyedRef), _of_reference),
    **dict.fromkeys(weakref.ProxyTypes, hidden.of_proxy),
    # their text says whether, by whom and how often they are held; they themselves say it since 3.14 only
    **dict.fromkeys((type(threading.Lock()), type(threading.RLock())), lambda value: [repr(value)]),
    **dict.fromkeys(_WITH_VARIABLES, lambda value: [vars(value)]),
    **dict.fromkeys((threading.Thread, threading.Timer, type(threading.main_thread())), _of_thread),
}


def fingerprint(module: Any) -> int:
    """The state of a module; raises :class:`TooMuch` or :class:`Opaque`."""
    return walked(module)[0]


def walked(module: Any) -> Tuple[int, List[Any]]:
    """The same, and all that has been looked at but plain values."""
    walk = _Walk(variables(module)["__name__"])
    return walk.of(variables(module)), walk.kept


def counted(variables: Dict[str, Any], module: str) -> List[Any]:
    """The values of a module that belong to its state."""
    return [
        value for name, value in variables.items() if name not in _SKIPPED and not _is_below(value, module)
    ]


def leads_on(value: Any, module: str) -> bool:
    """Whether an object that is met in a module is followed to what it refers to."""
    kind = type(value)
    if kind is types.BuiltinFunctionType:
        return not isinstance(value.__self__, (types.ModuleType, type))
    if kind is types.ModuleType:
        return sys.modules.get(value.__name__) is not value
    if issubclass(kind, type):
        return _is_of(value, module)
    if kind in _WITH_VARIABLES:
        return True
    unfollowed = kind in _REMEMBERING or kind in _BY_IDENTITY or kind in (bytearray, memoryview)
    return not unfollowed and hidden.is_followed(kind) and not _is_apart(value, kind)


def worth(kind: type) -> Optional[Callable[[Any], List[Any]]]:
    """What tells by what an object of that type counts beside what it refers to."""
    if kind in (bytearray, memoryview):
        return lambda value: [bytes(value)]
    if kind in _REMEMBERING:
        return None if kind in _WITH_VARIABLES else _REMEMBERING[kind]
    if kind in _PLAINLY or kind in _BY_IDENTITY or issubclass(kind, type) or _is_closed(kind):
        return None
    return hidden.told_by(kind)


def of_values(values: List[Any]) -> int:
    """The state of values that are in no module; raises the same."""
    return _Walk("", MOST_VALUES).of({str(number): value for number, value in enumerate(values)})


class _Walk:
    def __init__(self, module: str, most: float = math.inf) -> None:
        self.module = module
        self.left = most
        self.known: Dict[int, int] = {}
        self.kept: List[Any] = []
        self.found: List[int] = []
        self.waiting: List[Any] = []

    def of(self, variables: Dict[str, Any]) -> int:
        for name, value in list(variables.items()):
            # a submodule comes to be an attribute when somebody imports it
            if name not in _SKIPPED and not _is_below(value, self.module):
                self.found.append(hash(name))
                self.waiting.append(value)
                self._all()
        return hash(tuple(self.found))

    def _all(self) -> None:
        while self.waiting:
            value = self.waiting.pop()
            kind = type(value)
            if kind in VALUES:
                self.found.append(valued(value))
                continue
            number = self.known.get(identity(value))
            if number is not None:
                self.found.append(number)
                continue
            self.known[identity(value)] = number = len(self.known)
            self.kept.append(value)
            if number > MOST:
                raise TooMuch
            self._one(value, kind)

    def _one(self, value: Any, kind: type) -> None:
        if kind in (list, tuple, set, frozenset):
            self._many(value, kind)
        elif kind is dict:
            self._many(list(value.keys()), kind)
            self.waiting.extend(value.values())
        elif kind is types.ModuleType and sys.modules.get(value.__name__) is not value:
            self.waiting.append(vars(value))
        elif kind is types.FunctionType:
            self._function(value)
        elif issubclass(kind, type):
            self._class(value)
        elif kind in _REMEMBERING:
            self.found.append(identity(kind))
            self.waiting.extend(_REMEMBERING[kind](value))
        elif kind in _BY_IDENTITY or _is_apart(value, kind):
            self.found.append(identity(value))
            if kind is types.BuiltinFunctionType and not isinstance(value.__self__, (types.ModuleType, type)):
                self.waiting.append(value.__self__)
        elif kind in (bytearray, memoryview):
            self.found.append(hash(bytes(value)))
        else:
            self._instance(value, kind)

    def _many(self, values: Collection[Any], kind: type) -> None:
        self.left -= len(values)
        if self.left < 0:
            raise TooMuch
        if set(map(type, values)) <= VALUES:
            plain = map(valued, values)
            self.found.append(hash((kind, tuple(sorted(plain) if kind in (set, frozenset) else plain))))
            return
        if kind in (set, frozenset):
            self.found.append(len(values))
            values = sorted(values, key=identity)
        self.found.append(hash(kind))
        self.waiting.extend(values)

    def _function(self, value: Any) -> None:
        self.found.append(identity(value.__code__))
        self.found.append(hash((value.__name__, value.__qualname__, value.__doc__, value.__module__)))
        if value.__annotations__:
            self.found.append(hash((*value.__annotations__, *map(identity, value.__annotations__.values()))))
        if value.__dict__:
            self.waiting.append(value.__dict__)
        if value.__defaults__:
            self.waiting.append(value.__defaults__)
        if value.__kwdefaults__:
            self.waiting.append(value.__kwdefaults__)
        for cell in () if is_ours(value) else value.__closure__ or ():
            self.waiting.append(cell)

    def _class(self, value: Any) -> None:
        self.found.append(identity(value))
        if _is_of(value, self.module):
            self.found.append(identity(type(value)))
            self.found.append(hash((value.__name__, value.__qualname__, *map(identity, value.__bases__))))
            for name, one in list(vars(value).items()):
                if name not in _OF_CLASSES and not is_put_by_runner(value, name, one):
                    self.found.append(hash(name))
                    self.waiting.append(one)
            if "_abc_impl" in vars(value):
                self.found.extend(hidden.registered(value))

    def _instance(self, value: Any, kind: type) -> None:
        self.found.append(identity(kind))
        if kind is types.MappingProxyType:
            self.waiting.extend(one for one in gc.get_referents(value) if not is_of_class(one))
            return
        if hidden.is_opaque(kind):
            raise Opaque
        self.waiting.extend(hidden.of(value, kind))
        if not hidden.is_followed(kind):
            return
        # also what subclasses of containers hold
        self.waiting.extend(one for one in hidden.referents(value) if one is not kind)
        self.found.extend(map(hash, hidden.empty_slots(value)))


def is_ours(function: Any) -> bool:
    """Whether it stands in the place of one of the library's, which the tests have taken from there."""
    return str(function.__globals__.get("__name__")).startswith(OURS)


def _is_below(value: Any, module: str) -> bool:
    return type(value) is types.ModuleType and str(value.__name__).startswith(f"{module}.")


def _is_of(value: Any, module: str) -> bool:
    """Whether what a class holds counts where it is met in that module; nobody changes what is built in."""
    if is_static(value):
        return False
    return vars(value).get("__module__", module) == module or not is_found(value)


def is_static(value: Any) -> bool:
    """Whether it is a class that Python has made before all, of which nothing can be set."""
    return issubclass(type(value), type) and not flags(value) & OF_HEAP


def is_found(value: Any) -> bool:
    """Whether a class is in its module, where it is compared."""
    holder: Any = sys.modules.get(value.__module__)
    for name in value.__qualname__.split("."):
        if is_module(holder):
            holder = variables(holder).get(name)
        else:
            holder = vars(holder).get(name) if hasattr(holder, "__dict__") else None
    return holder is value


def _is_closed(kind: type) -> bool:
    module = kind.__module__
    if module == "logging":
        return kind.__name__ in LOGGERS
    if module.partition(".")[0] not in _CLOSED:
        return False
    return f"{module}.{kind.__name__}" not in _OPEN and not module.startswith(_OPEN_MODULES)


def _is_apart(value: Any, kind: type) -> bool:
    """Whether it counts by itself, and not by what it holds."""
    return _is_closed(kind) and (kind.__module__ != "logging" or is_known_logger(value))


def valued(value: Any) -> int:
    kind = type(value)
    return hash((kind, _WRITTEN[kind](value) if kind in _WRITTEN else value))


# hash(-1) == hash(-2), hash(0) == hash(2**61 - 1); int's own repr refuses many digits since 3.11
_WRITTEN: Dict[type, Callable[[Any], Any]] = {
    int: hex,
    float: repr,
    complex: repr,
    range: lambda value: (hex(value.start), hex(value.stop), hex(value.step)),
}
