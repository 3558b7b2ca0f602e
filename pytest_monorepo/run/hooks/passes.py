"""The three reports of a test of which its worker said in one line that it passed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_monorepo.worker import protocol
from pytest_monorepo.worker.protocol import PHASES

Location = tuple[str, "int | None", str]


_NUMBERS, _TEXTS = frozenset({int, float}), frozenset({str})


def check(message: protocol.TestPassed) -> None:
    """Raises :class:`protocol.ProtocolError` for what no worker says."""
    if len(message.times) != 3 * len(PHASES) or not _NUMBERS.issuperset(map(type, message.times)):
        raise protocol.ProtocolError(f"no times of three phases: {message.times!r:.200}")
    if not _TEXTS.issuperset(map(type, message.keywords)):
        raise protocol.ProtocolError(f"no names: {message.keywords!r:.200}")


def reports(message: protocol.TestPassed, location: Location) -> Iterator[pytest.TestReport]:
    """As pytest's own ``pytest_report_from_serializable`` would make them."""
    nodeid: Any = message.nodeid
    names = dict.fromkeys(map(sys.intern, message.keywords), 1)
    for number, when in enumerate(PHASES):
        duration, start, stop = message.times[3 * number : 3 * number + 3]
        report = pytest.TestReport(
            nodeid=nodeid,
            location=location,
            keywords=names.copy(),  # type: ignore[arg-type]
            outcome="passed",
            longrepr=None,
            when=when,  # type: ignore[arg-type]
            duration=duration,
            start=start,
            stop=stop,
        )
        # pytest 9.2 takes a text to pieces, three times for each test, and keeps all of them
        nodeid = getattr(report, "id", nodeid)
        yield report


def in_full(message: protocol.TestPassed, location: Location) -> Iterator[Any]:
    """What the worker would have said of the test if it had not been brief."""
    for values in _values(message, location):
        yield protocol.TestReport({**values, "$report_type": "TestReport"})
    yield protocol.TestFinished(message.nodeid, location)


def _values(message: protocol.TestPassed, location: Location) -> Iterator[dict[str, Any]]:
    for number, when in enumerate(PHASES):
        duration, start, stop = message.times[3 * number : 3 * number + 3]
        yield {
            "nodeid": message.nodeid,
            "location": location,
            "keywords": dict.fromkeys(message.keywords, 1),
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
