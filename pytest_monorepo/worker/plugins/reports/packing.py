"""What plugins put into ``config.workeroutput``, made plain for JSON and back: xdist lets bytes through."""

from __future__ import annotations

import base64
from typing import Any

_BYTES = "$bytes"


def pack(value: Any) -> Any:
    """Values of JSON only; bytes become ``{"$bytes": base64}``, what is unknown its ``repr``."""
    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode("ascii")}
    if isinstance(value, dict):
        return {str(key): pack(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [pack(item) for item in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else repr(value)


def unpack(value: Any) -> Any:
    """The inverse, as far as JSON allows: tuples and sets stay lists."""
    if isinstance(value, dict):
        if set(value) == {_BYTES}:
            return base64.b64decode(value[_BYTES])
        return {key: unpack(item) for key, item in value.items()}
    return [unpack(item) for item in value] if isinstance(value, list) else value
