"""Where each project stands on the map: pure, no I/O.

Layers run from left to right in the direction a change travels: what depends on nothing stands left, each
project right of all it needs. A layer of many projects wraps into several columns, so that 200 projects stay
legible on one screen instead of forming a column of 200 names; layers that no window has room for go on in a
band below; within a layer, projects of one folder stay together under the folder's name. Edges that a longer
path already implies are left out: they say nothing new about what a change reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ROW, COLUMN_GAP, LAYER_GAP, BAND_GAP, MARGIN = 34, 18, 72, 44, 20
NODE_HEIGHT = 26
_CHARACTER, _PADDING, _NARROWEST, _WIDEST = 7.4, 42, 96, 220
ACROSS = 1960  # what is still legible when it is made to fit a window of 1440 pixels
_SHAPE = 2.0  # the width to height of a screen, less what surrounds the picture


@dataclass(frozen=True)
class Node:
    """A project's box; ``x`` and ``y`` are its upper left corner."""

    project: str
    label: str
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Heading:
    """The name of the folder whose projects follow below."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """``dependent`` needs ``dependency``; ``path`` is the curve between their boxes as SVG writes it.

    ``backward`` lines close a cycle and run against the reading direction.
    """

    dependency: str
    dependent: str
    path: str
    backward: bool


@dataclass(frozen=True)
class Map:
    """``cycles`` are the projects that need themselves through others; ``bands`` lie below each other."""

    nodes: tuple[Node, ...]
    headings: tuple[Heading, ...]
    lines: tuple[Line, ...]
    width: float
    height: float
    implied: int
    cycles: frozenset[str] = frozenset()
    bands: int = 1


def lay_out(labels: Mapping[str, str], needs: Mapping[str, Sequence[str]]) -> Map:
    """The map of the projects in ``labels`` (by path); ``needs`` are their direct dependencies."""
    needs = {path: [d for d in needs.get(path, ()) if d in labels] for path in sorted(labels)}
    order, backward = _without_cycles(needs)
    forward = {path: [d for d in needs[path] if (path, d) not in backward] for path in order}
    layers = _layers(order, forward)
    blocks = [_block(layer) for layer in layers]
    width = {path: _width(label) for path, label in labels.items()}
    bands = _bands(blocks, _best_rows(blocks, width), width)
    nodes, headings = _place(bands, width, labels)
    total_width, total_height = _extent(bands)
    kept = _not_implied(order, forward)
    edges = [(path, d) for path in sorted(kept) for d in kept[path]] + sorted(backward)
    boxes = {node.project: node for node in nodes}
    lines = tuple(Line(d, path, _curve(boxes[d], boxes[path]), (path, d) in backward) for path, d in edges)
    implied = sum(map(len, needs.values())) - len(lines)
    cycles = frozenset().union(*(_on_cycle(needs, edge) for edge in backward))
    size = (total_width, total_height)
    return Map(tuple(nodes), tuple(headings), lines, *size, implied, cycles, len(bands))


def _on_cycle(needs: Mapping[str, Sequence[str]], edge: tuple[str, str]) -> frozenset[str]:
    """The projects on the ways that ``edge``, a need that closes a cycle, leads round."""
    dependent, dependency = edge
    needed_by: dict[str, list[str]] = {}
    for path, others in needs.items():
        for other in others:
            needed_by.setdefault(other, []).append(path)
    return frozenset(_reached(needs, dependency) & _reached(needed_by, dependent))


def _reached(links: Mapping[str, Sequence[str]], start: str) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        new = [path for path in links.get(waiting.pop(), ()) if path not in found]
        found.update(new)
        waiting += new
    return found


def _without_cycles(needs: Mapping[str, Sequence[str]]) -> tuple[list[str], set[tuple[str, str]]]:
    """Projects with every dependency before its dependents, and the edges that had to be ignored for that.

    A depth-first walk without recursion; an edge to a project still on the walk's path closes a cycle.
    """
    order: list[str] = []
    backward: set[tuple[str, str]] = set()
    on_path: set[str] = set()
    seen: set[str] = set()
    for root in needs:
        stack = [] if root in seen else [(root, iter(needs[root]))]
        seen.add(root)
        on_path.update(path for path, _ in stack)
        while stack:
            path, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                on_path.discard(path)
                order.append(path)
            elif following in on_path:
                backward.add((path, following))
            elif following not in seen:
                seen.add(following)
                on_path.add(following)
                stack.append((following, iter(needs[following])))
    return order, backward


def _layers(order: Sequence[str], forward: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Longest path from the left; projects without any edge come last, in a layer of their own."""
    rank: dict[str, int] = {}
    for path in order:
        rank[path] = max((rank[d] + 1 for d in forward[path]), default=0)
    needed = {d for dependencies in forward.values() for d in dependencies}
    alone = [path for path in order if not forward[path] and path not in needed]
    layers: list[list[str]] = [[] for _ in range(max(rank.values(), default=0) + 1)]
    for path in sorted(set(order) - set(alone)):
        layers[rank[path]].append(path)
    position: dict[str, float] = {}
    for layer in layers:
        layer.sort(key=lambda path: (_folder(path), _mean(position, forward[path]), path))
        position.update({path: index / len(layer) for index, path in enumerate(layer)})
    return [layer for layer in (*layers, sorted(alone)) if layer]


def _mean(position: Mapping[str, float], paths: Sequence[str]) -> float:
    return sum(position.get(path, 0.5) for path in paths) / len(paths) if paths else 0.0


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


@dataclass(frozen=True)
class _Item:
    """A row of a layer: a project's box, or the heading of a folder where ``project`` is ``None``."""

    text: str
    project: str | None


def _block(layer: Iterable[str]) -> list[_Item]:
    items: list[_Item] = []
    folder = None
    for path in layer:
        if _folder(path) != folder:
            folder = _folder(path)
            items.append(_Item(folder + "/" if folder else "./", None))
        items.append(_Item(path, path))
    return items


def _columns(block: Sequence[_Item], rows: int) -> list[list[_Item]]:
    """The block cut into columns of at most ``rows``; a heading never stands alone at a column's foot."""
    columns: list[list[_Item]] = [[]]
    for item in block:
        last = rows - 1 if item.project is None else rows
        if len(columns[-1]) >= last and columns[-1]:
            columns.append([])
        columns[-1].append(item)
    return columns


def _width(label: str) -> float:
    return min(_WIDEST, max(_NARROWEST, _CHARACTER * len(label) + _PADDING))


def _best_rows(blocks: Sequence[Sequence[_Item]], width: Mapping[str, float]) -> int:
    longest = max(map(len, blocks), default=1)
    tried = range(min(6, longest), min(60, longest) + 1)
    return min(tried, key=lambda rows: _unlike(_bands(blocks, rows, width)), default=1)


def _unlike(bands: Sequence[Sequence[_Column]]) -> tuple[int, float]:
    """How far from a screen's shape; what needs fewer bands comes first, however tall."""
    across, height = _extent(bands)
    return len(bands), abs(across / height - _SHAPE)


@dataclass(frozen=True)
class _Column:
    """``layer`` is which one it is of: the columns of one begin at one height."""

    items: Sequence[_Item]
    layer: int
    x: float
    width: float


def _bands(blocks: Sequence[Sequence[_Item]], rows: int, width: Mapping[str, float]) -> list[list[_Column]]:
    """The layers' columns from left to right, and on in the next band where there is no more room."""
    bands: list[list[_Column]] = []
    x = float(ACROSS)
    for layer, block in enumerate(blocks):
        for index, items in enumerate(_columns(block, rows)):
            wide = _column_width(items, width)
            x += COLUMN_GAP if index else LAYER_GAP
            if x + wide > ACROSS - MARGIN:
                bands.append([])
                x = float(MARGIN)
            bands[-1].append(_Column(items, layer, x, wide))
            x += wide
    return bands


def _extent(bands: Sequence[Sequence[_Column]]) -> tuple[float, float]:
    right = max((column.x + column.width for band in bands for column in band), default=0.0)
    height = sum(_tallest(band) * ROW + BAND_GAP for band in bands) - BAND_GAP * bool(bands)
    return right + MARGIN, height + 2 * MARGIN


def _tallest(columns: Iterable[_Column]) -> int:
    return max((len(column.items) for column in columns), default=0)


def _column_width(column: Sequence[_Item], width: Mapping[str, float]) -> float:
    return max((width[item.project] for item in column if item.project is not None), default=_NARROWEST)


def _place(
    bands: Sequence[Sequence[_Column]], width: Mapping[str, float], labels: Mapping[str, str]
) -> tuple[list[Node], list[Heading]]:
    nodes: list[Node] = []
    headings: list[Heading] = []
    above = float(MARGIN)
    for band in bands:
        for column in band:
            own = _tallest(other for other in band if other.layer == column.layer)
            top = above + (_tallest(band) - own) * ROW / 2
            for index, item in enumerate(column.items):
                y = top + index * ROW
                if item.project is None:
                    headings.append(Heading(item.text, column.x, y + NODE_HEIGHT - 6))
                else:
                    path = item.project
                    nodes.append(Node(path, shortened(labels[path]), column.x, y, width[path]))
        above += _tallest(band) * ROW + BAND_GAP
    return nodes, headings


def shortened(label: str) -> str:
    """At most what the widest box holds; the end of a name tells projects apart, so the middle goes."""
    room = int((_WIDEST - _PADDING) / _CHARACTER)
    if len(label) <= room:
        return label
    return f"{label[: room // 2]}…{label[-(room - room // 2 - 1) :]}"


def _not_implied(order: Sequence[str], forward: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Each project's dependencies without those it reaches through another one (sets as bits of a number)."""
    bit = {path: 1 << index for index, path in enumerate(order)}
    reach: dict[str, int] = {}
    kept: dict[str, list[str]] = {}
    for path in order:
        through = 0
        for d in forward[path]:
            through |= reach[d]
        kept[path] = [d for d in forward[path] if not through & bit[d]]
        reach[path] = through
        for d in forward[path]:
            reach[path] |= bit[d]
    return kept


def _curve(start: Node, end: Node) -> str:
    """From the right side of the dependency to the left side of the dependent, which may lie below."""
    x1, y1 = start.x + start.width, start.y + NODE_HEIGHT / 2
    x2, y2 = end.x, end.y + NODE_HEIGHT / 2
    bend = max(28.0, (x2 - x1) / 2) if x2 > x1 else 60.0
    return f"M{x1:.0f} {y1:.0f}C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
