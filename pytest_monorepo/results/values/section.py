"""The inputs of one stretch of a run as values that can be kept, compared and worded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any

from pytest_monorepo.inputs.record.values import FACTS, KINDS
from pytest_monorepo.value import value

Value = Any

ASSIGNED = frozenset(
    {"PYTEST_VERSION", "PYTEST_MONOREPO_WORKER", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID"}
)
"""What pytest sets itself, and what tells which of several workers one happens to be."""


@value(frozen=True)
class Section:
    """``inputs`` map a kind to paths and their values, ``lookups`` a folder to module names.

    Of files the values are content digests. ``variables`` hold keyed hashes, ``environment`` that of all.
    ``suffixes`` are those of the interpreter's modules; ``modules`` are those whose variables it could see.
    """

    inputs: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    lookups: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)
    variables: Mapping[str, str | None] = field(default_factory=dict)
    facts: Mapping[str, Value] = field(default_factory=dict)
    environment: str | None = None
    suffixes: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        return {
            "inputs": self.inputs,
            "lookups": self.lookups,
            "variables": self.variables,
            "facts": self.facts,
            "environment": self.environment,
            "suffixes": list(self.suffixes),
            "modules": list(self.modules),
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Section:
        """From :meth:`plain`; raises ``ValueError`` or ``KeyError`` for anything else."""
        if not (set(data["inputs"]) <= KINDS and set(data["facts"]) <= FACTS):
            raise ValueError("an input of an unknown kind")
        return cls(
            data["inputs"],
            data["lookups"],
            data["variables"],
            data["facts"],
            data["environment"],
            tuple(data["suffixes"]),
            tuple(data["modules"]),
        )

    @cached_property
    def answers(self) -> str:
        """A digest: equal where ``compare.differences`` finds none between two of one shape."""
        counted = {name: value for name, value in self.variables.items() if name not in ASSIGNED}
        return digest({**self.plain(), "variables": counted})

    @property
    def paths(self) -> Iterable[str]:
        """Of the files that were read."""
        return self.inputs.get("file", {})


@value(frozen=True)
class Traced:
    """What workers told, merged: absolute paths, raw values; ``reasons`` why it is not complete.

    Of a cluster's ``node`` the paths are as they would be here, and what it tells of a file is its content.
    """

    inputs: Mapping[str, Mapping[str, Value]]
    lookups: Mapping[str, Mapping[str, list[str]]]
    variables: Mapping[str, str | None]
    facts: Mapping[str, Value]
    environment: Mapping[str, str] | None
    suffixes: tuple[str, ...]
    reasons: tuple[str, ...]
    base: str = ""
    node: str = ""


def merged(traces: Iterable[Mapping[str, Any]]) -> Traced:
    """The traces of all workers of a project as one; where two saw different values it is incomplete."""
    reasons: dict[str, None] = {}
    parts: dict[str, dict[str, Any]] = {"variables": {}, "facts": {}}
    nested: dict[str, dict[str, dict[str, Any]]] = {"inputs": {}, "lookups": {}}
    environment: Mapping[str, str] | None = None
    suffixes: tuple[str, ...] = ()
    base = node = ""
    for trace in traces:
        reasons.update(dict.fromkeys(trace["reasons"]))
        for name, known in parts.items():
            _add(known, trace[name], reasons, str)
        for name, groups in nested.items():
            for key, values in trace[name].items():
                _add(groups.setdefault(key, {}), values, reasons, str)
        if trace["whole_environment"]:
            environment = trace["environment"]
        suffixes, base = tuple(trace["suffixes"]), trace.get("base") or base
        node = trace.get("node") or node
    return Traced(
        nested["inputs"],
        nested["lookups"],
        parts["variables"],
        parts["facts"],
        environment,
        suffixes,
        tuple(reasons),
        base,
        node,
    )


def _add(
    known: dict[str, Any], new: Mapping[str, Any], reasons: dict[str, None], word: Callable[[str], str]
) -> None:
    for key, seen in new.items():
        if key in known and known[key] != seen and key not in ASSIGNED:
            reasons[f"{word(key)} changed while the tests ran"] = None
        known[key] = seen


def digest(data: object) -> str:
    """Of plain data: equal data, equal digest."""
    return digest_of(as_text(data))


def as_text(data: object) -> bytes:
    """Plain data as it counts in a :func:`digest`, and as it may be kept."""
    return _encode(data).encode("ascii")


# one for all: json.dumps makes one for each, and of a project of one file there are twenty
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def digest_of(text: bytes) -> str:
    """Of what :func:`as_text` makes."""
    return hashlib.sha256(text).hexdigest()
