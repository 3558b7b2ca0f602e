"""Where counters, generators, random numbers, locks and futures stand: of these nothing else is ever another.

An installed module has one and the same of them after a test has gone on with it. They are asked by the base
in C that keeps it, so that nothing of anybody's runs. Of what keeps its state to itself (a compressor, who
goes through the matches of a pattern) it is never said to be where it was.
"""

from __future__ import annotations

import _random  # type: ignore[import-not-found,unused-ignore]
import functools
import gc
import threading
import types
import weakref
from typing import Any, Callable, Dict, List, Optional, Tuple

from ...originals import identity
from .. import hidden
from ..asked import OF_HEAP, flags
from ..glance import PLAIN

Told = Tuple[List[Any], List[Any]]
"""What one counts by, and what it holds that may be another by itself."""


def _of_frame(name: str) -> Callable[[Any], Told]:
    def told(value: Any) -> Told:
        frame = getattr(value, name)
        return (["over"], []) if frame is None else ([frame.f_lasti], list(frame.f_locals.values()))

    return told


def _of_iterator(state: Optional[hidden.State]) -> Callable[[Any], Told]:
    def told(value: Any) -> Told:
        parts = state(value) if state else []
        if type(value) in hidden.NOT_FOLLOWED:
            held = [one for part in parts if type(part) is tuple for one in part]
        else:
            held = gc.get_referents(value)
        return [_counted(one) for one in parts], held

    return told


def _counted(value: Any) -> Any:
    """Of what an iterator could be made again of only what is plain: the rest is made for who asks."""
    if type(value) is tuple:
        return tuple(map(_counted, value))
    return value if type(value) in PLAIN else type(value)


def _of_text(value: Any) -> Told:
    """Whether, by whom and how often it is held."""
    return [repr(value)], []


_KINDS: Dict[type, Callable[[Any], Told]] = {
    types.GeneratorType: _of_frame("gi_frame"),
    types.CoroutineType: _of_frame("cr_frame"),
    types.AsyncGeneratorType: _of_frame("ag_frame"),
    _random.Random: lambda value: ([hash(_random.Random.getstate(value))], []),
    type(threading.Lock()): _of_text,
    type(threading.RLock()): _of_text,
    # it may be the only one that holds what it shows
    memoryview: lambda value: ([hash(memoryview.tobytes(value))], []),
    weakref.ref: lambda value: ([weakref.ref.__call__(value) is None], []),
    **{kind: _of_iterator(state) for kind, state in hidden.POSITIONS.items()},
    **{kind: _of_iterator(None) for kind in hidden.FOLLOWED - {types.GeneratorType}},
}


def _of_digest(value: Any) -> Told:
    return [value.hexdigest()], []


_DIGESTS = {
    *(("_hashlib", "HASH"), ("_hashlib", "HMAC"), ("hmac", "HMAC")),
    *(("_blake2", "blake2b"), ("_blake2", "blake2s")),
    # of a Python that is built without OpenSSL; until 3.11 SHA-2 in two modules
    *(("_md5", "md5"), ("_sha1", "sha1")),
    *(("_sha256", f"sha{size}") for size in (224, 256)),
    *(("_sha512", f"sha{size}") for size in (384, 512)),
    *(("_sha2", f"SHA{size}Type") for size in (224, 256, 384, 512)),
    *(("_sha3", f"sha3_{size}") for size in (224, 256, 384, 512)),
}
_OF_ANY_LENGTH = {("_hashlib", "HASHXOF"), ("_sha3", "shake_128"), ("_sha3", "shake_256")}
_NAMED: Dict[Tuple[str, str], Callable[[Any], Told]] = {
    ("concurrent.futures._base", "Future"): lambda value: ([vars(value)["_state"]], [vars(value)["_result"]]),
    ("_asyncio", "Future"): lambda value: ([value._state], []),
    ("_asyncio", "Task"): lambda value: ([value._state], []),
    ("decimal", "Context"): _of_text,
    **dict.fromkeys(_DIGESTS, _of_digest),
    **dict.fromkeys(_OF_ANY_LENGTH, lambda value: ([value.hexdigest(20)], [])),
    ("numpy.random._generator", "Generator"): lambda value: ([repr(value.bit_generator.state)], []),
    ("numpy.random.mtrand", "RandomState"): lambda value: ([repr(value.get_state())], []),
}
"""Of modules that may not be loaded, by the names of module and class; not what is derived from it."""


def _untold(value: Any) -> Told:
    return [object()], []


def _of_queue(value: Any, kind: Any) -> Told:
    """Nobody sees what is in it, only whether anything is."""
    return _untold(value) if kind.qsize(value) else (["empty"], [])


def _of_lines(value: Any, kind: Any) -> Told:
    return [kind.line_num.__get__(value)], gc.get_referents(value)


def _of_memory(value: Any, kind: Any) -> Told:
    """Of a pointer where it leads, which nobody may follow."""
    return [hash(bytes(memoryview(value)))], []


def _of_element(value: Any, kind: Any) -> Told:
    inside = gc.get_referents(value)
    return list(map(identity, inside)), inside


def _of_foreign(value: Any, kind: Any) -> Told:
    """A function of a library: what it is told to take and to give."""
    settings = (getattr(kind, name).__get__(value) for name in ("argtypes", "restype", "errcheck"))
    return [tuple(map(identity, one)) if type(one) is tuple else identity(one) for one in settings], []


def _of_finalizer(value: Any, kind: Any) -> Told:
    return [kind.alive.__get__(value)], list(kind.peek(value) or ())


_OF_BASES: Dict[Tuple[str, str], Callable[[Any, Any], Told]] = {
    ("_csv", "reader"): _of_lines,
    ("_csv", "writer"): lambda value, _: ([], gc.get_referents(value)),
    ("_queue", "SimpleQueue"): _of_queue,
    ("weakref", "finalize"): _of_finalizer,
    ("xml.etree.ElementTree", "Element"): _of_element,
    ("_ctypes", "CFuncPtr"): _of_foreign,
    **{("_ctypes", name): _of_memory for name in ("_SimpleCData", "Structure", "Union", "Array", "_Pointer")},
}
"""The same with what is derived from it; they are given that base."""

# descriptors of fields; what a library is told of certificates, it is told where it is made
_STILL = ("_ctypes", "_ssl")

_KNOWN: Dict[int, Optional[Callable[[Any], Told]]] = {}


def teller(kind: type) -> Optional[Callable[[Any], Told]]:
    """What tells where an object of that type stands; ``None`` for what stands nowhere."""
    if identity(kind) in _KNOWN:
        return _KNOWN[identity(kind)]
    found = _teller(kind)
    if not flags(kind) & OF_HEAP:  # all others are there for good
        _KNOWN[identity(kind)] = found
    return found


def _teller(kind: type) -> Optional[Callable[[Any], Told]]:
    module = type.__getattribute__(kind, "__module__")
    if isinstance(module, str) and (module, kind.__name__) in _NAMED:
        return _NAMED[module, kind.__name__]
    if issubclass(kind, type):
        return None
    modules = []
    for base in type.__getattribute__(kind, "__mro__"):
        if base in _KINDS:
            return _KINDS[base]
        module = type.__getattribute__(base, "__module__")
        if isinstance(module, str):
            modules.append(module)
            if (module, base.__name__) in _OF_BASES:
                return functools.partial(_of_base, _OF_BASES[module, base.__name__], base)
    return _untold if not set(_STILL).intersection(modules) and hidden.is_opaque(kind) else None


def _of_base(ask: Callable[[Any, Any], Told], base: Any, value: Any) -> Told:
    return ask(value, base)


def told(value: Any) -> Told:
    """Where it stands, and what it holds; what cannot be told is always the same."""
    ask = teller(type(value))
    try:
        return ([], []) if ask is None else ask(value)
    except Exception:  # half made, or gone meanwhile
        return [], []


class Remembered:
    """What a function remembers (``lru_cache``) and goes on by use: all else it would give again."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self._misses = -1
        self._inside: List[Any] = []

    def inside(self) -> List[Any]:
        misses = type(self.function).cache_info(self.function).misses
        if misses != self._misses:
            self._misses = misses
            found = gc.get_referents(self.function)
            # one without a limit has its dictionary alone
            found += [one for held in found if type(held) is dict for one in list(held.values())]
            self._inside = [one for one in found if self._goes_on(type(one))]
        return self._inside

    def told(self) -> List[Any]:
        return [(type(one), *told(one)[0]) for one in self.inside()]

    def _goes_on(self, kind: type) -> bool:
        return kind not in _MADE_STILL and teller(kind) is not None


_MADE_STILL = {type(threading.Lock()), type(threading.RLock()), weakref.ref}
"""Who makes one does no more than that."""
