"""Slots of several machines: who gets which, and what holds on one machine or on all."""

from __future__ import annotations

import pytest

from pytest_monorepo.run.plan.schedule import Schedule, Task

TWO = ("a", "b", "a", "b")


def started(schedule: Schedule) -> list[tuple[str, str]]:
    found = []
    while (next_one := schedule.start()) is not None:
        found.append((schedule.place_of(next_one[0]), next_one[1].project))
    return found


def test_tasks_go_to_the_machines_in_turn() -> None:
    schedule = Schedule([Task(name, 9 - n) for n, name in enumerate("pqrst")], 4, places=TWO)
    assert started(schedule) == [("a", "p"), ("b", "q"), ("a", "r"), ("b", "s")]
    assert schedule.idle_places() == []
    schedule.finished(1)
    assert schedule.idle_places() == ["b"]
    assert started(schedule) == [("b", "t")]


@pytest.mark.parametrize(
    ("per_machine", "limit", "expected"),
    [
        pytest.param((), 1, [("a", "p")], id="one for the whole cluster"),
        pytest.param((), 3, [("a", "p"), ("b", "q"), ("a", "r")], id="three for the whole cluster"),
        pytest.param(("db",), 1, [("a", "p"), ("b", "q")], id="one on each machine"),
        pytest.param(("db",), 2, [("a", "p"), ("b", "q"), ("a", "r"), ("b", "s")], id="two on each"),
    ],
)
def test_a_resource_is_of_the_cluster_or_of_each_machine(
    per_machine: tuple[str, ...], limit: int, expected: list[tuple[str, str]]
) -> None:
    tasks = [Task(name, 9 - n, ("db",)) for n, name in enumerate("pqrs")]
    schedule = Schedule(tasks, 4, {"db": limit}, places=TWO, per_machine=per_machine)
    assert started(schedule) == expected


def test_a_machine_whose_resource_is_held_gets_what_needs_none() -> None:
    tasks = [Task("p", 9, ("db",)), Task("q", 8, ("db",)), Task("r", 1)]
    schedule = Schedule(tasks, 3, places=("a", "a", "b"), per_machine=("db",))
    assert started(schedule) == [("a", "p"), ("b", "q"), ("a", "r")]


def test_helpers_are_asked_for_by_machine() -> None:
    schedule = Schedule([Task("p")], 4, places=TWO)
    assert started(schedule) == [("a", "p")]
    helper = schedule.assist({"p": 1.0}, "b")
    assert helper is not None
    assert schedule.place_of(helper[0]) == "b"
    assert schedule.assist({"p": 1.0}, "c") is None
    assert [schedule.room(place) for place in ("a", "b", "c")] == [2, 2, 0]


def test_a_lost_machine_gets_nothing_more_and_its_work_goes_elsewhere() -> None:
    schedule = Schedule([Task("p", 3), Task("q", 2), Task("r", 1)], 2, places=("a", "b"))
    assert started(schedule) == [("a", "p"), ("b", "q")]
    assert schedule.lost("a")
    assert schedule.idle_places() == []
    assert schedule.died(0, ["p::1"])  # what it had not told of
    assert schedule.owes("p")
    assert started(schedule) == []
    schedule.finished(1)
    assert started(schedule) == [("b", "p")]
    assert not schedule.lost("b")
    assert schedule.idle_places() == []


def test_one_that_comes_gets_work_at_once() -> None:
    schedule = Schedule([Task("p", 2), Task("q", 1)], 1, places=("a",))
    assert started(schedule) == [("a", "p")]
    schedule.joined("b", 2)
    assert started(schedule) == [("b", "q")]
    assert schedule.idle_places() == ["b"]


def test_what_was_lost_before_it_had_collected_begins_again_once() -> None:
    schedule = Schedule([Task("p", 2), Task("q", 1)], 1, places=("a", "b"))
    assert started(schedule) == [("a", "p")]
    assert schedule.begin_again(0)
    assert schedule.owes("p")
    assert schedule.start() == (0, Task("p", 2, losses=1))  # the same, from the beginning: no restart
    assert not schedule.begin_again(0)
    assert not schedule.owes("p")
    schedule.stop()
    assert schedule.done
