"""Which project's files import which project's packages.

A cheap sieve says which names of the workspace a file mentions; where such a name may lead to another
project, the exact scan confirms one import per pair of projects (:mod:`import_survey`). What a manifest
declares for run time needs no confirmation: the edge is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .code_files import CodeFiles, test_side
from .graph import Edge
from .import_cache import ImportCache
from .import_index import Index
from .import_sources import Sources
from .import_survey import FileEdge, Survey
from .model import Workspace

__all__ = ["FileEdge", "ImportEdges", "import_edges", "test_side"]

_NAMESPACE_MARKS = frozenset(
    ("pkgutil", "pkgutil.extend_path", "pkg_resources", "pkg_resources.declare_namespace")
)


@dataclass(frozen=True)
class ImportEdges:
    """What the imports of a workspace say.

    ``edges`` lead from project to project, ``TEST`` where only test files import; pairs that a manifest
    declares for run time are left out, since the declaration says all. What a file of no project, or a
    conftest above a project, imports counts as imported by that project. ``file_edges`` are imports of other
    projects' test files. ``undeclared`` are sentences for imports that no manifest declares, and for names
    that several strangers provide. ``external`` are the first names that a project's files mention and that
    nothing in the workspace or the standard library provides (too many rather than too few). ``loose`` maps
    files of no project to the projects that import them. ``promoted`` are test files that run-time files of
    their own project import: they are source, whatever their place says.
    """

    edges: tuple[Edge, ...] = ()
    file_edges: tuple[FileEdge, ...] = ()
    undeclared: tuple[str, ...] = ()
    external: Mapping[str, frozenset[str]] = field(default_factory=dict)
    loose: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    promoted: frozenset[str] = frozenset()

    @property
    def borrowed(self) -> tuple[Edge, ...]:
        """``file_edges`` as edges between projects: along these a change of test files travels."""
        return tuple(
            Edge(edge.importer, edge.imported, edge.scope, f"imports {edge.imported_path} in {edge.place}")
            for edge in self.file_edges
        )


def import_edges(
    workspace: Workspace,
    *,
    blobs: Mapping[str, str] | None = None,
    cache: Path | None = None,
    ignore: Iterable[str] = (),
    declared: Iterable[Edge] = (),
    read: Callable[[str], bytes | None] | None = None,
    only: Collection[str] | None = None,
) -> ImportEdges:
    """The edges that the files of ``workspace`` draw by importing.

    ``blobs`` maps unmodified files to git's hash of them; with ``cache``, a file of ours, only those are read
    that are new to it. ``ignore`` holds ``"importer -> imported"`` globs of project paths whose imports do
    not count. ``declared`` are edges known beside the manifests. ``read`` reads files that are not on disk (a
    commit's). With ``only``, no other file's imports are looked at.
    """
    known = ImportCache(cache)
    sources = Sources(workspace.root, blobs or {}, known, read)
    code = CodeFiles(workspace)
    paths = [path for files in code.by_project.values() for path in files if only is None or path in only]
    numbers = sources.numbers(paths)
    index = Index(code, declared, _namespaces(numbers, known.names))
    survey = Survey(code, index, sources, numbers, known.names, ignore)
    readings = [survey.of(project) for project in workspace.projects]
    if known.changed:
        known.save(sources.keys(paths))
    return ImportEdges(
        edges=tuple(edge for reading in readings for edge in reading.edges),
        file_edges=tuple(sorted(edge for reading in readings for edge in reading.file_edges)),
        undeclared=tuple(sentence for reading in readings for sentence in reading.undeclared),
        external={reading.project.path: reading.external for reading in readings},
        loose=_inverted({reading.project.path: reading.loose for reading in readings}),
        promoted=frozenset(path for reading in readings for path in reading.promoted),
    )


def _namespaces(numbers: Mapping[str, Iterable[int]], names: list[str]) -> frozenset[str]:
    marks = {number for number, name in enumerate(names) if name in _NAMESPACE_MARKS}
    if not marks:
        return frozenset()
    return frozenset(
        path
        for path, found in numbers.items()
        if path.endswith("__init__.py") and not marks.isdisjoint(found)
    )


def _inverted(loose: Mapping[str, Iterable[str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for project, paths in loose.items():
        for path in paths:
            found.setdefault(path, []).append(project)
    return {path: tuple(found[path]) for path in sorted(found)}
