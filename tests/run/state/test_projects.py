"""The queue of a project's tests, and what is known of it while it runs."""

from __future__ import annotations

import pytest

from pytest_monorepo.run.state.projects import Progress
from pytest_monorepo.run.state.queue import Queue
from pytest_monorepo.workspace.model import Project

TESTS = ("a::1", "a::2", "b::1", "c::1", "c::2")


def queue() -> Queue:
    return Queue.of(TESTS, [0, 0, 1, 2, 2])


def test_groups_are_handed_out_whole_and_in_order() -> None:
    one = queue()
    assert [one.take(), one.take(), one.take(), one.take()] == [[0, 1], [2], [3, 4], []]


def test_tests_of_one_group_may_lie_apart() -> None:
    assert Queue.of(TESTS, [0, 1, 0, 1, 1]).take() == [0, 2]


def test_what_a_dead_worker_had_taken_comes_first() -> None:
    one = queue()
    one.take()
    one.put_back([1])
    one.put_back([])
    assert [one.take(), one.take()] == [[1], [2]]


def test_a_cleared_queue_tells_what_was_left() -> None:
    one = queue()
    one.take()
    assert one.clear() == ["b::1", "c::1", "c::2"]
    assert one.take() == []


def test_the_waiting_weight_is_the_share_that_nobody_has_taken() -> None:
    progress = Progress(Project("a", "a"), weight=10.0)
    assert progress.waiting_weight() == 0.0
    progress.queue = queue()
    assert progress.waiting_weight() == pytest.approx(10.0)
    progress.queue.take()
    assert progress.waiting_weight() == pytest.approx(6.0)
    progress.queue.clear()
    assert progress.waiting_weight() == 0.0


@pytest.mark.parametrize(
    ("codes", "worst"),
    [([], None), ([0], 0), ([0, 1], 1), ([5, 0], 0), ([1, 2], 2), ([3, 4], 3), ([1, 4], 4)],
)
def test_the_exit_status_of_several_workers(codes: list[int], worst: int | None) -> None:
    assert Progress(Project("a", "a"), exit_codes=codes).exitstatus == worst


def test_the_number_of_tests_is_expected_until_it_is_known() -> None:
    progress = Progress(Project("a", "a"), expected=7)
    assert progress.tests == 7
    progress.collected = 3
    assert progress.tests == 3


@pytest.mark.parametrize(("started", "told"), [(None, 100.0), (90.0, 90.0)])
def test_a_project_that_nobody_came_to_has_taken_no_time(started: float | None, told: float) -> None:
    """As where a cluster's scheduler goes before the first worker is there."""
    progress = Progress(Project("a", "a"))
    progress.started = started
    run = progress.run(100.0, "python", "")
    assert (run.started, run.stopped) == (told, 100.0)
