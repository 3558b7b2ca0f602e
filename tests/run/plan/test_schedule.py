"""The schedule is a state machine: feed it events, look at what it starts."""

from __future__ import annotations

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
