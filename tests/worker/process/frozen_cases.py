"""What is out of the collector's sight comes back for who asks the collector.

Run by :mod:`tests.worker.process.test_frozen` in a process of its own.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from pytest_monorepo.worker.process import frozen

ASKING = ("get_referrers", "get_objects", "get_freeze_count")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    usual = vars(gc).copy()
    yield
    frozen.thaw()
    assert vars(gc) == usual


class Held:
    pass


def test_who_asks_sees_all() -> None:
    held = Held()
    holder = {"held": held}
    frozen.freeze()
    assert any(one is holder for one in gc.get_referrers(held))
    assert gc.get_freeze_count() == 0
    frozen.freeze()
    assert any(one is holder for one in gc.get_objects())


def test_the_list_of_arguments_holds_nothing() -> None:
    held = Held()
    frozen.freeze()
    assert not any(type(one) is tuple and len(one) == 1 and one[0] is held for one in gc.get_referrers(held))


def test_what_is_old_may_be_left_as_it_is() -> None:
    collected: list[int] = []
    gc.callbacks.append(lambda phase, info: collected.append(info["generation"]))
    try:
        frozen.freeze(1)
    finally:
        gc.callbacks.pop()
    assert set(collected) == {1}


def test_it_may_be_frozen_again_and_thawed_twice() -> None:
    frozen.freeze()
    frozen.freeze()
    assert gc.get_objects.__name__ == "get_objects"
    frozen.thaw()
    frozen.thaw()
    frozen.freeze()
    assert gc.get_freeze_count() == 0  # asking has thawed it


def _garbage() -> None:
    held = Held()
    held.itself = held  # type: ignore[attr-defined]


def _seen() -> int:
    return sum(isinstance(one, Held) for one in gc.get_objects())


def test_garbage_that_a_fork_has_frozen_is_gone_for_who_asks() -> None:
    """As that of the controller's start is in a server that is forked from it."""
    _garbage()
    gc.freeze()
    frozen.freeze()
    assert _seen() == 0


@pytest.mark.parametrize("name", ASKING)
def test_garbage_of_a_test_is_there_for_who_asks(name: str) -> None:
    """And who counts collections hears of none."""
    said: list[str] = []

    def hear(phase: str, info: object) -> None:
        said.append(phase)

    frozen.freeze()
    gc.disable()
    gc.callbacks.append(hear)
    try:
        _garbage()
        getattr(gc, name)(*([Held] if name == "get_referrers" else []))
        assert (_seen(), said) == (1, [])
    finally:
        gc.callbacks.remove(hear)
        gc.enable()
        gc.collect()


def test_who_has_the_collector_tell_hears_nothing_of_what_a_fork_has_frozen(
    capfd: pytest.CaptureFixture[str],
) -> None:
    _garbage()
    gc.freeze()
    frozen.freeze()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL | gc.DEBUG_STATS)
    try:
        seen, kept, debug = _seen(), gc.garbage[:], gc.get_debug()
    finally:
        gc.set_debug(0)
        gc.enable()
        gc.garbage.clear()
    assert (seen, kept, debug) == (0, [], gc.DEBUG_SAVEALL | gc.DEBUG_STATS)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("young", [0, 1])
def test_what_is_young_stays_so_for_who_asks(young: int) -> None:
    gc.collect()
    frozen.freeze()
    gc.disable()
    try:
        held = Held()
        for generation in range(young):
            gc.collect(generation)
        found = gc.get_objects(generation=young), gc.get_objects(young)
        assert all(any(one is held for one in objects) for objects in found)
        assert _seen() == 1
    finally:
        gc.enable()


def test_who_freezes_counts_what_is_frozen() -> None:
    frozen.freeze()
    gc.freeze()
    held = Held()
    assert gc.get_freeze_count() > 1000
    assert any(one is held for one in gc.get_objects())
    assert len(gc.get_objects()) < 1000
    gc.unfreeze()
    assert len(gc.get_objects()) > 1000


def test_who_lets_go_what_is_frozen_has_nothing_frozen() -> None:
    gc.freeze()
    frozen.freeze()
    gc.unfreeze()
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize("name", ASKING)
def test_who_has_imported_the_function_may_ask_again(name: str) -> None:
    """``from gc import get_objects``."""
    frozen.freeze()
    held = Held()
    ask = getattr(gc, name)
    arguments = [held] if name == "get_referrers" else []
    ask(*arguments)
    gc.freeze()  # is not undone
    try:
        ask(*arguments)
        assert gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()
