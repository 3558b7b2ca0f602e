"""What is changed of Python's garbage collector is as before afterwards, however the function ends."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_monorepo.workspace.files.pauses import with_rare_collector, without_collector


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    before = gc.get_threshold()
    gc.unfreeze()
    yield
    gc.set_threshold(*before)
    gc.freeze()  # as what is collected is while tests run
    gc.enable()


def state() -> tuple[bool, tuple[int, int, int], bool]:
    return gc.isenabled(), gc.get_threshold(), gc.get_freeze_count() > 1000


def fails() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("pause", [with_rare_collector, without_collector])
@pytest.mark.parametrize("function", [state, fails])
@pytest.mark.parametrize(
    "as_it_is",
    [
        pytest.param(lambda: None, id="usual"),
        pytest.param(gc.disable, id="off"),
        pytest.param(lambda: gc.set_threshold(0, 5, 5), id="off by its threshold"),
        pytest.param(lambda: gc.set_threshold(400_000, 5, 5), id="rarer"),
        pytest.param(gc.freeze, id="frozen"),
    ],
)
def test_all_is_as_before(
    pause: Callable[[Any], Any], function: Callable[[], Any], as_it_is: Callable[[], None]
) -> None:
    as_it_is()
    before = state()
    try:
        pause(function)()
    except KeyboardInterrupt:
        assert function is fails
    assert state() == before


@pytest.mark.parametrize(
    ("given", "meanwhile"), [(700, 50_000), (0, 0), (400_000, 400_000)], ids=["usual", "off", "rarer"]
)
def test_it_looks_rarely_and_no_more_often_than_it_did(given: int, meanwhile: int) -> None:
    gc.set_threshold(given, 10, 10)
    enabled, (first, *_), frozen = with_rare_collector(state)()
    assert (enabled, first, frozen) == (True, meanwhile, True)


def test_what_a_plugin_makes_and_drops_is_collected() -> None:
    class Cycle:
        alive = 0

        def __init__(self) -> None:
            self.me = self
            Cycle.alive += 1

        def __del__(self) -> None:
            Cycle.alive -= 1

    @with_rare_collector
    def make() -> int:
        for _ in range(200_000):
            Cycle()
        return Cycle.alive

    assert make() < 150_000
    gc.collect()
    assert not Cycle.alive
