"""The schedule is a state machine: feed it events, look at what it starts."""

from __future__ import annotations

import random

import pytest

from pytest_monorepo.run.plan.schedule import MAX_RESTARTS, Schedule, Task


def started(schedule: Schedule) -> list[tuple[int, str]]:
    found = []
    while (next_one := schedule.start()) is not None:
        found.append((next_one[0], next_one[1].project))
    return found


def test_longest_first_and_path_decides_between_equals() -> None:
    schedule = Schedule([Task("b", 1), Task("a", 1), Task("long", 9)], workers=3)
    assert started(schedule) == [(0, "long"), (1, "a"), (2, "b")]


def test_order_is_kept_when_asked() -> None:
    schedule = Schedule([Task("b", 1), Task("long", 9)], workers=2, keep_order=True)
    assert started(schedule) == [(0, "b"), (1, "long")]


def test_no_more_tasks_than_workers_and_slots_are_used_again() -> None:
    schedule = Schedule([Task("a"), Task("b"), Task("c")], workers=2)
    assert started(schedule) == [(0, "a"), (1, "b")]
    schedule.finished(0)
    assert started(schedule) == [(0, "c")]
    schedule.finished(0)
    assert not schedule.done
    schedule.finished(1)
    assert schedule.done


@pytest.mark.parametrize(("busy", "first"), [(0, "abc"), (1, "ab"), (2, "a"), (9, "a")])
def test_what_keeps_a_processor_besides_keeps_a_slot_but_the_last(busy: int, first: str) -> None:
    schedule = Schedule([Task(name) for name in "abcd"], workers=3, busy=busy)
    assert [project for _, project in started(schedule)] == list(first)
    assert schedule.assist({"a": 9.0}) is None
    schedule.busy = 0
    assert [project for _, project in started(schedule)] == [*"abc"[len(first) :]]


def test_what_is_not_to_begin_yet_lets_others_begin() -> None:
    schedule = Schedule([Task("a", 3), Task("b", 2), Task("c", 1)], workers=2, held=("a", "b"))
    assert started(schedule) == [(0, "c")]
    assert not schedule.done
    schedule.finished(0)
    assert not schedule.done, "it is still to come"
    schedule.held = ("b",)
    assert started(schedule) == [(0, "a")]
    schedule.stop()
    schedule.finished(0)
    assert schedule.done


def test_where_there_is_an_order_nobody_lets_others_begin() -> None:
    schedule = Schedule([Task("a"), Task("b")], workers=1, keep_order=True, held=("a",))
    assert started(schedule) == [(0, "a")]


def test_a_resource_is_held_once_and_does_not_hold_back_others() -> None:
    tasks = [Task("a", 3, ("db",)), Task("b", 2, ("db",)), Task("c", 1)]
    schedule = Schedule(tasks, workers=3)
    assert started(schedule) == [(0, "a"), (1, "c")]
    schedule.finished(0)
    assert started(schedule) == [(0, "b")]


def test_a_resource_with_a_limit() -> None:
    tasks = [Task(name, 1, ("db",)) for name in "abc"]
    assert len(started(Schedule(tasks, workers=3, limits={"db": 2}))) == 2


def test_what_a_dead_worker_left_over_runs_next() -> None:
    schedule = Schedule([Task("a", 2), Task("b", 1)], workers=1)
    started(schedule)
    assert schedule.died(0, ["a/t.py::x"])
    slot, task = schedule.start() or (None, None)
    assert slot == 0
    assert task == Task("a", 2, only=("a/t.py::x",), restarts=1)


def test_a_worker_that_died_before_or_after_its_tests_is_not_started_again() -> None:
    nothing: list[str] = []
    for left in (None, nothing):
        schedule = Schedule([Task("a")], workers=1)
        started(schedule)
        assert not schedule.died(0, left)
        assert schedule.done


def test_restarts_are_bounded() -> None:
    schedule = Schedule([Task("a")], workers=1)
    deaths = 0
    while schedule.start() is not None:
        deaths += 1
        schedule.died(0, ["t"])
    assert deaths == MAX_RESTARTS + 1


def test_stopped_starts_nothing_and_is_done_when_the_running_have_ended() -> None:
    schedule = Schedule([Task("a"), Task("b")], workers=1)
    started(schedule)
    schedule.stop()
    before = schedule.done
    assert not schedule.died(0, ["t"])
    assert (before, schedule.done) == (False, True)
    assert started(schedule) == []


def assisted(schedule: Schedule, shares: dict[str, float]) -> tuple[int, str] | None:
    found = schedule.assist(shares)
    return None if found is None else (found[0], found[1].project)


def test_an_idle_slot_helps_where_most_is_left() -> None:
    schedule = Schedule([Task("a", 1), Task("b", 2)], workers=3)
    started(schedule)
    assert assisted(schedule, {"a": 5.0, "b": 1.0}) == (2, "a")
    assert schedule.running[2].assists
    assert assisted(schedule, {"a": 5.0}) is None, "no slot is free"


def test_nothing_to_help_with() -> None:
    schedule = Schedule([Task("a", 1)], workers=2)
    started(schedule)
    assert assisted(schedule, {}) is None
    schedule.stop()
    assert assisted(schedule, {"a": 5.0}) is None


def test_a_resource_admits_a_second_worker_only_within_its_limit() -> None:
    tasks = [Task("a", 1, ("db",)), Task("b", 1)]
    alone = Schedule(tasks, workers=4)
    started(alone)
    assert assisted(alone, {"a": 9.0, "b": 1.0}) == (2, "b")
    shared = Schedule(tasks, workers=4, limits={"db": 2})
    started(shared)
    assert assisted(shared, {"a": 9.0, "b": 1.0}) == (2, "a")


def test_what_a_helper_leaves_over_is_an_ordinary_task() -> None:
    schedule = Schedule([Task("a", 1)], workers=2)
    started(schedule)
    schedule.assist({"a": 1.0})
    schedule.finished(0)
    assert schedule.died(1, ["t"])
    _, task = schedule.start() or (None, None)
    assert task == Task("a", 1.0, only=("t",), restarts=1)


@pytest.mark.parametrize("seed", range(120))
def test_whatever_happens_all_is_run_within_the_limits(seed: int) -> None:
    """Workers start, end and die in any order: no slot twice, no resource too often, nothing forgotten."""
    chance = random.Random(seed)
    names = [f"p{n}" for n in range(chance.randint(1, 8))]
    resources = {name: tuple(chance.sample(["db", "gpu"], chance.randint(0, 2))) for name in names}
    limits = {"db": chance.randint(1, 3)}
    tasks = [Task(name, chance.choice([0.0, 1.0, 9.0]), resources[name]) for name in names]
    workers = chance.randint(1, 4)
    schedule = Schedule(tasks, workers, limits, keep_order=chance.random() < 0.3)
    left = {name: {f"{name}::{n}" for n in range(chance.randint(1, 4))} for name in names}
    lives = dict.fromkeys(names, 0)
    while not schedule.done:
        given = schedule.start() if chance.random() < 0.7 else None
        if given is None and schedule.running and chance.random() < 0.3:
            given = schedule.assist({chance.choice(names): 1.0})
        if given is not None:
            assert given[0] in range(workers)
            assert schedule.running[given[0]] is given[1]
        elif schedule.running:
            end_one(chance, schedule, left, lives)
        elif schedule.waiting:
            continue  # nobody runs, so that one can start now, whatever it needs
        held = [name for task in schedule.running.values() for name in task.resources]
        assert all(held.count(name) <= limits.get(name, 1) for name in held)
        assert len(schedule.running) <= workers
    for name in names:
        assert not left[name] or lives[name] > MAX_RESTARTS
        assert not schedule.owes(name)


def end_one(
    chance: random.Random, schedule: Schedule, left: dict[str, set[str]], lives: dict[str, int]
) -> None:
    """A worker has run what it had, or dies having run one test of it, or none."""
    slot, task = chance.choice(list(schedule.running.items()))
    mine = left[task.project]
    if task.assists:
        schedule.finished(slot)
    elif chance.random() < 0.5:
        mine.clear()
        schedule.finished(slot)
    else:
        lives[task.project] += 1
        if mine and chance.random() < 0.5:
            mine.remove(chance.choice(sorted(mine)))
        again = schedule.died(slot, sorted(mine))
        assert again is (bool(mine) and task.restarts < MAX_RESTARTS)
        assert not again or schedule.waiting[0].only == tuple(sorted(mine))
