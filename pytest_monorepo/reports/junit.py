"""``--junitxml``: one ``<testsuite>`` for each project, where pytest writes one for all.

pytest's own plugin writes the file, with its options and its habits; afterwards the test cases are sorted
into their projects. Which schema the file follows is the user's choice by ``junit_family``, as in pytest:

* ``xunit1``, ``legacy`` or no choice at all: every ``<testcase>`` has ``file`` and ``line``. CI servers link
  them (GitLab reads ``file``), so they are relative to the repository and lines count from 1.
* ``xunit2`` when asked for: nothing that Jenkins' ``junit-10.xsd`` forbids, since its xUnit plugin rejects
  the whole file for it. No ``file`` and ``line``, and properties of tests stand in their suite.

A test that failed and then passed has Maven Surefire's ``<flakyFailure>``, one that kept failing its
``<rerunFailure>``; they are in that schema too, and readers that do not know them pass over them.
"""

from __future__ import annotations

import os
import platform
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from pytest_monorepo.workspace.model import Workspace

from .places import in_repository, repository_prefix
from .run_model import ProjectSummary
from .tally import Tally

_LONGEST = 100_000
_CASE_OUTCOMES = {"failure": "failures", "error": "errors", "skipped": "skipped"}
# What XML 1.0 cannot hold, written as pytest writes it.
_ILLEGAL = re.compile("[^\t\n\r\x20-\x7e\x80-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Key = tuple[str, str]
"""``classname`` and ``name`` of a test case."""


@dataclass(frozen=True)
class Attempt:
    """A try that failed before the last one; ``kind`` is ``"Failure"``, or ``"Error"`` for setup."""

    kind: str
    message: str
    text: str


@dataclass(frozen=True)
class Case:
    """What a test case's element does not say: its project, file (in the repository), line, earlier tries.

    pytest writes an element of its own, without an outcome, for an earlier try that was torn down; ``ghosts``
    is how many.
    """

    project: str
    file: str
    line: int | None = None
    attempts: tuple[Attempt, ...] = ()
    ghosts: int = 0


@dataclass(frozen=True)
class Suite:
    """A project's ``<testsuite>``; ``time`` in seconds, ``timestamp`` in ISO 8601."""

    project: str
    name: str
    time: float = 0.0
    timestamp: str = ""
    properties: tuple[tuple[str, str], ...] = ()


@dataclass
class _Seen:
    place: tuple[str, int | None]
    attempts: list[Attempt] = field(default_factory=list)
    ghosts: int = 0
    failed_before: bool = False

    def add(self, report: pytest.TestReport) -> None:
        if str(report.outcome) == "rerun":  # pytest-rerunfailures' own outcome
            self.attempts.append(_attempt(report))
            self.failed_before = True
        if report.when == "teardown" and self.failed_before:
            self.ghosts += 1
            self.failed_before = False


class JUnitSuites:
    """Registered in the controller beside pytest's own writer: listens, and rewrites its file at the end."""

    def __init__(self, config: pytest.Config, tally: Tally, workspace: Workspace) -> None:
        self._tally = tally
        self._workspace = workspace
        # the file itself, not a link to it
        self._file = Path(os.path.realpath(os.path.expanduser(os.path.expandvars(config.option.xmlpath))))
        self._strict = is_strict(config)
        self._prefix: str = config.option.junitprefix or ""
        self._seen: dict[str, _Seen] = {}
        self._properties: dict[str, list[tuple[str, str]]] = {}
        self._problem: str | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        seen = self._seen.get(report.nodeid)
        if seen is None:
            seen = self._seen[report.nodeid] = _Seen(report.location[:2])
        seen.add(report)
        for name, value in getattr(report, "testsuite_properties", ()):
            self._properties.setdefault(self._owner(report.nodeid), []).append((name, value))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if not report.passed:
            self._seen.setdefault(report.nodeid, _Seen((report.nodeid, None)))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        if not self._file.is_file():
            return  # a pipe or terminal has taken it already
        try:
            before = ET.parse(self._file).getroot()
            after = split(before, self._cases(), self._suites(), strict=self._strict)
            text = '<?xml version="1.0" encoding="utf-8"?>' + ET.tostring(after, encoding="unicode")
            # whole or not at all: somebody may be waiting for the file
            part = self._file.with_name(self._file.name + ".part")
            part.write_text(text, encoding="utf-8", newline="")
            part.replace(self._file)
        except (OSError, ET.ParseError) as error:
            self._problem = f"--junitxml {self._file}: cannot be split by project: {error}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._problem:
            terminalreporter.write_line(self._problem, red=True)

    def _owner(self, nodeid: str) -> str:
        owner = self._workspace.owner(nodeid.partition("::")[0])
        return owner.path if owner is not None else ""

    def _cases(self) -> Mapping[Key, Sequence[Case]]:
        top = repository_prefix(self._workspace.root, os.environ.get("CI_PROJECT_DIR"))
        cases: dict[Key, list[Case]] = {}
        for nodeid, seen in self._seen.items():
            file, line = seen.place
            number = None if line is None else line + 1
            where = (self._owner(nodeid), in_repository(top, file), number)
            case = Case(*where, tuple(seen.attempts), seen.ghosts)
            for key in keys(nodeid, self._prefix):
                cases.setdefault(key, []).append(case)
        return cases

    def _suites(self) -> list[Suite]:
        return [self._suite(summary) for summary in self._tally.projects()]

    def _suite(self, summary: ProjectSummary) -> Suite:
        known = {"project": summary.path, "python": summary.python, "pytest": summary.pytest}
        properties = [(name, value) for name, value in known.items() if value]
        # once, though each of the workers that share a project may have recorded it
        properties += dict.fromkeys(self._properties.get(summary.path, ()))
        started = datetime.fromtimestamp(summary.started).astimezone().isoformat() if summary.started else ""
        name = summary.path if summary.path != "." else summary.name
        return Suite(summary.path, name, summary.duration, started, tuple(properties))


def is_strict(config: pytest.Config) -> bool:
    """Whether the user asked for ``xunit2``, which is also what pytest answers where nobody asked."""
    if config.getini("junit_family") != "xunit2":
        return False
    overrides: Sequence[str] = getattr(config.option, "override_ini", None) or ()
    if any(word.partition("=")[0].strip() == "junit_family" for word in overrides):
        return True
    try:
        text = config.inipath.read_text(encoding="utf-8") if config.inipath is not None else ""
    except (OSError, UnicodeDecodeError):
        return False
    return re.search(r"(?m)^\s*junit_family\s*=", text) is not None


def keys(nodeid: str, prefix: str = "") -> set[Key]:
    """How pytest names the test case of ``nodeid``: ``("tests.test_x.TestA", "test_b[1]")``.

    Two answers where a folder's name holds a bracket: before 9.1 pytest took it for that of the parameters.
    """
    path, colons, rest = nodeid.partition("::")
    names, bracket, parameters = rest.partition("[")
    answers = {_key([path, *(names.split("::") if colons else [])], bracket + parameters, prefix)}
    if "[" in path:
        address, bracket, parameters = nodeid.partition("[")
        answers.add(_key(address.split("::"), bracket + parameters, prefix))
    return answers


def _key(names: list[str], parameters: str, prefix: str) -> Key:
    names[0] = re.sub(r"\.py$", "", names[0].replace("/", "."))
    names[-1] += parameters
    return ".".join([*([prefix] if prefix else []), *names[:-1]]), legal(names[-1])


def legal(text: str) -> str:
    """``text`` without what XML cannot hold: ``#x07`` for a bell."""
    return _ILLEGAL.sub(
        lambda match: f"#x{ord(match.group()):0{2 if ord(match.group()) < 256 else 4}X}", text
    )


def split(
    document: ET.Element, cases: Mapping[Key, Sequence[Case]], suites: Sequence[Suite], *, strict: bool
) -> ET.Element:
    """A new document with a suite for each project, in the given order, also where it has no test.

    What belongs to no project (an internal error) stays in a last suite under pytest's own name.
    ``strict`` keeps to what ``junit-10.xsd`` allows.
    """
    original = next(document.iter("testsuite"))
    shared = original.findall("properties/property")
    made = {suite.project: _element(suite, original, shared) for suite in suites}
    rest = ET.Element("testsuite", {"name": original.get("name", "pytest")})
    for known, elements in _by_key(original).items():
        for element, case in _matched(elements, cases.get(known, ())):
            home = made.get(case.project, rest) if case is not None else rest
            if case is not None and not strict:
                _place(element, case)
            if strict:
                _raise_properties(element, home)
            home.append(element)
    root = ET.Element("testsuites", {"name": original.get("name", "pytest")})  # junit_suite_name
    root.extend(made.values())
    if len(rest):
        root.append(rest)
    for suite in root:
        _count(suite)
    _total(root, original)
    return root


def _element(suite: Suite, original: ET.Element, shared: Sequence[ET.Element]) -> ET.Element:
    attributes = {
        "name": legal(suite.name),
        "time": f"{suite.time:.3f}",
        "timestamp": suite.timestamp or original.get("timestamp", ""),
        "hostname": original.get("hostname") or platform.node(),
    }
    element = ET.Element("testsuite", attributes)
    properties = ET.SubElement(element, "properties")
    for name, value in suite.properties:
        ET.SubElement(properties, "property", {"name": legal(name), "value": legal(value)})
    properties.extend(shared)
    return element


def _by_key(suite: ET.Element) -> dict[Key, list[ET.Element]]:
    grouped: dict[Key, list[ET.Element]] = {}
    for element in suite.findall("testcase"):
        grouped.setdefault((element.get("classname", ""), element.get("name", "")), []).append(element)
    return grouped


def _matched(
    elements: Sequence[ET.Element], cases: Sequence[Case]
) -> Iterator[tuple[ET.Element, Case | None]]:
    """Each element with its case: one has several where it failed and could not be torn down, too.

    Several cases of one name ("a.b" and "a/b") come in the order of their reports.
    """
    if len(cases) != 1:
        for index, element in enumerate(elements):
            yield element, cases[min(index, len(cases) - 1)] if cases else None
        return
    case = cases[0]
    ghosts = min(case.ghosts, len(elements) - 1)
    first = elements[ghosts]
    if ghosts:
        spent = sum(float(element.get("time", 0)) for element in elements[: ghosts + 1])
        first.set("time", f"{spent:.3f}")
    _add_attempts(first, case)
    for element in elements[ghosts:]:
        yield element, case


def _place(element: ET.Element, case: Case) -> None:
    element.set("file", legal(case.file))
    if case.line is not None:
        element.set("line", str(case.line))


def _add_attempts(element: ET.Element, case: Case) -> None:
    ended = "rerun" if any(child.tag in ("failure", "error") for child in element) else "flaky"
    for attempt in case.attempts:
        attributes = {"message": legal(attempt.message), "type": _type(attempt.message)}
        ET.SubElement(element, ended + attempt.kind, attributes).text = legal(attempt.text)


def _raise_properties(element: ET.Element, suite: ET.Element) -> None:
    """A strict ``<testcase>`` has none; in the suite they keep the test's name before theirs."""
    for inner in element.findall("properties"):
        element.remove(inner)
        for one in inner:
            name = f"{element.get('classname')}.{element.get('name')}: {one.get('name')}"
            properties = suite.find("properties")
            if properties is None:
                properties = ET.Element("properties")
                suite.insert(0, properties)
            ET.SubElement(properties, "property", {"name": name, "value": one.get("value", "")})


def _count(suite: ET.Element) -> None:
    counts = dict.fromkeys(("errors", "failures", "skipped"), 0)
    cases = suite.findall("testcase")
    for case in cases:
        for outcome in {child.tag for child in case}.intersection(_CASE_OUTCOMES):
            counts[_CASE_OUTCOMES[outcome]] += 1
    for name, number in {**counts, "tests": len(cases)}.items():
        suite.set(name, str(number))


def _total(root: ET.Element, original: ET.Element) -> None:
    # the schema has no "skipped" here
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, 0)) for suite in root)))
    root.set("time", original.get("time", "0"))


def _attempt(report: pytest.TestReport) -> Attempt:
    text = report.longreprtext
    crash = getattr(report.longrepr, "reprcrash", None)
    message = str(crash.message) if crash is not None else text.strip().rpartition("\n")[2]
    kind = "Failure" if report.when == "call" else "Error"
    return Attempt(kind, message.partition("\n")[0][:500], text[-_LONGEST:])


def _type(message: str) -> str:
    """The exception's name; pytest leaves out that of a plain ``assert``."""
    found = re.match(r"([A-Za-z_][\w.]*)(?=:|$)", message)
    return found.group(1) if found else "AssertionError"
