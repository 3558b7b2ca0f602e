"""What becomes of the work a worker leaves, and when is its project done?"""

from __future__ import annotations

import pytest

from pytest_monorepo.run.plan.schedule import Schedule, Task
from pytest_monorepo.run.state.conversation import Conversation, Problem
from pytest_monorepo.run.state.fates import Fate, cuts_short, fate, orphaned
from pytest_monorepo.run.state.projects import Progress, too_many_deaths
from pytest_monorepo.run.state.queue import Queue
from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.model import Project

TESTS = ("t.py::1", "t.py::2", "t.py::3")


def talk(words: str, number: int = 1) -> Conversation:
    """A worker of which ``words`` say what has become; it has run one of three tests."""
    found = Conversation(number, 0, Task("a"), Project("a", "a"), "out", "err", 0.0, collected=TESTS)
    found.done = set(TESTS if "all" in words else TESTS[:1])
    found.finished = protocol.Finished(0, {}) if "finished" in words else None
    found.served_out = "served" in words
    found.out_of_time = "timeout" in words
    found.told_to_stop = "told" in words
    found.ended = "ended" in words
    return found


@pytest.mark.parametrize(
    ("became", "shared", "stopped", "expected", "short"),
    [
        ("finished all", False, False, Fate.NONE, False),
        ("finished", False, False, Fate.NONE, True),
        ("finished told", False, True, Fate.NONE, False),
        ("finished all served", True, False, Fate.NONE, False),
        ("finished", True, False, Fate.ENDS_PROJECT, True),
        ("finished told", True, False, Fate.ENDS_PROJECT, True),
        ("finished told", True, True, Fate.NONE, False),
        ("died", False, False, Fate.AFRESH, False),
        ("died", True, False, Fate.TO_SIBLINGS, False),
        ("died served", True, False, Fate.TO_SIBLINGS, False),
        ("died", False, True, Fate.NONE, False),
        ("died", True, True, Fate.NONE, False),
        ("died timeout", False, False, Fate.NONE, True),
        ("died timeout", True, False, Fate.ENDS_PROJECT, True),
    ],
)
def test_fate(became: str, shared: bool, stopped: bool, expected: Fate, short: bool) -> None:
    one = talk(became)
    found = fate(one, shared=shared, stopped=stopped)
    assert (found, cuts_short(one, found)) == (expected, short)


@pytest.mark.parametrize(
    ("at_it", "spare", "expected"),
    [
        ([], [], True),
        (["running"], [], False),
        (["served"], [], True),
        (["ended"], [], True),
        (["served", "running"], [], False),
        ([], [7], False),
    ],
)
def test_orphaned(at_it: list[str], spare: list[int], expected: bool) -> None:
    queue = Queue.of(TESTS, [0, 1, 2])
    queue.spare += spare
    talks = [talk(words, number) for number, words in enumerate(at_it)]
    for one in talks:
        one.queue = queue
    assert orphaned(queue, [*talks, talk("of another project")]) is expected
    queue.clear()
    assert not orphaned(queue, talks)


@pytest.mark.parametrize(
    ("owed", "stopped", "waiting", "spare", "done"),
    [
        (False, False, False, [], True),
        (True, False, False, [], False),
        (True, True, False, [], False),
        (False, False, True, [], True),
        (False, False, False, [7], True),
        (False, False, True, [7], False),
        (False, True, True, [7], True),
    ],
)
def test_is_done(owed: bool, stopped: bool, waiting: bool, spare: list[int], done: bool) -> None:
    queue = Queue.of(TESTS, [0, 1, 2])
    queue.spare += spare
    if not waiting:
        queue.clear()
    assert Progress(Project("a", "a"), queue=queue).is_done(owed=owed, stopped=stopped) is done


def test_without_a_queue_it_is_done_when_nothing_is_owed() -> None:
    assert Progress(Project("a", "a")).is_done(owed=False, stopped=False)


def test_what_is_owed_to_a_project() -> None:
    schedule = Schedule([Task("a"), Task("b")], workers=1)
    assert not schedule.owes("a")  # has not begun
    schedule.start()
    assert schedule.owes("a")
    schedule.died(0, ["t.py::2"])
    assert schedule.owes("a")
    schedule.start()
    schedule.finished(0)
    assert not schedule.owes("a")


LOST = Problem(1, "2 tests were collected but never reported, first t.py::2", "not run:\nt.py::2\nt.py::3")


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        ({"reported": {"t.py::1"}}, LOST),
        ({"reported": set(TESTS)}, None),
        ({"cut_short": True}, None),
        ({"problems": [Problem(1, "died")]}, None),
    ],
)
def test_lost(progress: dict[str, object], expected: Problem | None) -> None:
    found = Progress(Project("a", "a"), collection=TESTS, **progress)  # type: ignore[arg-type]
    assert found.lost() == expected


def test_too_many_deaths_name_what_did_not_run() -> None:
    assert too_many_deaths(TESTS[1:]) == Problem(
        1, "2 tests did not run: their worker died 11 times, first t.py::2", LOST.text
    )


@pytest.mark.parametrize(
    ("progress", "stopped", "expected"),
    [
        ({}, False, None),
        ({}, True, "did not run to its end last time"),
        ({"cut_short": True}, False, "did not run to its end last time"),
        ({"unkept": "tests left processes running"}, False, "tests left processes running"),
        ({"problems": [Problem(1, "died")]}, True, "failed last time: died"),
    ],
)
def test_unfit_to_keep(progress: dict[str, object], stopped: bool, expected: str | None) -> None:
    found = Progress(Project("a", "a"), **progress)  # type: ignore[arg-type]
    assert found.unfit_to_keep(stopped=stopped) == expected


@pytest.mark.parametrize(
    ("deselected", "counted", "narrowed", "whole"),
    [(0, 3, False, True), (0, 3, True, False), (1, 3, False, False), (0, 2, False, False)],
)
def test_durations_are_those_of_whole_files(
    deselected: int, counted: int, narrowed: bool, whole: bool
) -> None:
    found = Progress(Project("a", "a"), collected=3, deselected=deselected, counts={"t.py": counted})
    assert found.ran_whole_files(narrowed=narrowed) is whole
