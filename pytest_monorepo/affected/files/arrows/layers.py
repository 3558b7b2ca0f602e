"""Mappings that are put together only where somebody looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

V = TypeVar("V")


class Layered(Mapping[str, V]):
    """What ``above`` says, and of all else what ``below`` says."""

    def __init__(self, above: Mapping[str, V], below: Mapping[str, V]) -> None:
        self._above = above
        self._below = below

    def __getitem__(self, key: str) -> V:
        return self._above[key] if key in self._above else self._below[key]

    def __contains__(self, key: object) -> bool:
        return key in self._above or key in self._below

    def __iter__(self) -> Iterator[str]:
        yield from self._above
        yield from (key for key in self._below if key not in self._above)

    def __len__(self) -> int:
        return len({*self._above, *self._below})


class Rows(Mapping[str, tuple[str, ...]]):
    """For each of ``paths`` those whose numbers stand in its row, between commas."""

    def __init__(self, paths: Sequence[str], rows: Sequence[str], numbers: Mapping[str, int]) -> None:
        self._paths = paths
        self._rows = rows
        self._numbers = numbers

    def __getitem__(self, key: str) -> tuple[str, ...]:
        row = self._rows[self._numbers[key]]
        return tuple(self._paths[int(number)] for number in row.split(",")) if row else ()

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)
