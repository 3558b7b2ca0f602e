"""What is out of the collector's sight comes back for who asks the collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from pytest_monorepo.worker.process import frozen

ASKING = ("get_referrers", "get_objects", "get_freeze_count")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    usual = {name: getattr(gc, name) for name in ASKING}
    yield
    frozen.thaw()
    assert {name: getattr(gc, name) for name in ASKING} == usual


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


def test_it_may_be_frozen_again_and_thawed_twice() -> None:
    frozen.freeze()
    frozen.freeze()
    assert gc.get_objects.__name__ == "get_objects"
    frozen.thaw()
    frozen.thaw()
    frozen.freeze()
    assert gc.get_freeze_count() == 0  # asking has thawed it
