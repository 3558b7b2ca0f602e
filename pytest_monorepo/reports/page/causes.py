"""Failures by cause: those with the same message from the same place are one row, however many. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_monorepo.reports.run_model import BAD, Detail, TestRun

from . import words

if TYPE_CHECKING:
    from pytest_monorepo.results.history.story import Failing

    from .view import Site

SHOWN = 20
"""So many causes, and so many tests of each, are on the overview; the list of tests has them all."""

_LINE = 1500
"""Longer than this no command is offered for copying: shells and chats cut it."""
_DAY = 86_400.0

# What differs between two failures of one cause: addresses, numbers, temporary folders. Whether
# "AssertionError" stands before an assertion depends on how many lines pytest's explanation has.
_VARIES = (
    (re.compile(r"^AssertionError: (?=assert )"), ""),
    (re.compile(r"0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "…"),
    (re.compile(r"(?:/[^\s'\":]+)?/(?:tmp|pytest-of-)[^\s'\":]*"), "…"),
    (re.compile(r"\d+(?:\.\d+)?"), "…"),
)


@dataclass(frozen=True)
class Failed:
    """One failed test as the overview shows it; ``index`` is its place among its project's tests."""

    test: TestRun
    slug: str
    index: int
    owners: tuple[str, ...] = ()
    source: str = ""
    failing: Failing | None = None
    flaky: bool = False
    unconcerned: bool = False

    @property
    def nodeid(self) -> str:
        return self.test.nodeid

    @property
    def message(self) -> str:
        """Its first line."""
        return _line(self.test.detail)

    @property
    def rerun(self) -> str:
        """The command that runs it again, at the workspace's root."""
        return words.rerun(self.test.nodeid)

    @property
    def new(self) -> bool:
        return self.failing is not None and self.failing.new and self.failing.passed is not None

    @property
    def since(self) -> str:
        """``new: passed in 3f2c1ab``, ``fails since 2026-11-25 (3f2c1ab), 3 runs``; empty without history."""
        return since(self.failing)

    @property
    def begun(self) -> float:
        """When it was first seen to fail, of the runs in a row; 0 without history."""
        return self.failing.since.started if self.failing is not None else 0.0

    def broke(self, within: float, now: float) -> bool:
        """Whether it passed and broke in so many seconds before ``now``."""
        return self.failing is not None and self.failing.passed is not None and now - self.begun < within


@dataclass(frozen=True)
class Cause:
    """Failures with one message (of the first) and place; ``tests`` are in the order of their projects."""

    message: str
    tests: tuple[Failed, ...]

    @cached_property
    def projects(self) -> Mapping[str, Sequence[Failed]]:
        found: dict[str, list[Failed]] = {}
        for one in self.tests:
            found.setdefault(one.test.project, []).append(one)
        return found

    @property
    def outcome(self) -> str:
        return "error" if all(one.test.outcome == "error" for one in self.tests) else "failed"

    @property
    def new(self) -> int:
        return sum(one.new for one in self.tests)

    @property
    def begun(self) -> float:
        """When the last of them began to fail."""
        return max(one.begun for one in self.tests)

    @property
    def since(self) -> str:
        """As of a single failure; of the last that began where they did not begin together."""
        last = max(self.tests, key=lambda one: one.begun)
        together = {one.since for one in self.tests} == {last.since}
        return last.since if together or not last.since else f"the last one {last.since}"

    @property
    def owners(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(owner for one in self.tests for owner in one.owners))

    @property
    def rerun(self) -> str:
        """The command that runs them again; by file or project where naming every test is too long."""
        tests = [one.test for one in self.tests]
        named = ([test.nodeid for test in tests], [test.file for test in tests], list(self.projects))
        commands = [words.rerun(*dict.fromkeys(names)) for names in named]
        return next((command for command in commands if len(command) <= _LINE), commands[-1])


def since(failing: Failing | None) -> str:
    """Since when a test fails, in words; empty where there is no earlier run."""
    if failing is None or (failing.passed is None and failing.new):
        return ""
    if failing.new and failing.passed is not None:
        return f"new: it did not fail on {moment(failing.passed.started)}{_of(failing.passed.commit)}"
    first = "" if failing.passed is not None else "at least "
    return (
        f"fails since {first}{moment(failing.since.started)}{_of(failing.since.commit)}, {failing.runs} runs"
    )


def moment(started: float) -> str:
    return datetime.fromtimestamp(started).astimezone().strftime("%Y-%m-%d %H:%M")


def _of(commit: str) -> str:
    return f" ({commit[:7]})" if commit else ""


def causes(failures: Iterable[Failed]) -> tuple[Cause, ...]:
    """Those with new failures first, then what began last, then the larger."""
    grouped: dict[tuple[str, str], list[Failed]] = {}
    for one in failures:
        grouped.setdefault(_key(one.test), []).append(one)
    found = [Cause(_line(group[0].test.detail), tuple(group)) for group in grouped.values()]
    return tuple(sorted(found, key=lambda cause: (not cause.new, -cause.begun, -len(cause.tests))))


def broke_today(failures: Iterable[Failed], now: float) -> int:
    """How many broke within 24 hours before ``now``: with a run an hour most of them are not new any more."""
    return sum(one.broke(_DAY, now) for one in failures)


def _key(test: TestRun) -> tuple[str, str]:
    """A file that cannot be imported fails in itself: of those the message alone tells causes apart."""
    detail = test.detail
    place = detail.raised if detail is not None and test.name else ""
    return normalised(_line(detail)), place if place or not test.name else test.file


def _line(detail: Detail | None) -> str:
    return words.first_line(detail.message) if detail is not None else ""


def normalised(message: str) -> str:
    """The message without what differs from run to run and test to test."""
    for pattern, word in _VARIES:
        message = pattern.sub(word, message)
    return message


def failed(site: Site) -> tuple[Failed, ...]:
    """Every failed test, in the order of their projects."""
    failing = site.story.failing if site.story is not None else {}
    flaky = {one.test for one in site.story.flaky} if site.story is not None else set[str]()
    return tuple(
        Failed(
            test,
            site.slugs[project],
            index,
            site.owners.of(test.file),
            source(site, test),
            failing.get(test.nodeid),
            test.nodeid in flaky,
            test.nodeid.partition("::")[0] in site.unconcerned,
        )
        for project, tests in site.tests.items()
        for index, test in enumerate(tests)
        if test.outcome in BAD
    )


def source(site: Site, test: TestRun) -> str:
    """The address of the line that failed; empty where sources have none."""
    place = test.detail.place if test.detail is not None else ""
    file, _, line = place.rpartition(":")
    return site.origin.source(file, int(line)) if line.isdecimal() else site.origin.source(test.file)
