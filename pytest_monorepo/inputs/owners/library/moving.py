"""Where counters, generators, random numbers, locks and futures stand: of these nothing else is ever another.

An installed module has one and the same of them after a test has gone on with it. They are asked by the base
in C that keeps it, so that nothing of anybody's runs. Of what keeps its state to itself (a compressor, who
goes through the matches of a pattern) it is never said to be where it was.
"""

from __future__ import annotations

import _random  # type: ignore[import-not-found,unused-ignore]
import contextvars
import functools
import gc
import io
import sys
import threading
import types
import weakref
from typing import Any, Callable, Dict, List, Optional, Tuple

from ...originals import identity
from .. import hidden, in_c
from ..asked import OF_HEAP, attributes_of, flags, package_of
from ..glance import PLAIN
from .worth import is_worth_itself

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


def _of_held(value: Any) -> Told:
    return [], _inside(value)


def _inside(value: Any) -> List[Any]:
    """Not its attributes, of which Python tells once somebody has asked for them."""
    own = attributes_of(value)
    return [one for one in gc.get_referents(value) if one is not own and one is not type(value)]


def _of_reference(value: Any) -> Told:
    target = weakref.ref.__call__(value)
    return [target is None], [] if target is None else [target]


def _of_view(value: Any) -> Told:
    """It may be the only one that holds what it shows."""
    try:
        return [hash(memoryview.tobytes(value))], []
    except ValueError:
        return ["released"], []


def _of_context(value: Any) -> Told:
    items = list(contextvars.Context.items(value))
    return [identity(variable) for variable, _ in items], [one for _, one in items]


def _of_failure(value: Any) -> Told:
    """What it was told, and what it came from; not the frames through which it has gone."""
    return [value.__suppress_context__], [value.args, value.__cause__, value.__context__]


def _of_stream(value: Any, kind: Any) -> Told:
    """How far it is read or written; what is printed is nobody's doing that another file sees."""
    standard = (sys.stdin, sys.stdout, sys.stderr, sys.__stdin__, sys.__stdout__, sys.__stderr__)
    if any(value is one for one in standard) or type(value).__module__.startswith("_pytest."):
        return [], []
    (state,) = hidden.STREAMS[kind](value)
    ask = getattr(kind, "buffer", None) or getattr(kind, "raw", None)
    return [state], [] if state is None or ask is None else [ask.__get__(value)]


_KINDS: Dict[type, Callable[[Any], Told]] = {
    types.GeneratorType: _of_frame("gi_frame"),
    types.CoroutineType: _of_frame("cr_frame"),
    types.AsyncGeneratorType: _of_frame("ag_frame"),
    _random.Random: lambda value: ([hash(_random.Random.getstate(value))], []),
    type(threading.Lock()): _of_text,
    type(threading.RLock()): _of_text,
    memoryview: _of_view,
    weakref.ref: _of_reference,
    **dict.fromkeys((type({}.keys()), type({}.values()), type({}.items()), slice), _of_held),
    contextvars.Context: _of_context,
    BaseException: _of_failure,
    io.IncrementalNewlineDecoder: lambda value: (hidden.of_decoder(value), []),
    **{kind: functools.partial(_of_stream, kind=kind) for kind in hidden.STREAMS},
    **{kind: _of_iterator(state) for kind, state in hidden.POSITIONS.items()},
    **{kind: _of_iterator(None) for kind in hidden.FOLLOWED - {types.GeneratorType}},
}


def _of_digest(value: Any) -> Told:
    return [value.hexdigest()], []


def _of_random_numbers(value: Any) -> Told:
    """As bytes: numpy writes hundreds of numbers one by one, or some of them where it is told so."""
    state = value.get_state()
    if type(state) is not tuple:
        return [repr(state)], []
    name, numbers, *rest = state
    return [name, numbers.tobytes(), *rest], []


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
    # what ctypes.byref gives; of that module from 3.12 on
    **dict.fromkeys(
        (("builtins", "CArgObject"), ("_ctypes", "CArgObject")), lambda value: ([], [value._obj])
    ),
    **dict.fromkeys(_DIGESTS, _of_digest),
    **dict.fromkeys(_OF_ANY_LENGTH, lambda value: ([value.hexdigest(20)], [])),
    ("numpy.random._generator", "Generator"): lambda value: ([repr(value.bit_generator.state)], []),
    ("numpy.random.mtrand", "RandomState"): _of_random_numbers,
}
"""Of modules that may not be loaded, by the names of module and class; not what is derived from it."""


def _untold(value: Any) -> Told:
    return [object()], []


def _of_queue(value: Any, kind: Any) -> Told:
    """Nobody sees what is in it, only whether anything is."""
    return _untold(value) if kind.qsize(value) else (["empty"], [])


def _of_lines(value: Any, kind: Any) -> Told:
    return [kind.line_num.__get__(value)], _inside(value)


def _of_memory(value: Any, kind: Any) -> Told:
    """What it is kept by is told of, too: what a pointer leads to, as long as Python knows who has that."""
    if _leads_astray(value):
        return _untold(value)
    return [hash(bytes(memoryview(value)))], [_kept_by(value), _part_of(value)]


def _kept_by(value: Any) -> Any:
    return _of_c(value, "_objects")


def _part_of(value: Any) -> Any:
    return _of_c(value, "_b_base_")


def _of_c(value: Any, name: str) -> Any:
    """What is said by the base of all, whatever else a class has by that name."""
    *_, base, _ = type(value).__mro__
    return vars(base)[name].__get__(value)


def _leads_astray(value: Any) -> bool:
    """Whether it holds an address of something that Python does not keep: nobody may look what is there."""
    return (
        _kept_by(value) is None
        and _part_of(value) is None
        and _has_address(type(value))
        and any(bytes(memoryview(value)))
    )


def _has_address(kind: Any) -> bool:
    """Whether there is a pointer in an object of that type, or in one of its fields."""
    inner = getattr(kind, "_type_", None)
    if isinstance(inner, str):
        return inner in "PzZO"
    named = [one[1] for base in kind.__mro__ for one in vars(base).get("_fields_", ())]
    if inner is None and not named:
        return _is_of_c(kind, "CFuncPtr")
    if _is_of_c(kind, "_Pointer"):
        return True
    return any(map(_has_address, named if inner is None else [inner]))


def _is_of_c(kind: Any, name: str) -> bool:
    return any((base.__module__, base.__name__) == ("_ctypes", name) for base in kind.__mro__)


def _of_c_alone(value: Any) -> Told:
    """Of an installed class in C: what it shows and holds, or which one it is where it does neither."""
    inside, shown = _inside(value), in_c.shown(value)
    return shown if inside or any(one is not None for one in shown) else [identity(value)], inside


def _of_element(value: Any, kind: Any) -> Told:
    inside = _inside(value)
    return list(map(identity, inside)), inside


def _of_foreign(value: Any, kind: Any) -> Told:
    """A function of a library: what it is told to take and to give."""
    settings = (getattr(kind, name).__get__(value) for name in ("argtypes", "restype", "errcheck"))
    return [tuple(map(identity, one)) if type(one) is tuple else identity(one) for one in settings], []


def _of_finalizer(value: Any, kind: Any) -> Told:
    return [kind.alive.__get__(value)], list(kind.peek(value) or ())


def _of_arrays(value: Any, kind: Any) -> Told:
    """An array of numpy's; of one that holds objects no collector is told what."""
    if value.nbytes > hidden.MOST_BYTES:
        return _untold(value)
    held = kind.tolist(kind.ravel(value)) if value.dtype.hasobject else []
    of_one = value.dtype
    fields = hidden.of_fields(of_one, type(of_one).__mro__[-2])
    return [hash(kind.tobytes(value)), fields, kind.shape.__get__(value), kind.flags.__get__(value).num], held


def _of_certificates(value: Any, kind: Any) -> Told:
    """A context of TLS: what it asks of the other side, and how many it knows."""
    asked = [getattr(kind, name).__get__(value) for name in _OF_TLS]
    return [*asked, *sorted(kind.cert_store_stats(value).items())], []


def _of_tree(value: Any, kind: Any) -> Told:
    return list(map(hash, hidden.of_tree(value, kind))), []


_OF_TLS = ("check_hostname", "verify_mode", "verify_flags", "options")

_OF_BASES: Dict[Tuple[str, str], Callable[[Any, Any], Told]] = {
    ("_csv", "reader"): _of_lines,
    ("_csv", "writer"): lambda value, _: ([], _inside(value)),
    ("_queue", "SimpleQueue"): _of_queue,
    ("weakref", "finalize"): _of_finalizer,
    ("xml.etree.ElementTree", "Element"): _of_element,
    ("_ctypes", "CFuncPtr"): _of_foreign,
    ("_ssl", "_SSLContext"): _of_certificates,
    ("numpy", "ndarray"): _of_arrays,
    ("numpy.random.bit_generator", "BitGenerator"): lambda value, kind: ([repr(value.state)], []),
    ("frozenlist._frozenlist", "FrozenList"): lambda value, kind: (
        [kind.frozen.__get__(value)],
        _inside(value),
    ),
    ("lxml.etree", "_Element"): _of_tree,
    ("lxml.etree", "_ElementTree"): _of_tree,
    ("_multiprocessing", "SemLock"): lambda value, kind: (hidden.of_semaphore(value, kind), []),
    ("multiprocessing.connection", "Connection"): lambda value, kind: (hidden.of_pipe(value, kind), []),
    ("_io", "BufferedRWPair"): lambda value, _: _untold(value),
    ("xml.etree.ElementTree", "XMLParser"): lambda value, _: _untold(value),
    ("xml.etree.ElementTree", "TreeBuilder"): lambda value, _: _untold(value),
    **{("_ctypes", name): _of_memory for name in ("_SimpleCData", "Structure", "Union", "Array", "_Pointer")},
}
"""The same with what is derived from it; they are given that base."""

# descriptors of fields, certificates
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
    if not set(_STILL).intersection(modules) and hidden.is_opaque(kind):
        return _untold
    return _of_c_alone if in_c.keeps_apart(kind) and not _is_known(kind) else None


def _is_known(kind: type) -> bool:
    """Whether what one is worth is told elsewhere; numpy's functions are many, and there for good."""
    return package_of(kind) == "numpy" or is_worth_itself(kind) or not hidden.is_followed(kind)


def _of_base(ask: Callable[[Any, Any], Told], base: Any, value: Any) -> Told:
    return ask(value, base)


def told(value: Any) -> Told:
    """Where it stands, and what it holds; what cannot be told has always moved."""
    kind = type(value)
    return stands((value, kind, teller(kind)))


def stands(known: Tuple[Any, type, Any]) -> Told:
    """Likewise, of a value with its type and what tells of it, both looked up when it was met.

    For as long as it is of that type. What such a type comes to be called, or derived from, does not make
    another who tells: what has been told is held against what the same one tells now.
    """
    value, kind, ask = known
    if type(value) is not kind:
        return told(value)
    try:
        return ([], []) if ask is None else ask(value)
    except Exception:  # half made, or gone meanwhile
        return _untold(value)
