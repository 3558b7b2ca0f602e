"""What the collector does not tell of an object: where iterators stand, what values and streams are worth.

Asked of C code by the base that keeps it, so that it holds for subclasses: nothing of the project's own runs.
"""

from __future__ import annotations

import _abc  # type: ignore[import-not-found,unused-ignore]
import _random  # type: ignore[import-not-found,unused-ignore]
import array
import collections
import functools
import gc
import io
import itertools
import operator
import struct
import sys
import types
import warnings
import weakref
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ..originals import identity
from ..probes import descriptors
from . import in_c
from .asked import answers_of, flags, slots_of

State = Callable[[Any], List[Any]]


class TooMuch(Exception):
    """There is more than can be compared."""


class Opaque(Exception):
    """There is something that keeps its state where nobody can see it."""


class _Sequence:
    """Iterated by its numbers alone."""

    def __getitem__(self, number: int) -> int:
        raise IndexError

    def __len__(self) -> int:
        return 0


def _length(value: Any) -> List[Any]:
    return [operator.length_hint(value, -1)]


def _reduced_by(kind: Any) -> State:
    def reduced(value: Any) -> List[Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # for itertools' deprecated since 3.12; since 3.14 it raises
            return list(kind.__reduce__(value)[1:])

    return reduced


_SIZED: Sequence[Any] = ([], (), "", "\u0101", b"", bytearray(), range(0), set(), {}, {}.values(), {}.items())
_BACKWARDS: Sequence[Any] = ([], {}, {}.values(), {}.items())
_REDUCED: Sequence[Any] = (
    *(type(iter(array.array("b"))), type(iter(collections.OrderedDict()))),
    *(itertools.zip_longest, enumerate, reversed, type(iter(_Sequence())), type(iter(range(2**70)))),
    *(itertools.islice, itertools.cycle, itertools.takewhile, itertools.dropwhile, itertools.groupby),
    *(itertools.product, itertools.permutations, itertools.combinations),
    *(itertools.combinations_with_replacement, type(itertools.tee(())[0])),
)
POSITIONS: Dict[type, State] = {
    **{type(iter(one)): _length for one in _SIZED},
    **{type(reversed(one)): _length for one in _BACKWARDS},
    itertools.repeat: _length,
    itertools.count: lambda value: [itertools.count.__repr__(value)],
    type(struct.iter_unpack("b", b"")): _length,
    type(iter(collections.deque())): _length,
    **{kind: _reduced_by(kind) for kind in _REDUCED},
}
"""Of iterators; what they hold the collector tells."""


async def _awaited() -> None: ...


_coroutine = _awaited()

FOLLOWED = {
    *(map, zip, filter, itertools.starmap, itertools.chain, itertools.accumulate, itertools.compress),
    *(itertools.filterfalse, getattr(itertools, "pairwise", map), getattr(itertools, "batched", map)),
    *(type(iter(int, 1)), types.GeneratorType, type(_coroutine.__await__())),
}
"""Iterators that stand where those stand which they hold."""

_coroutine.close()  # or it would be said never to have been awaited

NOT_FOLLOWED = {itertools.zip_longest}
"""What the collector tells of these has empty places: whoever looks at it kills the process (3.8 to 3.13)."""

_SHARING = ("pandas._libs.internals", "BlockValuesRefs")


def is_followed(kind: type) -> bool:
    """Not to who shares the memory of a frame of pandas', which each reading adds to."""
    return kind not in NOT_FOLLOWED and (kind.__module__, kind.__name__) != _SHARING


MOST_BYTES = 1 << 26
"""Of an array, since it is copied."""

_OPAQUE = {
    *("_hashlib", "_sha1", "_sha2", "_sha256", "_sha512", "_sha3", "_md5", "_blake2", "hmac", "zlib", "_bz2"),
    *("_lzma", "mmap", "pyexpat", "_sre", "select", "_pickle", "_socket", "_ssl", "sqlite3", "_ctypes"),
    *("_dbm", "_gdbm", "_multibytecodec", "_lsprof", "_curses"),
}
"""Modules in C whose objects keep what was done with them to themselves."""


def is_opaque(kind: type) -> bool:
    """Whether objects of that type change unseen; of sockets the system keeps the state."""
    for base in kind.__mro__:
        if base.__module__ in _OPAQUE or ("__next__" in base.__dict__ and _walks_unseen(base)):
            return True
    return False


def _walks_unseen(base: Any) -> bool:
    """Whether it is an iterator in C that is not known: nobody tells where it stands."""
    if base in POSITIONS or base in FOLLOWED or base.__module__ in _SEEN_OTHERWISE:
        return False
    return type(base.__dict__["__next__"]) is types.WrapperDescriptorType


_SEEN_OTHERWISE = ("_io", "_csv")
"""Streams, and who reads line by line from what it holds."""


def referents(value: Any) -> Iterator[Any]:
    """What the collector knows of an object of a type in C; raises :class:`Opaque` for half-made ones.

    Since 3.11 that is no names of attributes before somebody has asked for the object's dictionary.
    A list or tuple of which only C code knows may have places that are empty yet (``TreeBuilder``'s stack):
    whoever reads these kills the process.
    """
    if flags(type(value)) & _MANAGED:
        _attributes(value)
    for one in gc.get_referents(value):
        if type(one) in (list, tuple) and len(gc.get_referents(one)) != len(one):
            raise Opaque
        yield one


def empty_slots(value: Any) -> List[Any]:
    """Which of its slots hold nothing: of what the others hold the collector tells in order, and no names."""
    return [name for name, ask in slots_of(type(value)) if not _holds(ask, value)]


def _holds(ask: Any, value: Any) -> bool:
    try:
        ask(value)
    except AttributeError:
        return False
    return True


def registered(cls: Any) -> List[int]:
    """Which classes were registered with an abstract one, by their identities."""
    return sorted(map(identity, registered_classes(cls)))


def registered_classes(cls: Any) -> List[Any]:
    """No public function tells."""
    kept, *_ = _abc._get_dump(cls)
    return [one for one in (reference() for reference in kept) if one is not None]


def _of_stream(kind: Any) -> State:
    shown = [vars(kind)[name].__get__ for name in ("line_buffering", "write_through") if name in vars(kind)]

    def state(value: Any) -> List[Any]:
        return [None if kind.closed.__get__(value) else (kind.tell(value), *[ask(value) for ask in shown])]

    return state


def _of_memory(kind: Any) -> State:
    def state(value: Any) -> List[Any]:
        return [] if kind.closed.__get__(value) else [kind.getvalue(value), kind.tell(value)]

    return state


def of_decoder(value: Any) -> List[Any]:
    """What it has seen and not given yet, and half of a line's end."""
    kind = io.IncrementalNewlineDecoder
    return [*kind.getstate(value), kind.newlines.__get__(value)]


def _unseen(value: Any) -> List[Any]:
    raise Opaque


def _of_array(value: Any, kind: Any) -> List[Any]:
    if len(value) * value.itemsize > MOST_BYTES:
        raise TooMuch
    return [kind.tobytes(value)]


def _of_numbers(value: Any, kind: Any) -> List[Any]:
    """An array of numpy's, or one value of it; those that hold objects tell no collector."""
    if value.nbytes > MOST_BYTES:
        raise TooMuch
    held = [kind.tolist(value)] if value.dtype.hasobject else []
    return [kind.tobytes(value), str(value.dtype), value.shape, value.strides, value.flags.num, *held]


def of_fields(value: Any, kind: Any) -> Tuple[Any, ...]:
    """Of what type numbers are; a record's fields may be given other names in place."""
    told, names, inner = (getattr(kind, name).__get__(value) for name in ("str", "names", "subdtype"))
    if inner is not None:
        return (told, of_fields(inner[0], kind), inner[1])
    held = [(name, kind.fields.__get__(value)[name]) for name in names or ()]
    return (told, *((name, at, of_fields(one, kind)) for name, (one, at, *_) in held))


def of_tree(value: Any, kind: Any) -> List[Any]:
    """Of lxml, which keeps all of it where no collector looks."""
    return [sys.modules[kind.__module__].tostring(value)]


def _of_remembering(value: Any) -> List[Any]:
    """Whether others hold what a function remembers: after ``cache_clear`` it gives somebody else another."""
    inside = gc.get_referents(value)
    found = answers_of(value, inside)
    return [sys.getrefcount(one) > 4 + any(one is other for other in inside) for one in found]


_STREAMS = (io.FileIO, io.BufferedReader, io.BufferedWriter, io.BufferedRandom, io.TextIOWrapper)
STREAMS: Dict[type, State] = {kind: _of_stream(kind) for kind in _STREAMS}
"""How far each is read or written; nothing that is closed is."""

_WORTH: Dict[type, State] = {
    int: lambda value: [int.__int__(value)],
    float: lambda value: [float.__repr__(value)],
    complex: lambda value: [complex.__repr__(value)],
    str: lambda value: [str.__str__(value)],
    bytes: lambda value: [bytes.__repr__(value)],
    bytearray: lambda value: [bytearray.__repr__(value)],
    # the collector is told of no texts among the keys, and of no order but that of the dictionary beneath
    dict: lambda value: list(dict.keys(value)),
    collections.OrderedDict: lambda value: list(collections.OrderedDict.__iter__(value)),
    collections.deque: lambda value: [collections.deque.maxlen.__get__(value)],
    _random.Random: lambda value: [_random.Random.getstate(value)],
    type(functools.lru_cache(int)): _of_remembering,
    io.IncrementalNewlineDecoder: of_decoder,
    io.BufferedRWPair: _unseen,
    **{kind: _of_memory(kind) for kind in (io.StringIO, io.BytesIO)},
    **STREAMS,
    **POSITIONS,
}


def of_proxy(value: Any) -> List[Any]:
    """What it stands for, which nobody but it may lead to; Flask's applications hold one of themselves.

    No function tells, but who asks a proxy is answered by that: here by a method in C, unless it is a class
    that answers otherwise, which is then not what the proxy is known to be of.
    """
    try:
        found = value.__sizeof__.__self__
    except ReferenceError:
        return [identity(value), "gone"]
    except Exception:
        raise Opaque from None
    if not any(one is value for one in weakref.getweakrefs(found)):
        raise Opaque
    return [identity(value), found]


def of_semaphore(value: Any, kind: Any) -> List[Any]:
    """Of multiprocessing's locks, events and conditions: the system has how often it may be taken."""
    return [kind._count(value), kind._get_value(value)]


def of_pipe(value: Any, kind: Any) -> List[Any]:
    return [None if value._handle is None else descriptors.state_of(value._handle)]


_NAMED: Dict[Tuple[str, str], Callable[[Any, Any], List[Any]]] = {
    ("array", "array"): _of_array,
    # what ctypes.byref gives; the collector is not told of it
    ("builtins", "CArgObject"): lambda value, _: [value._obj],
    ("_multiprocessing", "SemLock"): of_semaphore,
    ("multiprocessing.connection", "Connection"): of_pipe,
    ("numpy", "ndarray"): _of_numbers,
    ("numpy", "generic"): _of_numbers,
    ("numpy.random.bit_generator", "BitGenerator"): lambda value, _: [value.state],
    ("numpy", "dtype"): lambda value, kind: [of_fields(value, kind)],
    ("frozenlist._frozenlist", "FrozenList"): lambda value, kind: [kind.frozen.__get__(value)],
    ("lxml.etree", "_Element"): of_tree,
    ("lxml.etree", "_ElementTree"): of_tree,
    # up to Python 3.9; from 3.10 on by their module
    **{
        ("builtins", f"Multibyte{name}"): lambda value, _: _unseen(value)
        for name in ("IncrementalDecoder", "IncrementalEncoder", "StreamReader", "StreamWriter")
    },
    **{("decimal", name): lambda value, kind: [kind.__repr__(value)] for name in ("Decimal", "Context")},
    **{
        ("datetime", name): lambda value, kind: [kind.__repr__(value)]
        for name in ("date", "time", "datetime", "timedelta", "timezone")
    },
}
"""Of modules that may not be loaded, by the names of module and class."""


def of(value: Any, kind: type) -> List[Any]:
    """Further values that make the state of an object; raises :class:`Opaque` and :class:`TooMuch`."""
    return _asked(_states(kind), value)


def told_by(kind: type) -> Optional[State]:
    """What tells the same of each object of that type; nothing where there is no more to tell."""
    states = _states(kind)
    return functools.partial(_asked, states) if states else None


def _states(kind: type) -> List[State]:
    found = []
    for base in kind.__mro__:
        state = _WORTH.get(base)
        named = None if state else _NAMED.get((base.__module__, base.__name__))
        if state:
            found.append(state)
        elif named:
            found.append(_of_kind(named, base))
    if not found and is_followed(kind) and in_c.keeps_apart(kind):
        found.append(in_c.by_itself)
    if issubclass(kind, BaseException):
        # where in a text it failed, whether what it came of is told
        found.append(in_c.plain_members)
    if flags(kind) & _INLINE:
        found.append(lambda value: [tuple(_attributes(value))])
    return found


_MANAGED = 1 << 4 if sys.version_info >= (3, 11) else 0
# of these the collector tells no names at all
_INLINE = 1 << 2 if sys.version_info >= (3, 13) else 0


def _attributes(value: Any) -> Any:
    """Its dictionary, as Python itself keeps it; a class may have something else under that name."""
    for base in type(value).__mro__:
        found = type.__getattribute__(base, "__dict__").get("__dict__")
        if type(found) is types.GetSetDescriptorType:
            return found.__get__(value)
    return ()


def _of_kind(named: Callable[[Any, Any], List[Any]], kind: Any) -> State:
    return lambda value: named(value, kind)


def _asked(states: List[State], value: Any) -> List[Any]:
    try:
        return [one for state in states for one in state(value)]
    except (TypeError, ValueError, OSError):
        raise Opaque from None  # a pipe, say, or a stream that somebody goes through by lines
