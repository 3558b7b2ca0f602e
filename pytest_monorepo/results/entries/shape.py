"""A path set: what was asked, without the answers. With the answers of now it names the result to look for.

A folder of one's own compares kept answers with those of now; a remote store cannot be searched, so there the
name of a result is made of the answers, and the path set says which ones to take.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_monorepo.inputs.record import values
from pytest_monorepo.results.values.compare import Now
from pytest_monorepo.results.values.section import Section, digest

MOST = 500_000
"""So many inputs are looked at for one path set; more is no path set of ours."""


def shape(section: Section) -> dict[str, Any]:
    """Plain data that tells what the section asked for."""
    return {
        "inputs": {kind: sorted(paths) for kind, paths in section.inputs.items()},
        "lookups": {folder: sorted(names) for folder, names in section.lookups.items()},
        "variables": sorted(section.variables),
        "facts": sorted(section.facts),
        "environment": section.environment is not None,
        "suffixes": list(section.suffixes),
        "modules": list(section.modules),
    }


def checked(plain: Any) -> dict[str, Any]:
    """The same, once it is one; raises ``ValueError`` or ``KeyError`` for anything else."""
    _ensure(isinstance(plain, dict) and isinstance(plain["environment"], bool))
    inputs, lookups = _texts_by_name(plain["inputs"]), _texts_by_name(plain["lookups"])
    _ensure(inputs.keys() <= values.KINDS)
    variables, facts = _texts(plain["variables"]), _texts(plain["facts"])
    _ensure(set(facts) <= values.FACTS)
    _ensure(sum(map(len, (*inputs.values(), *lookups.values(), variables))) <= MOST)
    return {
        "inputs": inputs,
        "lookups": lookups,
        "variables": variables,
        "facts": facts,
        "environment": plain["environment"],
        "suffixes": _texts(plain["suffixes"]),
        "modules": _texts(plain["modules"]),
    }


def valued(plain: Mapping[str, Any], now: Now) -> Section:
    """The section with the answers of now; ``plain`` is what :func:`checked` returned."""
    current, places = now.current, now.places
    suffixes = tuple(plain["suffixes"])
    return Section(
        _each(plain["inputs"], lambda kind, path: current.value(kind, places.absolute(path))),
        _each(plain["lookups"], lambda at, name: current.lookup(places.absolute(at), name, suffixes)),
        {name: now.variable(name) for name in plain["variables"]},
        {name: values.fact(name) for name in plain["facts"]},
        now.environment() if plain["environment"] else None,
        suffixes,
        tuple(plain["modules"]),
    )


def strong_name(own: Section, bases: Sequence[Section] = (), beside: str = "") -> str:
    """The name of a result by its answers; ``bases`` are what it shares with others."""
    answers = [section.answers for section in (own, *bases)]
    return digest([*answers, beside] if beside else answers)[:32]


def beside(names: Mapping[str, str]) -> str:
    """What files are that are one, by their keys and strong names: a result holds only with all of these."""
    return digest(dict(names))[:32] if len(names) > 1 else ""


def _each(groups: Mapping[str, list[str]], answer: Callable[[str, str], Any]) -> dict[str, dict[str, Any]]:
    return {group: {name: answer(group, name) for name in names} for group, names in groups.items()}


def _texts_by_name(data: Any) -> dict[str, list[str]]:
    _ensure(isinstance(data, dict) and all(isinstance(name, str) for name in data))
    return {name: _texts(texts) for name, texts in data.items()}


def _texts(data: Any) -> list[str]:
    _ensure(isinstance(data, list) and all(isinstance(text, str) and "\0" not in text for text in data))
    return list(data)


def _ensure(good: bool) -> None:
    if not good:
        raise ValueError("no path set")
