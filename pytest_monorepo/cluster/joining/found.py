"""A Dask worker that may become a node of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Found:
    """``facts`` are what it says of itself, ``root`` where it has the workspace, ``pythons`` which
    interpreter it takes for each of ours, ``ahead`` by how many seconds its clock is.
    """

    name: str
    address: str
    slots: int
    facts: Mapping[str, Any]
    root: str = ""
    pythons: Mapping[str, str] = field(default_factory=dict)
    ahead: float = 0.0


def named(found: Sequence[Found]) -> list[Found]:
    """With names for people: the host, and a number where there are several of it."""
    hosts = [str(node.facts["host"]) for node in found]
    names = [
        host if hosts.count(host) == 1 else f"{host}-{hosts[:index].count(host) + 1}"
        for index, host in enumerate(hosts)
    ]
    return [replace(node, name=name) for name, node in zip(names, found, strict=True)]


def spread(slots: Mapping[str, int]) -> tuple[str, ...]:
    """The machine of each worker: the first of every machine, then the second of every one, ..."""
    rounds = range(max(slots.values(), default=0))
    return tuple(name for number in rounds for name in sorted(slots) if slots[name] > number)
