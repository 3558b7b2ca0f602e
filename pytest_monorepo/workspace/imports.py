"""Which project's files import which project's packages.

A cheap sieve says which names of the workspace a file mentions; where such a name may lead to another
project, the exact scan confirms one import per pair of projects (:mod:`import_survey`). What a manifest
declares for run time needs no confirmation: the edge is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import import_readings
from .code_files import CODE, CodeFiles, test_side
from .graph import Edge
from .import_cache import ImportCache
from .import_index import Index
from .import_readings import Facts, Memory
from .import_sources import Sources
from .import_survey import FileEdge, Reading, Survey
from .model import Workspace, parents
from .tree import child

__all__ = ["FileEdge", "ImportEdges", "import_edges", "test_side"]

# from here on the cache of all files is quicker than to sieve those of a few projects again
_MANY_FILES = 400
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
    readings: Path | None = None,
) -> ImportEdges:
    """The edges that the files of ``workspace`` draw by importing.

    ``blobs`` maps unmodified files to git's hash of them; with ``cache``, a file of ours, only those are read
    that are new to it. ``ignore`` holds ``"importer -> imported"`` globs of project paths whose imports do
    not count. ``declared`` are edges known beside the manifests. ``read`` reads files that are not on disk (a
    commit's). With ``only``, no other file's imports are looked at. ``readings`` is another file of ours: it
    keeps what each project's imports said, so that only projects are read which a change concerns. It is for
    the files on disk alone.
    """
    question = _Question(CodeFiles(workspace), blobs or {}, tuple(declared), tuple(ignore))
    if readings is None:
        found, _, _ = _survey(question, ImportCache(cache), read, only)
    else:
        found = _remembering(question, cache, readings)
    return _put_together(found)


@dataclass(frozen=True)
class _Question:
    """What the imports are asked of; the fields as in :func:`import_edges`."""

    code: CodeFiles
    blobs: Mapping[str, str]
    declared: tuple[Edge, ...]
    ignore: tuple[str, ...]

    @property
    def workspace(self) -> Workspace:
        return self.code.workspace

    def sources(self, known: ImportCache, read: Callable[[str], bytes | None] | None = None) -> Sources:
        return Sources(self.workspace.root, self.blobs, known, read)


def _survey(
    question: _Question,
    known: ImportCache,
    read: Callable[[str], bytes | None] | None = None,
    only: Collection[str] | None = None,
) -> tuple[list[Reading], frozenset[str], Collection[str]]:
    """Every project's reading, the ``__init__`` files of namespaces, and the files that changed meanwhile."""
    code, sources = question.code, question.sources(known, read)
    paths = [path for files in code.by_project.values() for path in files if only is None or path in only]
    numbers = sources.numbers(paths)
    namespaces = _namespaces(numbers, known.names)
    index = Index(code, question.declared, namespaces)
    survey = Survey(code, index, sources, numbers, known.names, question.ignore)
    readings = [survey.of(project) for project in question.workspace.projects]
    if known.changed:
        known.save(sources.keys(paths))
    return readings, namespaces, sources.doubtful


def _remembering(question: _Question, cache: Path | None, file: Path) -> list[Reading]:
    """Every project's reading; those in ``file`` count for the projects that no change concerns."""
    facts = _facts(question)
    memory = import_readings.load(file, facts.key)
    if memory is not None:
        concerned = import_readings.touched(memory, facts, question.code)
        found = None if concerned is None else _renewed(question, memory, concerned)
        if found is not None:
            return found
    known = ImportCache(cache)
    readings, namespaces, doubtful = _survey(question, known)
    keys = ["" if path in doubtful else key for path, key in zip(facts.paths, facts.keys, strict=True)]
    import_readings.save(file, facts._replace(keys=keys), known.names, namespaces, readings)
    return readings


def _facts(question: _Question) -> Facts:
    workspace = question.workspace
    tests = [path for project in workspace.projects for path in project.test_files]
    code = [path for path in workspace.files if path.endswith(CODE)]
    paths = [*code, *dict.fromkeys(path for path in tests if not path.endswith(CODE))]
    key = import_readings.key_of(workspace, question.declared, question.ignore)
    return Facts(key, paths, question.sources(ImportCache(None)).contents(paths), tests)


def _renewed(question: _Question, memory: Memory, concerned: Collection[str]) -> list[Reading] | None:
    """The readings of ``memory``, those of ``concerned`` projects renewed; ``None`` where all have to be."""
    projects = question.workspace.projects
    found = [memory.reading(number, project) for number, project in enumerate(projects)]
    if not concerned:
        return found
    code, known = question.code, ImportCache(None)
    files = code.by_project
    above = (child(folder, "conftest.py") for path in concerned for folder in parents(path))
    paths = [*files[None], *(path for project in concerned for path in files[project])]
    paths += (path for path in dict.fromkeys(above) if path in code.files)
    if len(paths) > _MANY_FILES:
        return None
    sources = question.sources(known)
    numbers = sources.numbers(dict.fromkeys(paths))
    # whose package is shared with others decides what names mean everywhere
    if _namespaces(numbers, known.names) != memory.namespaces.intersection(numbers):
        return None
    index = Index(code, question.declared, memory.namespaces)
    survey = Survey(code, index, sources, numbers, known.names, question.ignore)
    for number, project in enumerate(projects):
        if project.path in concerned:
            found[number] = survey.of(project)
    return found


def _put_together(readings: Sequence[Reading]) -> ImportEdges:
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
