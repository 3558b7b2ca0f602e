"""The three reports of a test of which its worker said in one line that it passed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Literal

import pytest

from pytest_monorepo.worker import protocol

Location = tuple[str, "int | None", str]
Phase = Literal["setup", "call", "teardown"]

PHASES: tuple[Phase, ...] = ("setup", "call", "teardown")


def check(message: protocol.TestPassed) -> None:
    """Raises :class:`protocol.ProtocolError` for what no worker says."""
    times = all(type(value) in (int, float) for value in message.times)
    if len(message.times) != 3 * len(PHASES) or not times:
        raise protocol.ProtocolError(f"no times of three phases: {message.times!r:.200}")
    if not all(type(name) is str for name in message.keywords):
        raise protocol.ProtocolError(f"no names: {message.keywords!r:.200}")


def reports(nodeid: str, location: Location, message: protocol.TestPassed) -> Iterator[pytest.TestReport]:
    """As pytest's own ``pytest_report_from_serializable`` would make them."""
    names = [sys.intern(name) for name in message.keywords]
    for number, when in enumerate(PHASES):
        duration, start, stop = message.times[3 * number : 3 * number + 3]
        yield pytest.TestReport(
            nodeid=nodeid,
            location=location,
            keywords=dict.fromkeys(names, 1),
            outcome="passed",
            longrepr=None,
            when=when,
            sections=[],
            duration=duration,
            start=start,
            stop=stop,
            user_properties=[],
        )


def are_enough(config: pytest.Config) -> bool:
    """Whether no plugin but pytest itself reads reports, so that three lines more would tell it nothing."""
    readers = config.hook.pytest_report_from_serializable.get_hookimpls()
    return all(reader.function.__module__.startswith("_pytest.") for reader in readers)
