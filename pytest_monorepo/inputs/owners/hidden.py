"""What the collector does not tell of an object: where iterators stand, what subclasses of values are worth.

Asked of C code by the exact type, or by the base that keeps it: nothing of the project's own runs.
"""

from __future__ import annotations

import _abc  # type: ignore[import-not-found,unused-ignore]
import io
import itertools
import operator
import warnings
from typing import Any, Callable, Dict, List, Sequence

from ..originals import identity

State = Callable[[Any], List[Any]]


class _Sequence:
    """Iterated by its numbers alone."""

    def __getitem__(self, number: int) -> int:
        raise IndexError

    def __len__(self) -> int:
        return 0


def _length(value: Any) -> List[Any]:
    return [operator.length_hint(value, -1)]


def _reduced(value: Any) -> List[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # for itertools' deprecated since 3.12; since 3.14 it raises
        return list(value.__reduce__()[1:])


_SIZED: Sequence[Any] = ([], (), "", "\u0101", b"", bytearray(), range(0), set(), {}, {}.values(), {}.items())
_BACKWARDS: Sequence[Any] = ([], {}, {}.values(), {}.items())
_REDUCED: Sequence[Any] = (
    *(itertools.zip_longest, enumerate, reversed, type(iter(_Sequence())), type(iter(range(2**70)))),
    *(itertools.islice, itertools.cycle, itertools.takewhile, itertools.dropwhile, itertools.groupby),
    *(itertools.product, itertools.permutations, itertools.combinations),
    *(itertools.combinations_with_replacement, type(itertools.tee(())[0])),
)
POSITIONS: Dict[type, State] = {
    **{type(iter(one)): _length for one in _SIZED},
    **{type(reversed(one)): _length for one in _BACKWARDS},
    itertools.repeat: _length,
    **dict.fromkeys(_REDUCED, _reduced),
}
"""Of iterators, by the exact type; what they hold the collector tells."""

NOT_FOLLOWED = {itertools.zip_longest}
"""What the collector tells of these has empty places: whoever looks at it kills the process (3.8 to 3.13)."""

_OPAQUE = {
    *("_hashlib", "_sha1", "_sha2", "_sha256", "_sha512", "_sha3", "_md5", "_blake2", "hmac", "zlib", "_bz2"),
    *("_lzma", "mmap", "pyexpat", "_sre", "select", "_pickle"),
}
"""Modules in C whose objects keep what was done with them to themselves."""


def is_opaque(kind: type) -> bool:
    """Whether objects of that type change unseen; of sockets the system keeps the state."""
    return kind.__module__ in _OPAQUE or any(base.__module__ == "_socket" for base in kind.__mro__)


def registered(cls: Any) -> List[int]:
    """Which classes were registered with an abstract one, by their identities."""
    return sorted(map(identity, registered_classes(cls)))


def registered_classes(cls: Any) -> List[Any]:
    """No public function tells."""
    kept, *_ = _abc._get_dump(cls)
    return [one for one in (reference() for reference in kept) if one is not None]


_WORTH: Dict[type, State] = {
    int: lambda value: [int.__int__(value)],
    float: lambda value: [float.__repr__(value)],
    complex: lambda value: [complex.__repr__(value)],
    str: lambda value: [str.__str__(value)],
    bytes: lambda value: [bytes.__repr__(value)],
    bytearray: lambda value: [bytearray.__repr__(value)],
    io.StringIO: lambda value: [] if io.StringIO.closed.__get__(value) else [io.StringIO.getvalue(value)],
    io.BytesIO: lambda value: [] if io.BytesIO.closed.__get__(value) else [io.BytesIO.getvalue(value)],
}


def of(value: Any, kind: type) -> List[Any]:
    """Further values that make the state of an object."""
    if kind in POSITIONS:
        return POSITIONS[kind](value)
    return [one for base in kind.__mro__ if base in _WORTH for one in _WORTH[base](value)]
