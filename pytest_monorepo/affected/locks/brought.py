"""Projects that published packages bring: of whoever needs one of these a lock alone says so.

A member of a uv or PDM workspace takes the place of every published package of its name, whoever asks for it
(uv 0.13, PDM 2.29), and so does a folder that a table of overrides or constraints names. A change in it
reaches those who install the package that needs it, though no manifest of theirs names either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from pytest_monorepo.affected.answers import Answers, Question
from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.files.listing_delta import holds
from pytest_monorepo.workspace.files.tree import blob_of, child, join
from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.manifests import requirements
from pytest_monorepo.workspace.manifests.requirements import canonical
from pytest_monorepo.workspace.model import Scope, Workspace, parents

# A lock of some megabytes is looked at in each decision, so nothing of it is parsed, only machines write it,
# and what is looked for in all of it begins with letters that are found at once.
_PACKAGE = "\n[[package]]\n"
# within so many characters a package says what it is called and where it lies
_HEAD = 1000
_NAME = late(r'^name = "([^"]+)"', re.M)
_TABLE = late(r"\n\[package\.([\w-]+)")
_SCOPES = {"": Scope.RUNTIME, "optional-dependencies": Scope.EXTRA, "dev-dependencies": Scope.TEST}


class _Form(NamedTuple):
    """How a lock says where a package lies and, in a list called ``dependencies``, what it needs."""

    place: re.Pattern[str]
    need: re.Pattern[str]


_FORMS = {
    "uv.lock": _Form(
        re.compile(r'^source = \{ (?:editable|virtual|directory) = "([^"]*)"', re.M),
        re.compile(r'\{ name = "([^"]+)"'),
    ),
    "pdm.lock": _Form(re.compile(r'^path = "([^"]+)"', re.M), re.compile(r'^    "([\w.-]+)', re.M)),
}


_Row = list[str]
"""Folder, the other's, scope, and the package that brings it: ``_NOBODY`` where it is needed directly."""
_NOBODY = ""
_QUESTION = Question("whom a lock brings", (__file__, requirements.__file__))


def edges_brought(
    workspace: Workspace,
    read: Callable[[str], bytes | None],
    blobs: Mapping[str, str] = MappingProxyType({}),
    answers: Answers | None = None,
) -> Iterator[Edge]:
    """Edges from projects to those that packages bring which are none, as the locks of ``workspace`` say.

    ``answers`` keeps what each of them says; of those whose hash is in ``blobs`` nothing is read then.
    """
    for edge, package in _edges(workspace, read, blobs, answers or Answers()):
        if package != _NOBODY:
            yield edge


def edges_told(
    workspace: Workspace,
    read: Callable[[str], bytes | None],
    blobs: Mapping[str, str] = MappingProxyType({}),
    answers: Answers | None = None,
) -> Iterator[Edge]:
    """These, and what a project needs itself where its manifest does not say so: its build finds it out."""
    for edge, package in _edges(workspace, read, blobs, answers or Answers()):
        if package != _NOBODY or not _is_declared(workspace, edge):
            yield edge


def _is_declared(workspace: Workspace, edge: Edge) -> bool:
    other = workspace.by_path[edge.dependency]
    return any(
        needed.path == other.path or needed.name == other.distribution
        for needed in workspace.by_path[edge.dependent].dependencies
    )


def _edges(
    workspace: Workspace, read: Callable[[str], bytes | None], blobs: Mapping[str, str], answers: Answers
) -> Iterator[tuple[Edge, str]]:
    above = {folder for project in workspace.projects for folder in parents(project.path)}
    for folder in sorted(above):
        for name in _FORMS:
            path = child(folder, name)
            if holds(workspace.files, path):
                rows = _rows(name, path, read, blobs.get(path), answers)
                yield from _edges_of(workspace, folder, path, rows)


def _rows(
    kind: str, path: str, read: Callable[[str], bytes | None], blob: str | None, answers: Answers
) -> Iterable[_Row]:
    known: Iterable[_Row] | None = answers.known(_QUESTION, (kind, blob)) if blob else None
    if known is not None:
        return known
    data = read(path) or b""
    # by what was read: it may have been written meanwhile
    found: Iterable[_Row] = answers.to(_QUESTION, (kind, blob_of(data)), lambda: _found(kind, data))
    return found


def _edges_of(
    workspace: Workspace, folder: str, lock: str, rows: Iterable[_Row]
) -> Iterator[tuple[Edge, str]]:
    for place, other, scope, package in sorted(rows):
        dependent, dependency = join(folder, place), join(folder, other)
        if dependent != dependency and {dependent, dependency} <= workspace.by_path.keys():
            how = f"needed by {lock}" if package == _NOBODY else f"brought by {package} ({lock})"
            yield Edge(dependent, dependency, Scope(scope), how), package


@lru_cache(maxsize=8)
def _found(kind: str, data: bytes) -> list[_Row]:
    packages = _packages(_FORMS[kind], data.decode("utf-8", "replace"))
    places = {name: one.place for name, all_of in packages.items() for one in all_of if one.place is not None}
    return [
        *(
            [place, other, scope.value, package]
            for place, brought in _brought(packages, places).items()
            for (other, scope), package in brought.items()
        ),
        *_needed(packages, places),
    ]


_Brought = Mapping["tuple[str, Scope]", str]


class _Package(NamedTuple):
    place: str | None
    needs: Mapping[Scope, list[str]]


def _needed(packages: Mapping[str, list[_Package]], places: Mapping[str, str]) -> Iterator[_Row]:
    """What local packages need of one another themselves."""
    for name, place in places.items():
        for scope, needs in ((s, n) for one in packages[name] for s, n in one.needs.items()):
            for need in needs:
                if need in places and need != name:
                    yield [place, places[need], scope.value, _NOBODY]


def _brought(packages: Mapping[str, list[_Package]], places: Mapping[str, str]) -> Mapping[str, _Brought]:
    """The folder of each local package → those of others that published ones bring, with one of them.

    A lock is for those in and below its folder: what they need that lies elsewhere has one of its own.
    """
    all_needs = {
        name: frozenset(need for one in all_of for needs in one.needs.values() for need in needs)
        for name, all_of in packages.items()
    }
    published = {name: needs for name, needs in all_needs.items() if name not in places}
    if not any(not needs.isdisjoint(places) for needs in published.values()):
        return {}
    elsewhere = {name: all_needs[name] for name, place in places.items() if place.startswith("..")}
    through = {**published, **elsewhere}
    reached = {package: _reached(package, through) & places.keys() for package in published}
    found: dict[str, dict[tuple[str, Scope], str]] = {}
    for name, place in places.items():
        for scope, needs in ((s, n) for one in packages[name] for s, n in one.needs.items()):
            near = set(needs).union(*(_reached(need, elsewhere) for need in needs))
            for package in sorted(published.keys() & near) if name not in elsewhere else ():
                for other in reached[package]:
                    found.setdefault(place, {}).setdefault((places[other], scope), package)
    return found


def _packages(form: _Form, text: str) -> dict[str, list[_Package]]:
    found: dict[str, list[_Package]] = {}
    text = text.replace("\r\n", "\n") if "\r" in text else text
    for block in f"\n{text}".split(_PACKAGE)[1:]:
        if named := _NAME.search(block, 0, _HEAD):
            place = form.place.search(block, 0, _HEAD)
            told = _Package(place[1] if place else None, dict(_needs(form, block)))
            found.setdefault(canonical(named[1]), []).append(told)
    return found


def _needs(form: _Form, block: str) -> Iterator[tuple[Scope, list[str]]]:
    # what a package needs itself, and then a table for its extras and one for its groups
    parts = ["", *_TABLE.split(block)]
    for table, text in zip(parts[::2], parts[1::2], strict=True):
        if table in _SCOPES and (needs := form.need.findall(text)):
            yield _SCOPES[table], [_canonical(need) for need in needs]


@lru_cache(maxsize=4096)
def _canonical(name: str) -> str:
    return canonical(name)


def _reached(package: str, through: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """All that a package needs, itself or by way of those in ``through``."""
    found: set[str] = set()
    waiting = [package]
    while waiting:
        new = through.get(waiting.pop(), frozenset()) - found
        found |= new
        waiting += new
    return frozenset(found)
