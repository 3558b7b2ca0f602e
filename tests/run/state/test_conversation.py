"""What one worker has said of the test that it is at."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_monorepo.run.plan.schedule import Task
from pytest_monorepo.run.state.conversation import Conversation
from pytest_monorepo.worker import protocol, wire
from pytest_monorepo.workspace.model import Project


def talk(place: str = "") -> Conversation:
    return Conversation(1, 3, Task("a"), Project("a", "a"), "out", "err", 100.0, place=place)


def begun(test: str, file: str) -> Conversation:
    found, said = talk(), protocol.TestStarted(f"{file}::{test}", (file, 1, test))
    found.test_started(wire.decode(wire.encode(said).rstrip()))
    return found


def test_tests_of_one_file_have_the_very_same_text_for_it() -> None:
    one, other = begun("test_a", "a/t.py"), begun("test_b", "a/t.py")
    assert one.location == ("a/t.py", 1, "test_a")
    assert one.location[0] is other.location[0]
    assert one.file is other.file
    assert one.file == "a/t.py"


@pytest.mark.parametrize(
    "location", [[], ["t.py", 1], ["t.py", 1, "t", "more"], [None, 1, "t"], ["t.py", 1, ["t"]]]
)
def test_a_place_that_is_none_is_nonsense(location: Any) -> None:
    with pytest.raises(protocol.ProtocolError, match="no place of a test"):
        talk().test_started(protocol.TestStarted("t.py::t", location))


@pytest.mark.parametrize(("place", "lane"), [("", "gw3"), ("node-1", "node-1/gw3")])
def test_its_name_and_its_lane(place: str, lane: str) -> None:
    assert (talk(place).id, talk(place).lane) == ("gw3", lane)
