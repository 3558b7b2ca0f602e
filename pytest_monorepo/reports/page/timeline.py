"""Which worker ran what when, and what the wall time was spent on: pure, no I/O."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_monorepo.reports.run_model import BAD, ProjectSummary, RunReport, TestRun

# Two waits shorter than this are one: a worker that goes on at once was not held up by another.
_AT_ONCE = 0.05
SHOWN = 800
"""Into so many parts a lane is divided at most."""
_BELOW_10_S = (m * 10.0**e for e in (-3, -2, -1, 0) for m in (1, 2, 5))
_STEPS = (*_BELOW_10_S, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True)
class Span:
    """One worker's stretch of work for one project; seconds since the run's start.

    ``others`` counts further stretches, each too short to be seen by itself, that were drawn into this one.
    """

    worker: str
    project: str
    start: float
    stop: float
    tests: int = 0
    bad: int = 0
    critical: bool = False
    others: int = 0

    @property
    def duration(self) -> float:
        return self.stop - self.start


@dataclass(frozen=True)
class Idle:
    """A stretch in which a worker did nothing, and why."""

    start: float
    stop: float
    why: str

    @property
    def duration(self) -> float:
        return self.stop - self.start


@dataclass(frozen=True)
class After:
    """What the controller did when the tests were over; seconds since the run's start."""

    label: str
    start: float
    stop: float

    @property
    def duration(self) -> float:
        return self.stop - self.start


@dataclass(frozen=True)
class Lane:
    """One worker; on one of several machines (node of a cluster, shard) ``node-1/gw0`` or ``shard2-gw0``."""

    worker: str
    spans: tuple[Span, ...]
    idle: tuple[Idle, ...] = ()

    @property
    def machine(self) -> str:
        """Empty where there is but one."""
        return _on_machine(self.worker)[0]

    @property
    def name(self) -> str:
        """The worker's, on its machine."""
        return _on_machine(self.worker)[1]

    @property
    def busy(self) -> float:
        return sum(span.duration for span in self.spans)


@dataclass(frozen=True)
class Machine:
    """``share`` is the part of its workers' time that was spent on projects."""

    name: str
    lanes: tuple[Lane, ...]
    share: float | None = None


@dataclass(frozen=True)
class Timeline:
    """``critical`` are the spans that decided the end: the last to stop, what its worker did before, ...

    ``share`` is the part of the workers' time that was spent on projects, ``None`` without any worker.
    ``after`` follows the tests; ``duration`` includes it.
    """

    lanes: tuple[Lane, ...] = ()
    critical: tuple[Span, ...] = ()
    duration: float = 0.0
    share: float | None = None
    after: tuple[After, ...] = ()

    @property
    def machines(self) -> tuple[Machine, ...]:
        """The lanes by the machine they are on."""
        grouped: dict[str, list[Lane]] = {}
        for lane in self.lanes:
            grouped.setdefault(lane.machine, []).append(lane)
        return tuple(Machine(name, tuple(own), self._share(own)) for name, own in grouped.items())

    def _share(self, lanes: Sequence[Lane]) -> float | None:
        done = max((span.stop for lane in self.lanes for span in lane.spans), default=0.0)
        return min(1.0, sum(lane.busy for lane in lanes) / (done * len(lanes))) if done else None

    @property
    def idle(self) -> Mapping[str, float]:
        """How many seconds workers did nothing, by why; the longest first."""
        found: dict[str, float] = {}
        for gap in (gap for lane in self.lanes for gap in lane.idle):
            found[gap.why] = found.get(gap.why, 0.0) + gap.duration
        return dict(sorted(found.items(), key=lambda one: -one[1]))

    @property
    def ticks(self) -> tuple[float, ...]:
        """The round moments at which the axis is marked, at most eleven."""
        step = next((step for step in _STEPS if self.duration <= 10 * step), self.duration / 10)
        return tuple(n * step for n in range(int(self.duration / step + 1e-9) + 1)) if step else (0.0,)


def timeline(run: RunReport, after: Sequence[tuple[str, float, float]] = ()) -> Timeline:
    """The timeline of a run; empty where no report told when it started.

    ``after`` are (label, start, stop) of what followed the tests, in epoch seconds.
    """
    spans = _spans(run)
    if not spans:
        return Timeline(duration=run.duration)
    duration = max(run.duration, max(span.stop for span in spans))
    critical = set(_critical(spans))
    lanes: dict[str, list[Span]] = {}
    for span in spans:
        lanes.setdefault(span.worker, []).append(replace(span, critical=span in critical))
    ordered = tuple(
        Lane(worker, tuple(_legible(lanes[worker], duration))) for worker in sorted(lanes, key=_natural)
    )
    busy = sum(lane.busy for lane in ordered)
    share = min(1.0, busy / (duration * len(ordered))) if duration else None
    chain = tuple(span for lane in ordered for span in lane.spans if span.critical)
    done = max(span.stop for span in spans)
    starts = sorted(min(s.start for s in group) for group in _by_project(spans).values())
    lasting = tuple(replace(lane, idle=tuple(_idle(lane, done, starts))) for lane in ordered)
    followed = tuple(After(label, begun - run.started, ended - run.started) for label, begun, ended in after)
    whole = max([duration, *(one.stop for one in followed)])
    return Timeline(lasting, tuple(sorted(chain, key=lambda span: span.start)), whole, share, followed)


def _by_project(spans: Sequence[Span]) -> Mapping[str, Sequence[Span]]:
    found: dict[str, list[Span]] = {}
    for span in spans:
        found.setdefault(span.project, []).append(span)
    return found


def _idle(lane: Lane, done: float, starts: Sequence[float]) -> Iterable[Idle]:
    """The gaps of a lane until the tests were ``done``; ``starts`` are when each project began anywhere."""
    free = 0.0
    for span in (*lane.spans, Span(lane.worker, "", done, done)):
        if span.start - free > max(_AT_ONCE, done / SHOWN):
            why = "before its first project" if not free else "between two projects"
            if free and not any(start >= free for start in starts):
                why = "every project had begun, and none could be shared further"
            yield Idle(free, span.start, why)
        free = max(free, span.stop)


def _legible(spans: Sequence[Span], duration: float) -> Iterable[Span]:
    """Neighbours that together are narrower than a pixel or two become one: a lane may have 10,000."""
    current: Span | None = None
    for span in spans:
        if current is not None and span.stop - current.start <= duration / SHOWN:
            longest = max(current, span, key=lambda one: one.duration)
            current = replace(
                current,
                project=longest.project,
                stop=max(current.stop, span.stop),
                tests=current.tests + span.tests,
                bad=current.bad + span.bad,
                critical=current.critical or span.critical,
                others=current.others + 1,
            )
            continue
        if current is not None:
            yield current
        current = span
    if current is not None:
        yield current


def _spans(run: RunReport) -> list[Span]:
    """Tests of one project in a row on one worker, and each project's start-up where it began.

    What was replayed took nobody's time, whatever its worker was then. A file that cannot be imported has no
    time of its own: that happens while its project starts.
    """
    by_worker: dict[str, list[TestRun]] = {}
    unread: Counter[str] = Counter()
    for test in run.tests:
        if test.started and test.worker and not test.cached:
            by_worker.setdefault(test.worker, []).append(test)
        elif test.outcome in BAD and not test.cached:
            unread[test.project] += 1
    spans = [
        span
        for worker, tests in by_worker.items()
        for span in _in_a_row(worker, sorted(tests, key=lambda test: test.started), run.started)
    ]
    starting = {project.path: project for project in run.projects if project.worker and project.started}
    return sorted(
        _with_start_up(spans, starting, run.started, unread), key=lambda span: (span.start, span.stop)
    )


def _in_a_row(worker: str, tests: Sequence[TestRun], zero: float) -> Iterable[Span]:
    current: Span | None = None
    for test in tests:
        start = max(0.0, test.started - zero)
        stop = start + test.duration
        bad = int(test.outcome in BAD)
        if current is not None and current.project == test.project:
            stop = max(stop, current.stop)
            current = replace(current, stop=stop, tests=current.tests + 1, bad=current.bad + bad)
            continue
        if current is not None:
            yield replace(current, stop=min(current.stop, max(start, current.start)))
        current = Span(worker, test.project, start, stop, 1, bad)
    if current is not None:
        yield current


def _with_start_up(
    spans: Sequence[Span], starting: Mapping[str, ProjectSummary], zero: float, unread: Mapping[str, int]
) -> list[Span]:
    """A project's first span begins with its collection, and a project without tests shows too."""
    first: dict[tuple[str, str], Span] = {}
    for span in spans:
        key = (span.worker, span.project)
        if key not in first or span.start < first[key].start:
            first[key] = span
    stops: dict[str, list[float]] = {}
    for span in spans:
        stops.setdefault(span.worker, []).append(span.stop)
    result = list(spans)
    for path, project in starting.items():
        found = first.get((project.worker, path))
        begun = max(0.0, project.started - zero)
        if found is None:
            stop = max(begun, project.stopped - zero)
            result.append(Span(project.worker, path, begun, stop, bad=unread.get(path, 0)))
            continue
        free = max((stop for stop in stops[project.worker] if stop <= found.start), default=0.0)
        start, bad = min(found.start, max(begun, free)), found.bad + unread.get(path, 0)
        result[result.index(found)] = replace(found, start=start, bad=bad)
    return result


def _critical(spans: Sequence[Span]) -> Iterable[Span]:
    """Backwards from the span that stopped last: what its own worker, or else any, did just before."""
    current: Span | None = max(spans, key=lambda span: span.stop)
    while current is not None:
        yield current
        before = [
            span for span in spans if span.stop <= current.start + _AT_ONCE and span.start < current.start
        ]
        own = [span for span in before if span.worker == current.worker]
        current = max(own or before, key=lambda span: span.stop, default=None)


def _on_machine(worker: str) -> tuple[str, str]:
    match = re.fullmatch(r"(.+)[/-](gw\d+)", worker)
    return (match[1], match[2]) if match else ("", worker)


def _natural(worker: str) -> list[str | int]:
    """``node-10/gw2`` after ``node-9/gw11``."""
    return [int(part) if n % 2 else part for n, part in enumerate(re.split(r"([0-9]+)", worker))]
