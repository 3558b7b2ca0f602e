"""What every project's imports said in the last run, for the projects that nothing new can concern.

A :class:`~.import_survey.Reading` follows from the project's own files, the conftests above it, files of no
project, and where the names that it mentions lead. :func:`touched` names the projects for which any of that
may be another one now, and says ``None`` where it cannot tell: then all of them are read anew.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from .code_files import CODE, CodeFiles, parent
from .graph import Edge
from .import_cache import digest, replace_whole
from .import_survey import FileEdge, Reading
from .model import Project, Scope, Workspace
from .tree import inside

# raise it whenever the same files come to mean something else
_HEADER = f"pytest-monorepo readings 1 {sys.version_info[0]}.{sys.version_info[1]}"
_MANY_FILES = 50
_SCOPES = {scope.value: scope for scope in Scope}


class Facts(NamedTuple):
    """What readings follow from.

    ``key`` stands for the projects (their tests apart) and the settings, ``keys`` for the content of each of
    ``paths``, ``""`` where nothing can. ``tests`` are the test files of all projects.
    """

    key: str
    paths: Sequence[str]
    keys: Sequence[str]
    tests: Sequence[str]


class Memory(NamedTuple):
    """The facts of the last run and the readings that followed from them, one per project.

    ``words`` are the parts of all dotted names that any file mentioned, each between zero characters.
    """

    facts: Facts
    words: str
    namespaces: frozenset[str]
    readings: Sequence[Any]

    def reading(self, number: int, project: Project) -> Reading:
        """The reading of the ``number``-th project."""
        external, edges, file_edges, undeclared, loose, promoted = self.readings[number]
        return Reading(
            project,
            frozenset(external),
            [Edge(project.path, to, _SCOPES[scope], how) for to, scope, how in edges],
            [FileEdge(project.path, a, b, c, line, _SCOPES[scope]) for a, b, c, line, scope in file_edges],
            undeclared,
            set(loose),
            set(promoted),
        )


def key_of(workspace: Workspace, declared: Iterable[Edge], ignore: Iterable[str]) -> str:
    """Stands for all that readings depend on beside files and which of them are tests."""
    projects = [
        (
            *(p.path, p.distribution, p.source_roots, p.packages),
            *(p.settings.inifile, p.settings.rootdir, p.settings.addopts),
            [(d.name, d.path, d.scope.value) for d in p.dependencies],
        )
        for p in workspace.projects
    ]
    edges = [(edge.dependent, edge.dependency, edge.scope.value) for edge in declared]
    text = repr((projects, edges, tuple(ignore)))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def load(file: Path, key: str) -> Memory | None:
    """What :func:`save` wrote, if it is whole and of ``key``."""
    with suppress(OSError):
        header, _, body = file.read_bytes().partition(b"\n")
        if header == f"{_HEADER} {key} {digest(body)}".encode():
            paths, keys, tests, words, namespaces, readings = json.loads(body)
            facts = Facts(key, _split(paths), _split(keys), _split(tests))
            return Memory(facts, words, frozenset(namespaces), readings)
    return None


def save(
    file: Path, facts: Facts, names: Iterable[str], namespaces: Iterable[str], readings: Iterable[Reading]
) -> None:
    """Remember; failing to is no error."""
    words = sorted({part for name in names for part in name.split(".")})
    body = json.dumps(
        [
            *("\0".join(some) for some in (facts.paths, facts.keys, facts.tests)),
            f"\0{chr(0).join(words)}\0",
            sorted(namespaces),
            list(map(_encoded, readings)),
        ],
        separators=(",", ":"),
    ).encode("ascii")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(file, f"{_HEADER} {facts.key} {digest(body)}\n".encode() + body)


def _encoded(reading: Reading) -> list[Any]:
    return [
        sorted(reading.external),
        [(edge.dependency, edge.scope.value, edge.how) for edge in reading.edges],
        [
            (edge.imported, edge.imported_path, edge.importer_path, edge.line, edge.scope.value)
            for edge in reading.file_edges
        ],
        reading.undeclared,
        sorted(reading.loose),
        sorted(reading.promoted),
    ]


def _split(text: str) -> Sequence[str]:
    return text.split("\0") if text else []


def touched(old: Memory, now: Facts, code: CodeFiles) -> Collection[str] | None:
    """The projects whose reading may be another one than in ``old``; ``None`` where it may be any."""
    before = old.facts
    if before.paths == now.paths:
        gone, new = set[str](), set[str]()
        differ = [p for p, a, b in zip(now.paths, before.keys, now.keys, strict=True) if a != b or not b]
    else:
        known, current = _by_path(before), _by_path(now)
        gone, new = known.keys() - current.keys(), current.keys() - known.keys()
        differ = [path for path, key in current.items() if not key or known.get(path) != key]
        if len(gone) + len(new) > _MANY_FILES or not _leads_nowhere(old, gone, new, code, known):
            return None
    if len(differ) > _MANY_FILES or not _same_roots(before.tests, now.tests, gone | new):
        return None
    found: set[str] = set()
    for path in (*differ, *gone):
        concerned = _concerned(path, code)
        if not concerned:
            return None
        found.update(concerned)
    return found


def _by_path(facts: Facts) -> dict[str, str]:
    return dict(zip(facts.paths, facts.keys, strict=True))


def _leads_nowhere(
    old: Memory, gone: Collection[str], new: Collection[str], code: CodeFiles, known: Mapping[str, str]
) -> bool:
    """Whether no name that any file mentioned can mean something else for the files that came or went.

    A name leads to a module only by having the module's name as a part. A package or a folder means more.
    """
    for path in (*gone, *new):
        folder, stem = parent(path), path.rpartition("/")[2].partition(".")[0]
        if not path.endswith(".py") or stem in ("__init__", "conftest") or f"\0{stem}\0" in old.words:
            return False
        there = code.folders.get(folder, ())
        if not there or not (
            any(one in known for one in there) or any(parent(one) == folder for one in gone)
        ):
            return False
    return True


def _same_roots(before: Sequence[str], now: Sequence[str], moved: Collection[str]) -> bool:
    """Whether the folders that pytest puts on ``sys.path`` are the same, and tests but for what moved."""
    if before == now:
        return True
    old, new = set(before), set(now)
    differ = old ^ new
    folders = {parent(path) for path in old & new if path.endswith(CODE)}
    return all(path in moved and parent(path) in folders for path in differ)


def _concerned(path: str, code: CodeFiles) -> set[str]:
    """The projects that read the file itself; none where that may be anyone."""
    projects = code.workspace.projects
    if not path.endswith(CODE):
        return {project.path for project in projects if path in project.test_files}
    owner = code.owner(parent(path))
    if owner is None:
        return set()
    if path.endswith("/conftest.py") or path == "conftest.py":
        return {owner.path, *(project.path for project in projects if inside(project.path, parent(path)))}
    return {owner.path}
