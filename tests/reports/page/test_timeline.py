from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_monorepo.reports.page.timeline import SHOWN, Span, Timeline, timeline
from pytest_monorepo.reports.run_model import ProjectSummary, RunReport, TestRun

ZERO = 1000.0


def ran(project: str, worker: str, start: float, duration: float) -> TestRun:
    return TestRun(project, f"{project}/t.py", f"test_{start}", "passed", duration, ZERO + start, worker)


def run(*tests: TestRun, projects: tuple[ProjectSummary, ...] = (), duration: float = 10) -> RunReport:
    return RunReport("acme", ZERO, duration, 0, projects, tests)


def spans(report: RunReport) -> list[tuple[str, str, float, float, int]]:
    return [
        (s.worker, s.project, s.start, s.stop, s.tests) for lane in timeline(report).lanes for s in lane.spans
    ]


def test_tests_of_one_project_in_a_row_are_one_span() -> None:
    report = run(ran("a", "gw0", 0, 1), ran("a", "gw0", 1, 2), ran("b", "gw0", 3, 1), ran("a", "gw1", 0, 1))
    assert spans(report) == [("gw0", "a", 0, 3, 2), ("gw0", "b", 3, 4, 1), ("gw1", "a", 0, 1, 1)]


def test_a_project_starts_with_its_collection_but_not_before_its_worker_was_free() -> None:
    starting = tuple(ProjectSummary(p, p, started=ZERO + 0.5, stopped=ZERO + 9, worker="gw0") for p in "ab")
    report = run(ran("a", "gw0", 2, 1), ran("b", "gw0", 5, 1), projects=starting)
    assert spans(report) == [("gw0", "a", 0.5, 3, 1), ("gw0", "b", 3, 6, 1)]


def test_a_project_without_a_test_shows_as_its_own_span() -> None:
    empty = ProjectSummary("a", "a", started=ZERO + 1, stopped=ZERO + 3, worker="gw0")
    assert spans(run(projects=(empty,))) == [("gw0", "a", 1, 3, 0)]


def test_the_critical_path_leads_back_from_the_last_to_stop() -> None:
    report = run(ran("a", "gw0", 0, 4), ran("b", "gw0", 4, 5), ran("c", "gw1", 0, 2))
    assert [span.project for span in timeline(report).critical] == ["a", "b"]


def test_the_critical_path_crosses_to_what_a_worker_waited_for() -> None:
    report = run(ran("a", "gw0", 0, 4), ran("b", "gw1", 4, 5))
    assert [span.project for span in timeline(report).critical] == ["a", "b"]


def test_share_is_the_workers_time_spent_on_projects() -> None:
    report = run(ran("a", "gw0", 0, 10), ran("b", "gw1", 0, 5))
    assert timeline(report).share == pytest.approx(0.75)


def test_workers_are_in_the_order_of_their_numbers() -> None:
    report = run(*(ran("a", f"gw{n}", 0, 1) for n in (10, 2, 1)))
    assert [lane.worker for lane in timeline(report).lanes] == ["gw1", "gw2", "gw10"]


@pytest.mark.parametrize(
    ("workers", "machines"),
    [
        (["gw1", "gw0"], [("", ["gw0", "gw1"])]),
        (["node-10/gw0", "node-9/gw11", "node-9/gw2"], [("node-9", ["gw2", "gw11"]), ("node-10", ["gw0"])]),
        (["shard2-gw0", "shard10-gw0"], [("shard2", ["gw0"]), ("shard10", ["gw0"])]),
        (["tcp://10.0.0.7:80/gw0"], [("tcp://10.0.0.7:80", ["gw0"])]),
        (["main", "²/gw0"], [("", ["main"]), ("²", ["gw0"])]),
    ],
)
def test_workers_stand_by_machine(workers: list[str], machines: list[tuple[str, list[str]]]) -> None:
    found = timeline(run(*(ran("a", worker, 0, 1) for worker in workers))).machines
    assert [(one.name, [lane.name for lane in one.lanes]) for one in found] == machines
    assert [one.share for one in found] == [1.0] * len(machines)


def test_reports_that_tell_no_time_make_no_timeline() -> None:
    report = run(TestRun("a", "a/t.py", "test", "passed", 1.0))
    assert timeline(report).lanes == ()
    assert timeline(report).share is None


@pytest.mark.parametrize(
    ("duration", "ticks"),
    [
        (0.0, [0.0]),
        (0.0034, [0.0, 0.001, 0.002, 0.003]),
        (2.9, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]),
        (10.0, [float(n) for n in range(11)]),
        (100.0, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0]),
        (360_000.0, [36_000.0 * n for n in range(11)]),
    ],
)
def test_the_axis_is_marked_at_round_moments(duration: float, ticks: list[float]) -> None:
    assert Timeline(duration=duration).ticks == pytest.approx(ticks)


def test_a_span_lasts_from_start_to_stop() -> None:
    assert Span("gw0", "a", 1.5, 4).duration == 2.5


def test_stretches_too_short_to_be_seen_are_drawn_together() -> None:
    tests = tuple(ran(f"p{n % 7}", "gw0", n / 500, 0.001) for n in range(5000))
    bad = tuple(replace(test, outcome="failed") if n == 5 else test for n, test in enumerate(tests))
    (lane,) = timeline(run(*bad)).lanes
    assert len(lane.spans) <= 2 * SHOWN
    assert sum(span.tests for span in lane.spans) == 5000
    assert sum(span.bad for span in lane.spans) == 1
    assert sum(span.others + 1 for span in lane.spans) == 5000


def test_idle_time_says_why_and_what_follows_the_tests_is_drawn() -> None:
    report = run(ran("a", "gw0", 0, 10), ran("b", "gw1", 0, 2), ran("c", "gw1", 4, 1), duration=10)
    found = timeline(report, [("coverage", ZERO + 10, ZERO + 11.5)])
    first, second = found.lanes
    assert first.idle == ()
    assert [(one.start, one.stop) for one in second.idle] == [(2, 4), (5, 10)]
    assert second.idle[0].why == "between two projects"
    assert "every project had begun" in second.idle[1].why
    assert list(found.idle.values()) == [5, 2]
    assert [(one.label, one.duration) for one in found.after] == [("coverage", 1.5)]
    assert found.duration == 11.5
    assert found.share == timeline(report).share


def test_what_was_replayed_took_no_time_of_this_run() -> None:
    old = replace(ran("a", "gw0", 0, 5), cached="3f2c1ab, 2 h ago")
    assert timeline(run(old)).lanes == ()
    assert spans(run(old, ran("b", "gw0", 1, 1))) == [("gw0", "b", 1, 2, 1)]


def test_files_that_cannot_be_imported_mark_the_start_of_their_project() -> None:
    """They have neither a time nor a worker of their own."""
    starting = tuple(ProjectSummary(p, p, started=ZERO, stopped=ZERO + 3, worker="gw0") for p in "ab")
    errors = [TestRun(p, f"{p}/u.py", "", "error") for p in "aab"]
    report = run(*errors, ran("b", "gw0", 4, 1), projects=starting)
    assert {span.project: span.bad for span in timeline(report).lanes[0].spans} == {"a": 2, "b": 1}
