"""Failures that are nobody's assertion: a project that could not run, a worker that died."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest


class _Crash(NamedTuple):
    message: str
    path: str
    lineno: int = 0

    def __str__(self) -> str:
        """What ``--tb=line`` prints."""
        return f"{self.path}: {self.message}" if self.path else self.message


class ProjectFailure:
    """A failure text with a one-line ``message`` for pytest's short summary.

    Has what pytest asks of a ``longrepr``: ``toterminal``, ``reprcrash`` and ``str``.
    """

    def __init__(self, message: str, text: str = "", where: str = "") -> None:
        self.message = message
        self.text = text
        self.reprcrash = _Crash(message, where)

    def __str__(self) -> str:
        return f"{self.message}\n\n{self.text}" if self.text else self.message

    def toterminal(self, tw: Any) -> None:
        tw.line(self.message, red=True, bold=True)
        if self.text:
            tw.line("")
            tw.line(self.text)


def project_report(project: str, message: str, text: str = "") -> pytest.CollectReport:
    """A project's own failure, as pytest reports a folder that could not be collected."""
    return pytest.CollectReport(
        nodeid=project,
        outcome="failed",
        longrepr=ProjectFailure(message, text, project),  # type: ignore[arg-type]
        result=[],
    )


def skipped_project(project: str, reason: str) -> pytest.CollectReport:
    """A project that cannot run here, as pytest reports a module that skips itself."""
    return pytest.CollectReport(
        nodeid=project, outcome="skipped", longrepr=(project, 0, f"Skipped: {reason}"), result=[]
    )


def passed_collection(nodeid: str, items: Sequence[pytest.Item] = ()) -> pytest.CollectReport:
    """Tells pytest that a file or project was collected; one that failed before is forgotten by ``--lf``."""
    return pytest.CollectReport(nodeid=nodeid, outcome="passed", longrepr=None, result=list(items))


def crash_report(
    nodeid: str, location: tuple[str, int | None, str], when: str, message: str, text: str
) -> pytest.TestReport:
    """The failure of the test during which its worker died."""
    return pytest.TestReport(
        nodeid=nodeid,
        location=location,
        keywords={},
        outcome="failed",
        longrepr=ProjectFailure(message, text, location[0]),  # type: ignore[arg-type]
        when=when,  # type: ignore[arg-type]
    )


def tail(path: str, lines: int = 40) -> str:
    """The last lines of a log file; empty where there is none."""
    try:
        with open(path, "rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - min(lines, 1 << 16) * 1024))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.rstrip().splitlines()[-lines:])


def last_words(path: str) -> str:
    """The last lines of a log, or what Python's fault handler wrote, from its beginning."""
    lines = tail(path, lines=400).splitlines()
    crashes = [i for i, line in enumerate(lines) if line.startswith(_CRASHES)]
    return "\n".join(lines[crashes[-1] :][:40] if crashes else lines[-40:])


_CRASHES = ("Fatal Python error: ", "Windows fatal exception: ")


# what pytest prints before a collection that never ends
_HEADER = (
    r"\A=+ test session starts =+\n"
    r"(?:(?:platform |cachedir: |rootdir: |configfile: |testpaths: |plugins: ).*(?:\n|\Z))*"
)


def without_header(text: str) -> str:
    """pytest's output from where its own header ends to where its final line begins."""
    text = re.sub(r"(?ms)\A=+ test session starts.*?^(?:collecting \.\.\. )?collected .*?$\n", "", text)
    text = re.sub(_HEADER, "", text)
    return re.sub(r"\s*^=+ no tests ran in \S+ =+\s*\Z", "\n", text, flags=re.MULTILINE)


def without_summary(text: str) -> str:
    """pytest's output up to its failures, which the controller tells."""
    sections = "ERRORS|FAILURES|warnings summary|short test summary info|\\d+ (?:passed|failed|error)"
    return re.split(rf"(?m)^=+ (?:{sections})", text)[0].rstrip()
