"""One TOML table under reading: what a value may be, and every complaint at once, in words for the user."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

T = TypeVar("T")
FILE = "pyproject.toml"


class Kind(Generic[T]):
    """What a value may be: ``wanted`` words it, ``read`` returns the value or raises ``ValueError``."""

    def __init__(self, wanted: str, read: Callable[[Any], T]) -> None:
        self.wanted = wanted
        self.read = read


class Table:
    """One TOML table under reading; remembers the keys asked for and collects complaints."""

    def __init__(self, name: str, table: object, complaints: list[str]) -> None:
        self._name = name
        self._complaints = complaints
        self._known: list[str] = []
        self._table: Mapping[str, object] = table if isinstance(table, Mapping) else {}
        if not isinstance(table, Mapping):
            self.complain(f"must be a table, not {_shown(table)}")

    def raw(self, key: str) -> object:
        return self._table.get(key)

    def known(self, key: str) -> None:
        if key not in self._known:
            self._known.append(key)

    def get(self, key: str, kind: Kind[Any], default: Any) -> Any:
        self.known(key)
        if key not in self._table:
            return default
        try:
            return kind.read(self._table[key])
        except (ValueError, OverflowError):  # TOML's integers have no end here, floats have
            self.complain(f"'{key}' must be {kind.wanted}, not {_shown(self._table[key])}")
            return default

    def complain(self, sentence: str) -> None:
        self._complaints.append(f"{FILE}: [{self._name}] {sentence}")

    def complain_of_unknown(self) -> None:
        for key in self._table:
            if key not in self._known:
                near = near_of(key.replace("_", "-"), self._known)
                self.complain(f"unknown key '{key}'{near or f'; known are {_listed(self._known)}'}")


def near_of(value: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(value, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _shown(value: object) -> str:
    if isinstance(value, datetime.date):
        return value.isoformat()
    return "true" if value is True else "false" if value is False else repr(value)


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(sorted(keys))
