"""pytest's JUnit document → one with a ``<testsuite>`` for each project; :mod:`junit` reads and writes."""

from __future__ import annotations

import platform
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_CASE_OUTCOMES = {"failure": "failures", "error": "errors", "skipped": "skipped"}
# What XML 1.0 cannot hold, and DEL, written as pytest writes it (_pytest/junitxml.py, bin_xml_escape).
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
    is how many. ``attributes`` are what ``record_xml_attribute`` was given.
    """

    project: str
    file: str
    line: int | None = None
    attempts: tuple[Attempt, ...] = ()
    ghosts: int = 0
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Suite:
    """A project's ``<testsuite>``; ``time`` in seconds, ``timestamp`` in ISO 8601.

    ``counts`` are its attributes ``tests`` and so on; ``None``: those of its elements.
    """

    project: str
    name: str
    time: float = 0.0
    timestamp: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    counts: tuple[tuple[str, int], ...] | None = None


def keys(nodeid: str, prefix: str = "") -> set[Key]:
    """How pytest names the test case of ``nodeid``: ``("tests.test_x.TestA", "test_b[1]")``.

    Two answers where a folder's name holds a bracket: before 9.2 pytest took it for that of the parameters.
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
            for name, value in case.attributes if case is not None else ():
                if not strict or name in ("classname", "name"):
                    element.set(name, legal(value))
            home.append(element)
    root = ET.Element("testsuites", {"name": original.get("name", "pytest")})  # junit_suite_name
    root.extend(made.values())
    if len(rest):
        root.append(rest)
    for suite in root:
        _count(suite)
    for one in suites:
        for name, number in one.counts or ():
            made[one.project].set(name, str(number))
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
        # pytest writes one that says nothing for a test that was interrupted between its setup and its end
        if "name" in element.attrib:
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


def _type(message: str) -> str:
    """The exception's name; pytest leaves out that of a plain ``assert``."""
    found = re.match(r"([A-Za-z_][\w.]*)(?=:|$)", message)
    return found.group(1) if found else "AssertionError"
