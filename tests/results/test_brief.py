"""A test that passed is kept in one line: what is made of it is what three reports and an end would give."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_monorepo.results.entries import outcomes
from pytest_monorepo.results.entries.entry import Entry
from pytest_monorepo.results.keeping.heard import Heard
from pytest_monorepo.results.replays import part
from pytest_monorepo.results.replays.lookup import Answer
from pytest_monorepo.results.replays.part import Pick
from pytest_monorepo.results.values.section import Section
from pytest_monorepo.run.hooks import passes
from pytest_monorepo.worker import protocol

FILE = "libs/a/test_a.py"
ONE, TWO = f"{FILE}::one", f"{FILE}::two"
COLLECTED = protocol.Collected([ONE, TWO], [])
TIMES = [0.5, 1.0, 1.5, 0.25, 2.0, 2.25, 0.125, 3.0, 3.125]


def started(nodeid: str) -> protocol.TestStarted:
    return protocol.TestStarted(nodeid, (FILE, 1, nodeid))


def passed(nodeid: str) -> protocol.TestPassed:
    return protocol.TestPassed(nodeid, ["one", FILE], TIMES)


def in_full(messages: list[Any]) -> list[Any]:
    said: list[Any] = []
    for message in messages:
        full = isinstance(message, protocol.TestPassed)
        said += passes.in_full(message, (FILE, 1, message.nodeid)) if full else [message]
    return said


def heard(*messages: Any) -> Heard:
    found = Heard()
    for message in messages:
        found.add(1, message)
    return found


def kept(messages: list[Any]) -> Answer:
    """What a replay has of a file of which this was heard."""
    file = heard(*messages).files[FILE]
    entry = Entry("libs/a", FILE, 0.0, "", (), Section(), file.payload(None), len(file.tests), file.seconds)
    return Answer(entry, tuple(entry.decoded_messages()))


BRIEF = [COLLECTED, started(ONE), passed(ONE), started(TWO), passed(TWO)]


def test_what_is_heard_in_brief_counts_as_in_full() -> None:
    brief, full = heard(*BRIEF).files[FILE], heard(*in_full(BRIEF)).files[FILE]
    assert (brief.gave, brief.seconds, brief.finished) == (full.gave, full.seconds, full.finished)
    assert brief.gave[ONE] == ["setup passed", "call passed", "teardown passed"]
    assert (brief.unfit, full.unfit, brief.seconds) == (None, None, 1.75)


def test_what_is_kept_in_brief_is_said_again_as_it_was() -> None:
    answer = kept(BRIEF)
    whole, others = part.told(answer, None, collect_only=False)
    assert whole.tests == [ONE, TWO]
    assert others == [protocol.TestStarted(ONE, [FILE, 1, ONE]), passed(ONE), *others[2:]]  # type: ignore[arg-type]
    assert outcomes.of(others) == heard(*in_full(BRIEF)).files[FILE].gave


@pytest.mark.parametrize("messages", [BRIEF, in_full(BRIEF)], ids=["brief", "full"])
def test_of_a_part_only_that_is_said_and_counted(messages: list[Any]) -> None:
    answer, pick = kept(messages), Pick((TWO,), (ONE,))
    others = part.told(answer, pick, collect_only=False)[1]
    assert set(outcomes.of(others)) == {TWO}
    assert all(getattr(message, "nodeid", TWO) == TWO for message in others)
    assert not outcomes.of(part.told(answer, None, collect_only=True)[1])


def test_a_file_whose_tests_ran_at_once_is_not_kept() -> None:
    said = heard(COLLECTED, started(ONE), started(TWO), passed(ONE), passed(TWO))
    assert said.files[FILE].unfit == "several workers ran its tests at once last time"


def test_a_test_that_ran_twice_shows_both_times() -> None:
    twice = heard(*BRIEF, started(ONE), passed(ONE)).files[FILE].gave
    assert twice[ONE] == 2 * twice[TWO]
