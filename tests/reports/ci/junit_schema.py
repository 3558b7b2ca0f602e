"""What Jenkins' ``junit-10.xsd`` allows, as far as test reports use it, without an XML Schema library.

In the schema's own order of strictness: a name that is not listed is an error, and so is a missing required
attribute. ``LOOSE`` adds what the schema held when ``xunit1`` was its name, and properties of test cases,
which pytest writes though no version knew them.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Rule:
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()


def _rule(required: str = "", optional: str = "", children: str = "") -> Rule:
    return Rule(frozenset(required.split()), frozenset(optional.split()), frozenset(children.split()))


_RERUN = _rule("type", "message", "stackTrace system-out system-err")
_OUTCOME = _rule("", "type message")
STRICT: Mapping[str, Rule] = {
    "testsuites": _rule("", "name time tests failures errors", "testsuite"),
    "testsuite": _rule(
        "name tests failures errors",
        "group time skipped timestamp hostname id package file log url",
        "testsuite properties testcase system-out system-err",
    ),
    "properties": _rule("", "", "property"),
    "property": _rule("name value"),
    "testcase": _rule(
        "name",
        "time classname group",
        "skipped error failure rerunFailure rerunError flakyFailure flakyError system-out system-err",
    ),
    **dict.fromkeys(("failure", "error", "skipped"), _OUTCOME),
    **dict.fromkeys(("rerunFailure", "rerunError", "flakyFailure", "flakyError"), _RERUN),
    **dict.fromkeys(("system-out", "system-err", "stackTrace"), Rule()),
}
LOOSE: Mapping[str, Rule] = {
    **STRICT,
    "testcase": replace(
        STRICT["testcase"],
        optional=STRICT["testcase"].optional | {"file", "line", "url"},
        children=STRICT["testcase"].children | {"properties"},
    ),
}


def complaints(element: ET.Element, rules: Mapping[str, Rule] = STRICT) -> Iterator[str]:
    """One sentence for each thing that the schema does not allow."""
    rule = rules[element.tag]
    names = set(element.attrib)
    yield from (f"{element.tag} has no {name}" for name in rule.required - names)
    yield from (f"{element.tag} has {name}" for name in names - rule.required - rule.optional)
    for child in element:
        if child.tag not in rule.children:
            yield f"{child.tag} in {element.tag}"
        else:
            yield from complaints(child, rules)
