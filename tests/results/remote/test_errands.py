"""A store is waited for until its time is up, and no longer."""

from __future__ import annotations

import threading
from functools import partial

from pytest_monorepo.results.remote.backend import StoreError
from pytest_monorepo.results.remote.errands import TRIES, Errands
from tests.patience import MINUTES


def fails() -> int:
    raise StoreError("is full")


def breaks() -> int:
    raise RuntimeError("loop is closed")


def test_what_calls_return_comes_in_their_order() -> None:
    errands = Errands(MINUTES)
    assert errands.run([partial(int, number) for number in range(100)]) == list(range(100))
    assert errands.run([]) == []
    assert (errands.problem, errands.has_given_up) == (None, False)


def test_a_failure_among_successes_is_one_warning_and_no_end() -> None:
    errands = Errands(MINUTES)
    assert errands.run([lambda: 1]) == [1]
    assert errands.run([fails, lambda: 2, breaks, fails, fails]) == [None, 2, None, None, None]
    assert errands.problem in ("is full", "RuntimeError: loop is closed")
    assert errands.run([lambda: 3]) == [3]


def test_a_store_that_only_fails_is_asked_a_few_times() -> None:
    asked = []

    def call() -> int:
        asked.append(1)
        return fails()

    errands = Errands(MINUTES)
    for _ in range(TRIES):
        assert errands.run([call]) == [None]
    assert errands.has_given_up
    assert errands.run([call] * 50) == [None] * 50
    assert len(asked) == TRIES


def test_a_store_that_hangs_is_left_and_never_asked_again() -> None:
    hangs = threading.Event()
    errands = Errands(0.2)
    try:
        assert errands.run([lambda: 1, lambda: hangs.wait(MINUTES)])[1] is None
        assert (errands.problem, errands.has_given_up) == ("did not answer in time", True)
        assert errands.run([lambda: 2]) == [None]
    finally:
        hangs.set()


def test_who_gives_up_calls_nothing_any_more() -> None:
    errands = Errands(MINUTES)
    errands.give_up("cannot be imported")
    assert (errands.run([lambda: 1]), errands.problem) == ([None], "cannot be imported")


def test_time_that_is_spent_is_spent_for_all_that_follows() -> None:
    errands = Errands(MINUTES)
    left = [MINUTES]
    for _ in range(3):
        errands.run([lambda: threading.Event().wait(0.01)])
        left.append(errands.patience)
    assert left == sorted(set(left), reverse=True)
