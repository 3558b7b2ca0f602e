"""asyncio's policy and current loop: what of them is another, and for whom."""

from __future__ import annotations

import asyncio
import asyncio.events as events
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_monorepo.inputs.owners import loops

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone"),
    pytest.mark.skipif(sys.version_info >= (3, 14), reason="the policy no longer holds the loop"),
]


class OtherPolicy(asyncio.DefaultEventLoopPolicy):
    pass


def _run_something() -> None:
    asyncio.run(asyncio.sleep(0))


def _set_loop() -> None:
    asyncio.set_event_loop(_loop())


def _set_none() -> None:
    asyncio.set_event_loop(None)


def _make() -> None:
    asyncio.get_event_loop_policy()


def _other() -> None:
    asyncio.set_event_loop_policy(OtherPolicy())


def _patched() -> None:
    asyncio.get_event_loop_policy().new_event_loop = _loop  # type: ignore[method-assign]


def _close() -> None:
    asyncio.get_event_loop().close()


def _leave_waiting() -> None:
    asyncio.get_event_loop().call_soon(print)


LOOPS: list[Any] = []


def _loop() -> Any:
    LOOPS.append(asyncio.new_event_loop())
    return LOOPS[-1]


@pytest.fixture(autouse=True)
def pristine() -> Iterator[None]:
    before = events._event_loop_policy  # type: ignore[attr-defined]
    events._event_loop_policy = None  # type: ignore[attr-defined]
    yield
    events._event_loop_policy = before  # type: ignore[attr-defined]
    for loop in LOOPS:
        loop.close()
    LOOPS.clear()


def state() -> tuple[Any, Any]:
    return loops.policy(events), loops.current(events)


@pytest.mark.parametrize(
    ("before", "after", "everybody", "asking"),
    [
        ((), _make, False, False),
        ((), _run_something, False, True),
        ((_run_something,), _run_something, False, False),
        ((_run_something,), _make, False, False),
        ((), _set_loop, False, True),
        ((_set_loop,), _set_loop, False, True),
        ((_set_loop,), _set_none, False, True),
        ((_set_loop,), _close, False, True),
        ((_set_loop,), _leave_waiting, False, True),
        ((), _other, True, False),
        ((_make,), _patched, True, False),
        ((_other,), _set_loop, True, False),
        ((_other, _set_loop), _close, True, False),
    ],
)
def test_what_is_another(
    before: tuple[Callable[[], None], ...], after: Callable[[], None], everybody: bool, asking: bool
) -> None:
    for step in before:
        step()
    was = state()
    after()
    now = state()
    assert (was[0] != now[0], was[1] != now[1]) == (everybody, asking)
