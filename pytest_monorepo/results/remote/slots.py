"""The path sets of a project in a store that can be asked for names but not searched: eight fixed slots."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_monorepo.results.entries import shape
from pytest_monorepo.results.entries.entry import packed, unpacked
from pytest_monorepo.results.values.section import digest

SLOTS = 8
FORMAT = 2
LARGEST = 4_000_000
"""Bytes of one slot; where it would be larger, what others put into it goes."""


@dataclass(frozen=True)
class PathSet:
    """``own`` is a :func:`shape.shape`, ``bases`` are digests of those that others share.

    ``ones`` is the same for all whose results hold only together, and tells which :func:`ones` these are.
    """

    own: Mapping[str, Any]
    bases: tuple[str, ...] = ()
    ones: str = ""


def ones(keys: Iterable[str]) -> str:
    """Tells those whose results have these keys from others, whatever their inputs are."""
    return digest(sorted(keys))[:32]


PathSets = Mapping[str, PathSet]


@dataclass(frozen=True)
class Slot:
    """Path sets by the keys of their results, ``created`` in epoch seconds."""

    created: float
    sets: PathSets

    def encoded(self) -> bytes:
        sets = {key: [known.own, list(known.bases), known.ones] for key, known in self.sets.items()}
        return packed({"format": FORMAT, "created": self.created, "sets": sets})

    @classmethod
    def decoded(cls, data: bytes) -> Slot:
        """Raises ``ValueError``, ``KeyError`` or ``TypeError`` for anything but a slot of this format."""
        plain = unpacked(data)
        if plain["format"] != FORMAT:
            raise ValueError(f"format {plain['format']}")
        sets = {str(key): _path_set(*known) for key, known in plain["sets"].items()}
        return cls(float(plain["created"]), sets)


def _path_set(own: Any, bases: Any, ones: Any) -> PathSet:
    return PathSet(shape.checked(own), tuple(map(str, bases)), str(ones))


def placed(slots: Sequence[Slot | None], sets: PathSets, start: int = 0) -> tuple[int, Slot] | None:
    """Where path sets go, and what stands there then; ``None`` where they stand already.

    They join those they agree with, else take an empty slot (the first from ``start``, so that two runs at
    once seldom take the same), else the oldest.
    """
    for number, slot in enumerate(slots):
        if slot is not None and all(slot.sets.get(key, known) == known for key, known in sets.items()):
            if sets.keys() <= slot.sets.keys():
                return None
            joined = Slot(time.time(), {**slot.sets, **sets})
            return number, joined if len(joined.encoded()) <= LARGEST else Slot(time.time(), sets)
    ages = [0.0 if slot is None else slot.created for slot in slots]
    order = [(start + number) % len(slots) for number in range(len(slots))]
    return min(order, key=ages.__getitem__), Slot(time.time(), sets)
