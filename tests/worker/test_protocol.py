"""What is written comes back; what is not ours is refused, with what came before it kept."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from pytest_monorepo.worker import protocol, wire

MESSAGES = [
    protocol.Hello(1, "3.11.0", "9.0"),
    protocol.Job("/repo", "libs/a", "/repo/libs/a", ["-q"], ["pytest"], environ={"A": "ü\n"}),
    protocol.TestStarted("a::test_ü[\ud800]", ("a", None, "test")),
    protocol.InternalError("line\nline\r\n\x00"),
    protocol.Stop("enough"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_wire(message: Any) -> None:
    line = wire.encode(message)
    assert line.count(b"\n") == 1
    assert line.isascii()
    again = wire.decode(line)
    assert type(again) is type(message)
    assert json.loads(json.dumps(_values(again))) == json.loads(json.dumps(_values(message)))


def _values(message: Any) -> Any:
    return message if isinstance(message, tuple) else vars(message)


def test_messages_without_values_are_true_and_none_is_another() -> None:
    words = [word() for word in protocol.Word.__subclasses__()]
    assert all(words)
    assert all((one == other) == (one is other) for one in words for other in words)
    assert [wire.decode(wire.encode(word)) for word in words] == words


def test_a_stream_may_be_cut_anywhere() -> None:
    stream = b"".join(map(wire.encode, MESSAGES)) * 3
    for seed in range(20):
        chance, lines, found, at = random.Random(seed), wire.Lines(), [], 0
        while at < len(stream):
            step = chance.randint(1, 60)
            found += lines.feed(stream[at : at + step])
            at += step
        assert [type(message) for message in found] == [type(message) for message in MESSAGES] * 3


@pytest.mark.parametrize(
    "line",
    [
        b"hello",
        b"{}",
        b"[]",
        b'["Job"]',
        b'["Stop", 1, 2]',
        b'["Word"]',
        b'["Go", 1]',
        b'["ProtocolError", "x"]',
        b'["NamedTuple"]',
        b'["Stop", ["no text"]]',
        b'["os.system", "true"]',
        b'["Stop", "\xff"]',
        b'["Stop", ' + b"[" * 100_000,
        b'["Stop", ' + b"[" * 100_000 + b"]" * 100_000 + b"]",
        b'["Forked", ' + b"9" * 5000 + b", 1]",
        b'["Forked", 1.5, 2]',
        b'["Hello", 1, "3.11", null, 1]',
        b'[["Stop"], "x"]',
        b'[null, "x"]',
        b'"Stop"',
        b"7",
        b'{"Stop": "x"}',
        b"",
        b'["Stop", "x"] ["Stop", "y"]',
        b'["Stop", "x"], 7',
        b' ["Stop", "x"]',
    ],
)
def test_nonsense_is_refused(line: bytes) -> None:
    with pytest.raises(protocol.ProtocolError):
        wire.decode(line)


def test_what_came_before_nonsense_is_not_lost() -> None:
    with pytest.raises(protocol.ProtocolError) as caught:
        wire.Lines().feed(wire.encode(protocol.Stop("first")) + b"nonsense\n")
    assert caught.value.before == [protocol.Stop("first")]


def test_a_value_that_json_does_not_know_is_sent_as_its_repr() -> None:
    message = wire.decode(wire.encode(protocol.TestReport({"odd": {1, 2}})))
    assert message.data["odd"] == "{1, 2}"
