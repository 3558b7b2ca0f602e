"""What the values of the settings may be, each in words for the user and read as the program needs it."""

from __future__ import annotations

import datetime
import ntpath
import posixpath
from typing import Any, Literal

from .toml_tables import Kind
from .worker.plugins.whole import KINDS


def _ensure(good: bool) -> None:
    if not good:
        raise ValueError


def _string(value: Any) -> str:
    _ensure(isinstance(value, str) and value != "")
    return str(value)


def _string_list(value: Any) -> tuple[str, ...]:
    _ensure(isinstance(value, list) and all(isinstance(item, str) and item for item in value))
    return tuple(value)


def _count(value: Any) -> int:
    # TOML's true is Python's True, which is an int
    _ensure(isinstance(value, int) and not isinstance(value, bool) and value >= 1)
    return int(value)


def _number(value: Any) -> int:
    _ensure(isinstance(value, int) and not isinstance(value, bool) and value >= 0)
    return int(value)


def _absolute(value: Any) -> str:
    _ensure(isinstance(value, str) and (posixpath.isabs(value) or ntpath.isabs(value)))
    return str(value)


def _workers(value: Any) -> int | Literal["auto"]:
    return "auto" if value == "auto" else _count(value)


def _seconds(value: Any) -> float:
    _ensure(isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf"))
    return float(value)


def _day(value: Any) -> datetime.date:
    if isinstance(value, str):
        return datetime.date.fromisoformat(value)
    # a moment is a date to Python, and no day to TOML
    _ensure(isinstance(value, datetime.date) and not isinstance(value, datetime.datetime))
    return value  # type: ignore[no-any-return]


def _boolean(value: Any) -> bool:
    _ensure(isinstance(value, bool))
    return bool(value)


def _share(value: Any) -> float:
    _ensure(isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1)
    return float(value)


def _counts(value: Any) -> dict[str, tuple[int, str]]:
    _ensure(isinstance(value, dict))
    return {key: _counted(item) for key, item in value.items()}


def _counted(value: Any) -> tuple[int, str]:
    """A number for the whole run, or ``{ count = 2, per = "machine" }``."""
    if not isinstance(value, dict):
        return _count(value), "cluster"
    _ensure(value.keys() <= {"count", "per"} and value.get("per", "cluster") in ("machine", "cluster"))
    return _count(value.get("count", 1)), str(value.get("per", "cluster"))


def _environment(value: Any) -> dict[str, str]:
    _ensure(isinstance(value, dict) and all(isinstance(item, str) for item in value.values()))
    _ensure(all(key and "=" not in key and "\0" not in key + item for key, item in value.items()))
    return dict(value)


def _arrows(value: Any) -> tuple[str, ...]:
    pairs = _string_list(value)
    _ensure(all(len([side for side in pair.split("->") if side.strip()]) == 2 for pair in pairs))
    return pairs


def _reasons(value: Any) -> tuple[str, ...]:
    entries = _string_list(value)
    _ensure(all(kind in KINDS and name for kind, _, name in (entry.partition(":") for entry in entries)))
    return entries


def _preload(value: Any) -> tuple[str, ...] | Literal["auto", "off"]:
    if isinstance(value, str):
        _ensure(value in ("auto", "off"))
        return "auto" if value == "auto" else "off"
    names = _string_list(value)
    _ensure(bool(names) and all(part.isidentifier() for name in names for part in name.split(".")))
    return names


def _one_of(*words: str) -> Kind[str]:
    def read(value: Any) -> str:
        _ensure(value in words)
        return str(value)

    return Kind(" or ".join(f"'{word}'" for word in words), read)


STRING = Kind("a non-empty string", _string)
STRINGS = Kind("a list of non-empty strings", _string_list)
PRELOAD = Kind("'auto', 'off' or a list of names of modules", _preload)
SECONDS = Kind("a number of seconds above 0", _seconds)
BOOLEAN = Kind("true or false", _boolean)
DAY = Kind("a day, like 2026-12-24", _day)
SHARE = Kind("a number from 0 to 1", _share)
DAYS = Kind("a number of days above 0", _seconds)
MEGABYTES = Kind("a number of megabytes above 0", _seconds)
WORKERS = Kind("'auto' or a whole number of at least 1", _workers)
COUNTS = Kind(
    "a table of names and whole numbers of at least 1, or { count = 1, per = 'machine' or 'cluster' }",
    _counts,
)
FOLDER = Kind("an absolute path, the same on every node", _absolute)
KEPT = Kind("a whole number of at least 0", _number)
ENVIRONMENT = Kind("a table of names and strings", _environment)
ARROWS = Kind("a list of 'dependent -> dependency' pairs", _arrows)
OUTSIDE = _one_of("leave", "run")
FALLBACK = _one_of("all", "error")
OTHER_LANGUAGES = _one_of("named", "all")
LEVEL = _one_of("project", "file")
TRUST = _one_of("imports", "trace")
FLAKY = _one_of("pass", "fail")
KEEP_WHOLE = Kind(f"a list of 'KIND:NAME', KIND one of {', '.join(KINDS)}", _reasons)
SPLIT = _one_of("auto", "file", "scope", "test", "none")
REQUIRES_PYTHON = _one_of("error", "skip", "run")
