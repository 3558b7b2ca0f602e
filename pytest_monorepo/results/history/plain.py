"""Plain values read from a file that somebody else may have written, or a disk has spoilt."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")

DAMAGED = (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading such a file may raise."""

_NUMBER = (int, float)
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "float": _NUMBER,
    "float | None": (*_NUMBER, type(None)),
}
_LATEST = 1e11
"""Seconds; a day in the year 5138, which ``datetime`` can still tell."""


def value(kind: type[T], given: Mapping[str, Any]) -> T:
    """A dataclass of what is given by field name; what it has no field for is somebody newer's.

    Raises ``TypeError`` where something is of another kind than its field, and ``ValueError`` for a number
    that none can be: not finite, or (JSON knows no bounds) too large for a time.
    """
    known = {field.name: str(field.type) for field in fields(kind)}  # type: ignore[arg-type]
    found = {name: one for name, one in given.items() if name in known}
    for name, one in found.items():
        wanted = _KINDS.get(known[name])
        if wanted is not None and not isinstance(one, wanted):
            raise TypeError(f"{name}: {one!r}")
        if isinstance(one, _NUMBER) and not (math.isfinite(one) and abs(one) < _LATEST):
            raise ValueError(f"{name}: {one!r}")
    return kind(**found)


def read(text: str | bytes) -> Any:
    """As ``json.loads``; raises ``ValueError`` also where the text nests without end."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested without end") from None
