"""Collected trees in parts, each with what its tests lie in; nodes as :class:`.protocol.Node` has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

Nodes = Sequence[Sequence[Any]]
_PARENT, _KIND, _NAME, _NODEID = range(4)
_IS_ITEM = 8


def by_file(nodes: Nodes) -> dict[str, list[Any]]:
    """The part of each test file."""
    found: dict[str, list[Any]] = {}
    places: dict[str, dict[int, int]] = {}
    for number, node in enumerate(nodes):
        if node[_IS_ITEM]:
            file = node[_NODEID].partition("::")[0]
            _take(nodes, number, found.setdefault(file, []), places.setdefault(file, {}))
    return found


def holding(nodes: Nodes, wanted: Callable[[str], bool]) -> list[Any]:
    """The part with those tests whose node ids are wanted."""
    part: list[Any] = []
    places: dict[int, int] = {}
    for number, node in enumerate(nodes):
        if node[_IS_ITEM] and wanted(node[_NODEID]):
            _take(nodes, number, part, places)
    return part


def joined(parts: Iterable[Nodes]) -> list[Any]:
    """One tree of several, in which a folder is there once."""
    whole: list[Any] = []
    known: dict[tuple[Any, ...], int] = {}
    for part in parts:
        places: dict[int, int] = {-1: -1}
        for number, (parent, *rest) in enumerate(part):
            node = [places[parent], *rest]
            key = (number, id(part)) if node[_IS_ITEM] else tuple(node[: _NODEID + 1])
            places[number] = known.setdefault(key, len(whole))
            if places[number] == len(whole):
                whole.append(node)
    return whole


def chains(nodes: Nodes) -> list[list[Sequence[Any]]]:
    """For each test, in their order, the nodes that it lies in, itself last."""
    found = []
    for node in nodes:
        if node[_IS_ITEM]:
            chain = [node]
            while chain[0][_PARENT] >= 0:
                chain.insert(0, nodes[chain[0][_PARENT]])
            found.append(chain)
    return found


def _take(nodes: Nodes, number: int, part: list[Any], places: dict[int, int]) -> int:
    if number < 0:
        return -1
    if number not in places:
        parent, *rest = nodes[number]
        parent = _take(nodes, parent, part, places)
        places[number] = len(part)
        part.append([parent, *rest])
    return places[number]
