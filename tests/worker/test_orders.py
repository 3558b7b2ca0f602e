"""What a worker obeys, and when."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_monorepo.worker import protocol
from pytest_monorepo.worker.orders import Orders

from .fakes import Channel, Session

STOP, GO, BEGIN = protocol.Stop("enough"), protocol.Go(), protocol.Begin("gw1")


def orders(*batches: list[Any]) -> tuple[Orders, Any, Any]:
    channel, session = Channel(*batches), Session()
    found = Orders(channel)  # type: ignore[arg-type]
    found.session = session  # type: ignore[assignment]
    return found, channel, session


@pytest.mark.parametrize(
    ("said", "stopped"),
    [([], False), ([GO], False), ([STOP], True), ([GO, STOP], True), ([protocol.Run([1]), STOP], True)],
)
def test_stop_is_obeyed_between_tests(said: list[Any], stopped: bool) -> None:
    one, _, session = orders(said)
    one.look()
    assert one.stopped is stopped
    assert session.shouldstop == ("enough" if stopped else False)


def test_before_there_is_a_session_nothing_can_be_stopped() -> None:
    one = Orders(Channel([STOP]))  # type: ignore[arg-type]
    one.look()
    assert not one.stopped


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        ([[protocol.Run([3, 4])]], [3, 4]),
        ([[GO], [protocol.Run([3])]], [3]),
        ([[protocol.Run([])]], []),
        ([[STOP]], []),
        ([[GO], [GO, STOP]], []),
        # what came with the word is run: only then is the session stopped
        ([[protocol.Run([3]), STOP]], [3]),
    ],
)
def test_the_next_tests_are_asked_for_at_once(batches: list[list[Any]], expected: list[int]) -> None:
    one, channel, _ = orders(*batches)
    assert one.next_chunk() == expected
    assert channel.said == [protocol.NextWanted(), "flush"]


def test_chunks_come_in_their_order() -> None:
    one, _, _ = orders([protocol.Run([1]), protocol.Run([2])])
    assert [one.next_chunk(), one.next_chunk()] == [[1], [2]]


def test_what_else_is_said_while_it_waits_is_obeyed() -> None:
    one, _, _ = orders([GO], [protocol.Run([7])], [BEGIN])
    assert one.wait_for(protocol.Begin) is BEGIN
    assert one.next_chunk() == [7]


@pytest.mark.parametrize("batches", [[[STOP]], [[GO, STOP]], [[BEGIN, STOP]]])
def test_once_told_to_stop_it_waits_no_longer(batches: list[list[Any]]) -> None:
    one, _, session = orders(*batches)
    with pytest.raises(session.Interrupted, match="enough"):
        one.wait_for(protocol.Begin)
