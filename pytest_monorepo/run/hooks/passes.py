"""The three reports of a test of which its worker said in one line that it passed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_monorepo.worker import protocol
from pytest_monorepo.worker.protocol import PHASES

Location = tuple[str, "int | None", str]


def check(message: protocol.TestPassed) -> None:
    """Raises :class:`protocol.ProtocolError` for what no worker says."""
    times = all(type(value) in (int, float) for value in message.times)
    if len(message.times) != 3 * len(PHASES) or not times:
        raise protocol.ProtocolError(f"no times of three phases: {message.times!r:.200}")
    if not all(type(name) is str for name in message.keywords):
        raise protocol.ProtocolError(f"no names: {message.keywords!r:.200}")


def reports(message: protocol.TestPassed, location: Location) -> Iterator[pytest.TestReport]:
    """As pytest's own ``pytest_report_from_serializable`` would make them."""
    for values in _values(message, location):
        yield pytest.TestReport(**values)


def in_full(message: protocol.TestPassed, location: Location) -> Iterator[Any]:
    """What the worker would have said of the test if it had not been brief."""
    for values in _values(message, location):
        yield protocol.TestReport({**values, "$report_type": "TestReport"})
    yield protocol.TestFinished(message.nodeid, location)


def _values(message: protocol.TestPassed, location: Location) -> Iterator[dict[str, Any]]:
    names = [sys.intern(name) for name in message.keywords]
    for number, when in enumerate(PHASES):
        duration, start, stop = message.times[3 * number : 3 * number + 3]
        yield {
            "nodeid": message.nodeid,
            "location": location,
            "keywords": dict.fromkeys(names, 1),
            "outcome": "passed",
            "longrepr": None,
            "when": when,
            "sections": [],
            "duration": duration,
            "start": start,
            "stop": stop,
            "user_properties": [],
        }


def are_enough(config: pytest.Config) -> bool:
    """Whether no plugin but pytest itself reads reports, so that three lines more would tell it nothing."""
    readers = config.hook.pytest_report_from_serializable.get_hookimpls()
    return all(reader.function.__module__.startswith("_pytest.") for reader in readers)
