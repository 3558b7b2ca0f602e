"""The last runs as small curves: tests, failures, time, coverage. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_monorepo.results.history.record import Record
from pytest_monorepo.results.history.story import Story

from . import words

RUNS = 50
WIDTH, HEIGHT = 180.0, 40.0


@dataclass(frozen=True)
class Curve:
    """``lines`` are SVG paths, one for each stretch without a gap; ``now`` and ``range`` are in words."""

    label: str
    now: str
    range: str
    lines: tuple[str, ...]
    dot: tuple[float, float] | None


def curves(story: Story | None) -> tuple[Curve, ...]:
    """Nothing before the second run."""
    runs = story.runs[-RUNS:] if story is not None else ()
    if len(runs) < 2:
        return ()
    asked: Sequence[tuple[str, Callable[[Record], float | None], Callable[[float], str]]] = (
        ("Tests", lambda run: float(run.count), lambda value: words.count(int(value))),
        ("Failures", lambda run: float(run.failures), lambda value: words.count(int(value))),
        ("Time", lambda run: run.seconds, words.duration),
        ("Coverage", lambda run: run.coverage, lambda value: words.percent(value, 1)),
    )
    found = (_curve(label, [value(run) for run in runs], worded) for label, value, worded in asked)
    return tuple(curve for curve in found if curve is not None)


def _curve(label: str, values: Sequence[float | None], worded: Callable[[float], str]) -> Curve | None:
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    step = WIDTH / (len(values) - 1)
    height = (high - low) or 1.0
    points = [
        None
        if value is None
        else (round(n * step, 1), round(HEIGHT - 4 - (HEIGHT - 8) * (value - low) / height, 1))
        for n, value in enumerate(values)
    ]
    last = values[-1]
    return Curve(
        label,
        "no data" if last is None else worded(last),
        worded(low) if low == high else f"{worded(low)} to {worded(high)}",
        tuple(_stretches(points)),
        points[-1],
    )


def _stretches(points: Sequence[tuple[float, float] | None]) -> Sequence[str]:
    found: list[list[str]] = [[]]
    for point in points:
        if point is None:
            found.append([])
        else:
            found[-1].append(f"{point[0]} {point[1]}")
    return ["M" + "L".join(part) for part in found if part]
