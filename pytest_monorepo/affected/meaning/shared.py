"""A changed root ``pyproject.toml``, where what changed in it names the projects that it is for.

Our own tables of single projects, the sources of single distributions that uv's members inherit, and what of
pytest's configuration is for those who run on it. Anything else in it is for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import tomli

from pytest_monorepo.affected.rules.values import Reach, Touch
from pytest_monorepo.affected.sides import State
from pytest_monorepo.workspace.files.tree import Table, table_at
from pytest_monorepo.workspace.manifests.requirements import canonical
from pytest_monorepo.workspace.model import ROOT

from .manifests import changed_keys, is_unseen

# What these say decides which tests are selected or replayed, not what any of them does.
_SELECT = frozenset(("inputs", "depends-on", "cached", "cached-clock", "cached-referee"))
# Keys of pytest that only a process with tests uses: the controller collects none.
_OF_TESTS = frozenset(
    (
        *("doctest_encoding", "doctest_optionflags", "empty_parameter_set_mark", "markers"),
        *("python_classes", "python_functions", "usefixtures", "xfail_strict"),
    )
)
# The tables of a package in uv.lock that name what it needs.
_NEEDS = ("dependencies", "optional-dependencies", "dev-dependencies")


def touched(
    before: bytes | None, after: bytes | None, now: State, base: State
) -> tuple[tuple[Touch, ...], str] | None:
    """Whom the change concerns, and what changed in words; ``None`` where that may be all."""
    keys = changed_keys("pyproject.toml", before, after)
    if keys is None or before is None or after is None:
        return None
    documents = [tomli.loads(data.decode("utf-8-sig")) for data in (before, after)]
    found = {Touch(ROOT, Reach.TESTS, "its own pyproject.toml")}
    sources: set[str] = set()
    for key in keys:
        match key:
            case ("tool", "pytest-monorepo", "projects", project, name, *_) if all(map(_is_ours, documents)):
                if name not in _SELECT:
                    found.add(Touch(project, Reach.TESTS, f"{name} in the settings"))
            case ("tool", "uv", "sources", name, *_):
                sources.add(canonical(name))
            case ("tool", "pytest", *_, name) if name in _OF_TESTS:
                found.update(_configured((now, base)))
            case _ if not is_unseen(key):
                return None
            case _:
                found.update(t for s in (now, base) for t in s.side.readers.get("pyproject.toml", ()))
    if any(_may_need(state, sources) for state in (now, base) if sources):
        return None
    found.update(_declaring(sources, (now, base)))
    words = ", ".join(dict.fromkeys(".".join(key[:4]) for key in keys))
    return tuple(sorted(found, key=lambda touch: (touch.project, touch.how))), f"{words} changed"


def _is_ours(document: Table) -> bool:
    """Whether the table is there, without which the root may be another folder."""
    return "pytest-monorepo" in table_at(document, "tool")


def _configured(states: Iterable[State]) -> Iterator[Touch]:
    for state in states:
        for project in state.side.workspace.projects:
            if project.settings.inifile == "pyproject.toml":
                yield Touch(project.path, Reach.TESTS, "pytest configuration pyproject.toml above it")


def _declaring(names: set[str], states: Iterable[State]) -> Iterator[Touch]:
    for state in states if names else ():
        for project in state.side.workspace.projects:
            for dependency in project.dependencies:
                if dependency.name in names:
                    yield Touch(project.path, Reach.SOURCE, f"uv source of {dependency.name}")


def _may_need(state: State, names: set[str]) -> bool:
    """Whether packages of uv's lock that are no members need one of these, and so do those who install them.

    So it may be where there is no lock that says.
    """
    try:
        lock = tomli.loads((state.origin.read("uv.lock") or b"").decode("utf-8"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return True
    packages = lock.get("package")
    if not isinstance(packages, list):
        return True
    others = (one for one in packages if isinstance(one, dict) and not _is_member(one))
    return any(canonical(name) in names for one in others for name in _needs(one))


def _is_member(package: Mapping[str, Any]) -> bool:
    source = package.get("source")
    return isinstance(source, dict) and not source.keys().isdisjoint(("editable", "virtual", "directory"))


def _needs(package: Mapping[str, Any]) -> Iterator[str]:
    for key in _NEEDS:
        table = package.get(key, [])
        for group in table.values() if isinstance(table, dict) else (table,):
            yield from (each["name"] for each in group if isinstance(each, dict) and "name" in each)
