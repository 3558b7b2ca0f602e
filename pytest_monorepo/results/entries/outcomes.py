"""What tests gave, in few words, so that two runs of them can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_monorepo.worker import protocol
from pytest_monorepo.worker.plugins import quarantine

Outcomes = dict[str, list[str]]
"""By node id a text for each phase: ``call failed``."""


def note(outcomes: Outcomes, message: Any) -> None:
    """Add what a message tells of a test."""
    if isinstance(message, protocol.TestPassed):
        outcomes.setdefault(message.nodeid, []).extend(f"{when} passed" for when in protocol.PHASES)
    elif isinstance(message, protocol.TestReport):
        data = message.data
        words = f"{data.get('when')} {data.get('outcome')}{' xfail' if 'wasxfail' in data else ''}"
        words += " quarantined" if data.get(quarantine.MARK) else ""
        outcomes.setdefault(str(data.get("nodeid")), []).append(words)


def of(messages: Iterable[Any]) -> Outcomes:
    """All that the messages tell."""
    found: Outcomes = {}
    for message in messages:
        note(found, message)
    return found


def differing(one: Mapping[str, Sequence[str]], other: Mapping[str, Sequence[str]]) -> list[str]:
    """The tests that did not give the same."""
    return sorted(test for test in {*one, *other} if one.get(test) != other.get(test))


def word(phases: Sequence[str] | None) -> str:
    """A test's outcome as pytest calls it."""
    words = " ".join(phases or ()).split()
    if not words:
        return "did not run"
    if "quarantined" in words or "failed" in words:
        return "failed"
    if "xfail" in words:
        return "xfailed" if "skipped" in words else "xpassed"
    return "skipped" if "skipped" in words else "passed"
