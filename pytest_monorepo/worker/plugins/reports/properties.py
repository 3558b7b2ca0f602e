"""Values that a test has recorded, over the wall: JUnit XML has their ``str``, and JSON must not change it.

``run/hooks/reports.py`` undoes it.
"""

from __future__ import annotations

from typing import Any, Iterable, List, Tuple

TUPLE = "$tuple"
_PLAIN = (str, int, float, bool, type(None))


def packed(properties: Iterable[Tuple[Any, Any]]) -> List[List[Any]]:
    """(name, value) pairs as JSON can hold them."""
    return [[str(name), _packed(value)] for name, value in properties]


def _packed(value: Any) -> Any:
    try:
        return _as_json(value)
    except (TypeError, RecursionError):  # one that holds itself, too
        pass
    try:
        return str(value)
    except Exception as error:
        # plain pytest asks for it only where it writes XML
        return f"<{type(value).__name__} whose str() raises {type(error).__name__}>"


def _as_json(value: Any) -> Any:
    """Raises ``TypeError`` for what would come back as something else: a date, an enumeration's member."""
    if type(value) in _PLAIN:
        return value
    if type(value) is list:
        return [_as_json(item) for item in value]
    if type(value) is tuple:
        return {TUPLE: [_as_json(item) for item in value]}
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: _as_json(item) for key, item in value.items()}
    raise TypeError(type(value).__name__)


def unpacked(value: Any) -> Any:
    """What :func:`packed` was given, or its ``str``."""
    if isinstance(value, list):
        return [unpacked(item) for item in value]
    if isinstance(value, dict):
        if list(value) == [TUPLE]:
            return tuple(unpacked(item) for item in value[TUPLE])
        return {key: unpacked(item) for key, item in value.items()}
    return value
