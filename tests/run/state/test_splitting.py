"""May this task be split, and what is a helper worth?"""

from __future__ import annotations

import pytest

from pytest_monorepo.run.plan.schedule import Task
from pytest_monorepo.run.state.projects import Progress
from pytest_monorepo.run.state.queue import Queue
from pytest_monorepo.run.state.splitting import may_split, worth
from pytest_monorepo.workspace.model import Project


@pytest.mark.parametrize(
    ("weight", "split", "files", "workers", "waiting", "expected"),
    [
        pytest.param(60, "test", 1, 2, 9, True, id="longer than its share"),
        pytest.param(26, "test", 1, 2, 9, True, id="longer than half its share"),
        pytest.param(25, "test", 1, 2, 9, False, id="half its share, and others wait"),
        pytest.param(1, "test", 1, 2, 2, False, id="as many wait as there are workers"),
        pytest.param(1, "test", 1, 2, 1, True, id="one of the last"),
        pytest.param(60, "file", 1, 2, 9, False, id="one file has no parts"),
        pytest.param(60, "file", 2, 2, 9, True, id="two files have"),
        pytest.param(60, "none", 9, 2, 0, False, id="forbidden"),
        pytest.param(100, "test", 9, 1, 0, False, id="nobody else"),
        pytest.param(13, "test", 9, 4, 9, True, id="more workers, smaller shares"),
    ],
)
def test_may_split(weight: float, split: str, files: int, workers: int, waiting: int, expected: bool) -> None:
    task = Task("a", weight)
    found = may_split(task, split, files, total=100.0, workers=workers, waiting=waiting)
    assert found is expected


def test_a_helper_has_always_a_part() -> None:
    assert may_split(Task("a", assists=True), "none", 0, total=9.0, workers=1, waiting=9)


@pytest.mark.parametrize(
    ("weight", "spare", "running", "timed", "helpless", "expected"),
    [
        pytest.param(9.0, [], True, True, False, 9.0, id="a while's work"),
        pytest.param(2.0, [], True, True, False, 0.0, id="done before it has collected"),
        pytest.param(9.0, [], False, True, False, 0.0, id="nobody is at it"),
        pytest.param(9.0, [], True, False, False, 0.0, id="nobody knows how long it takes"),
        pytest.param(9.0, [], True, True, True, 0.0, id="the last one came too late"),
        pytest.param(1.0, [5], False, False, True, 1.0, id="one waits forked and ready"),
    ],
)
def test_worth(
    weight: float, spare: list[int], running: bool, timed: bool, helpless: bool, expected: float
) -> None:
    progress = Progress(Project("a", "a"), weight=weight, helpless=helpless)
    assert worth(progress, running=running, timed=timed) == 0.0
    progress.queue = Queue.of(("t.py::1", "t.py::2"), [0, 1])
    progress.queue.spare += spare
    assert worth(progress, running=running, timed=timed, spare=bool(spare)) == expected
    progress.queue.clear()
    assert worth(progress, running=running, timed=timed) == 0.0


@pytest.mark.parametrize(
    ("weight", "groups", "timed", "afar", "helpless", "expected"),
    [
        pytest.param(1.0, 2, False, True, False, 1.0, id="another machine, nobody knows how long it takes"),
        pytest.param(1.0, 1, False, True, False, 0.0, id="another machine, one group that goes in a moment"),
        pytest.param(1.0, 2, True, True, False, 0.0, id="another machine, done before it has collected"),
        pytest.param(9.0, 2, True, True, False, 9.0, id="another machine, a while's work"),
        pytest.param(1.0, 2, False, True, True, 0.0, id="another machine, the last one came too late"),
        pytest.param(1.0, 2, False, False, False, 0.0, id="this one alone"),
    ],
)
def test_on_several_machines_siblings_that_wait_elsewhere_are_no_help(
    weight: float, groups: int, timed: bool, afar: bool, helpless: bool, expected: float
) -> None:
    progress = Progress(Project("a", "a"), weight=weight, helpless=helpless)
    progress.queue = Queue.of([f"t.py::{n}" for n in range(groups)], list(range(groups)))
    progress.queue.spare.append(5)
    assert worth(progress, running=True, timed=timed, afar=afar) == expected


@pytest.mark.parametrize(
    ("gone", "now", "running", "ones", "expected"),
    [
        pytest.param(4.0, 9.0, True, [], 0.0, id="one worker is to have it for itself"),
        pytest.param(5.0, 9.0, True, [], 9.0, id="it has proved long"),
        pytest.param(4.0, 30.0, True, [], 9.0, id="one of its tests may be"),
        pytest.param(4.0, 9.0, False, [], 9.0, id="that worker has died"),
        pytest.param(60.0, 99.0, True, ["t.py", "u.py"], 0.0, id="all that is to run is one"),
        pytest.param(60.0, 99.0, True, ["t.py"], 9.0, id="not all of it is"),
    ],
)
def test_what_nobody_knows_to_be_one_begins_alone(
    gone: float, now: float, running: bool, ones: list[str], expected: float
) -> None:
    progress = Progress(Project("a", "a"), weight=9.0, alone_since=8.0, ones={*ones})
    progress.seconds["t.py"] = gone
    progress.queue = Queue.of(("t.py::1", "u.py::2"), [0, 1])
    assert worth(progress, running=running, timed=True, spare=True, now=now) == expected
    progress.alone_since = None
    assert worth(progress, running=running, timed=True, spare=True, now=now) == 9.0


def test_a_helper_takes_what_is_not_one_with_what_the_first_worker_has_run() -> None:
    queue = Queue.of(("t.py::1", "t.py::2", "u.py::3", "v.py::4"), [0, 0, 1, 2])
    assert queue.has_any_but({"t.py", "v.py"})
    assert queue.take({"t.py", "v.py"}) == [2]
    assert not queue.has_any_but({"t.py", "v.py"})
    assert queue.take({"t.py", "v.py"}) == []
    assert [queue.take(), queue.take(), queue.take()] == [[0, 1], [3], []]
