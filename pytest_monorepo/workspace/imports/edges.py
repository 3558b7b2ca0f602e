"""Which project's files import which project's packages.

A cheap sieve says which names of the workspace a file mentions; where such a name may lead to another
project, the exact scan confirms one import per pair of projects (:mod:`.survey`). What a manifest
declares for run time needs no confirmation: the edge is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pytest_monorepo.workspace.files.code_files import CODE, CodeFiles, test_side
from pytest_monorepo.workspace.files.tree import child
from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.model import Workspace, parents

from . import readings as import_readings
from .cache import ImportCache, known_of
from .reading import FileEdge, Reading, Walker
from .readings import Concern, Facts, Memory
from .sources import Sources

if TYPE_CHECKING:
    from .index import Index

__all__ = ["FileEdge", "ImportEdges", "import_edges", "test_side"]

# from here on the cache of all files is quicker than to sieve those of a few projects again
_MANY_FILES = 400
# what is remembered of some 5,000 files is written in less time than a project takes to be read again
_QUICKLY_KEPT = 500_000
_NAMESPACE_MARKS = frozenset(
    ("pkgutil", "pkgutil.extend_path", "pkg_resources", "pkg_resources.declare_namespace")
)


class ImportEdges(NamedTuple):
    """What the imports of a workspace say.

    ``edges`` lead from project to project, ``TEST`` where only test files import; pairs that a manifest
    declares for run time are left out, since the declaration says all. What a file of no project, or a
    conftest above a project, imports counts as imported by that project. ``file_edges`` are imports of other
    projects' test files. ``undeclared`` are sentences for imports that no manifest declares, and for names
    that several strangers provide. ``external`` are the first names that a project's files mention and that
    nothing in the workspace or the standard library provides (too many rather than too few). ``loose`` maps
    files of no project to the projects that import them. ``promoted`` are test files that run-time files of
    their own project import: they are source, whatever their place says. ``walkers`` are projects with the
    files of theirs that go through code or manifests of others without naming them.
    """

    edges: tuple[Edge, ...] = ()
    file_edges: tuple[FileEdge, ...] = ()
    undeclared: tuple[str, ...] = ()
    external: Mapping[str, frozenset[str]] = MappingProxyType({})
    loose: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    promoted: frozenset[str] = frozenset()
    walkers: tuple[tuple[str, Walker], ...] = ()

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
        known = ImportCache(cache) if only is None else known_of(cache, len(only))
        found = _survey(question, known, read, only).readings
    else:
        found = _remembering(question, cache, readings)
    return _put_together(found)


class _Question(NamedTuple):
    """What the imports are asked of; the fields as in :func:`import_edges`."""

    code: CodeFiles
    blobs: Mapping[str, str]
    declared: tuple[Edge, ...]
    ignore: tuple[str, ...]

    @property
    def workspace(self) -> Workspace:
        return self.code.workspace

    def content(self, path: str) -> str | None:
        """What stands for the content of a file on disk; ``None`` where there is none."""
        since = self.workspace.since
        if since is not None and path in since.paths:
            blob = since.paths[path]
        else:
            blob = self.blobs.get(path, "") if self.code.has(path) else None
        if blob is None:
            return None
        return Sources(self.workspace.root, {path: blob}, ImportCache(None)).contents([path])[0]

    def sources(self, known: ImportCache, read: Callable[[str], bytes | None] | None = None) -> Sources:
        return Sources(self.workspace.root, self.blobs, known, read)

    def renewing(self, known: ImportCache, kept: bool) -> Sources:
        """For a few files: git's hashes of all need not be known where nothing is ``kept`` under them."""
        return Sources(self.workspace.root, self.blobs if kept or known.keeps else {}, known)


class _Renewed(NamedTuple):
    """Every project's reading, the names that the files which differ mention, and those in doubt.

    ``asked`` as in :class:`~.index.Index`.
    """

    readings: list[Reading]
    mentioned: Collection[str] = ()
    doubtful: Collection[str] = ()
    asked: Mapping[str, bool] = MappingProxyType({})


class _Surveyed(NamedTuple):
    """Every project's reading, and what was found on the way; ``doubtful`` files changed meanwhile."""

    readings: list[Reading]
    namespaces: frozenset[str]
    doubtful: Collection[str]
    modules: Index


def _survey(
    question: _Question,
    known: ImportCache,
    read: Callable[[str], bytes | None] | None = None,
    only: Collection[str] | None = None,
) -> _Surveyed:
    from .index import Index
    from .survey import Survey

    code, sources = question.code, question.sources(known, read)
    paths = [path for files in code.by_project.values() for path in files if only is None or path in only]
    numbers = sources.numbers(paths)
    namespaces = _namespaces(numbers, known.names)
    index = Index(code, question.declared, namespaces)
    survey = Survey(code, index, sources, numbers, known.names, question.ignore)
    readings = [survey.of(project) for project in question.workspace.projects]
    if known.changed:
        known.save(sources.keys(paths) if only is None else None)
    return _Surveyed(readings, namespaces, sources.doubtful, index)


def _remembering(question: _Question, cache: Path | None, file: Path) -> list[Reading]:
    """Every project's reading; those in ``file`` count for the projects that no change concerns."""
    memory = import_readings.load(file)
    origin = import_readings.origin_of(question.workspace, question.declared, question.ignore)
    if memory is not None and origin is not None and memory.origin.key == origin.key:
        paths = {*origin.paths, *memory.origin.paths}
        concern = import_readings.touched_among(memory, paths, question.content, question.code)
        kept = len(memory.records) <= _QUICKLY_KEPT
        renewed = None if concern is None else _renewed(question, memory, concern, cache, kept=kept)
        if renewed is not None:
            if kept and concern is not None and concern.projects:
                _move_on(file, memory, origin, concern, renewed)
            return renewed.readings
    facts = _facts(question)
    if memory is not None and memory.key == facts.key:
        concern = import_readings.touched(memory, facts, question.code)
        renewed = None if concern is None else _renewed(question, memory, concern, cache, kept=True)
        if renewed is not None:
            if origin is not None:
                _move_on_to(file, facts, origin, memory.names, question, renewed)
            return renewed.readings
    known = ImportCache(cache)
    surveyed = _survey(question, known)
    names = import_readings.Names(
        import_readings.parts_of(known.names),
        import_readings.enclosed(surveyed.modules.loose_tops),
        namespaces=surveyed.namespaces,
        ownerless=question.code.by_project[None],
    )
    names = import_readings.with_places(names, surveyed.modules.asked)
    import_readings.save(file, facts.without(surveyed.doubtful), origin, names, surveyed.readings)
    return surveyed.readings


def _move_on(
    file: Path, memory: Memory, origin: import_readings.Origin, concern: Concern, renewed: _Renewed
) -> None:
    """Remember what is otherwise, so that the next run has not to find it again."""
    contents = {path: "" if path in renewed.doubtful else key for path, key in concern.contents.items()}
    if all(memory.content(path) == key for path, key in contents.items()):
        return  # of these nothing can stand for the content
    names = import_readings.with_places(memory.names, renewed.asked)._replace(
        words=import_readings.with_parts(memory.names.words, renewed.mentioned),
        loose=import_readings.with_parts(memory.names.loose, _stems(concern.new)),
    )
    found = {n: one for n, one in enumerate(renewed.readings) if one.project.path in concern.projects}
    import_readings.move_on(file, memory, origin, contents, names, found)


def _move_on_to(
    file: Path,
    facts: Facts,
    origin: import_readings.Origin,
    names: import_readings.Names,
    question: _Question,
    renewed: _Renewed,
) -> None:
    """Remember all that is known now, so that the next run has little to compare."""
    from .index import Index

    index = Index(question.code, question.declared, names.namespaces)
    words = import_readings.with_parts(names.words, renewed.mentioned)
    names = import_readings.with_places(names, renewed.asked)
    names = names._replace(words=words, loose=import_readings.enclosed(index.loose_tops))
    import_readings.save(file, facts.without(renewed.doubtful), origin, names, renewed.readings)


def _stems(paths: Iterable[str]) -> set[str]:
    return {path.rpartition("/")[2].partition(".")[0] for path in paths}


def _facts(question: _Question) -> Facts:
    workspace = question.workspace
    tests = [path for project in workspace.projects for path in project.test_files]
    code = [path for path in workspace.files if path.endswith(CODE)]
    paths = [*code, *dict.fromkeys(path for path in tests if not path.endswith(CODE))]
    key = import_readings.key_of(workspace, question.declared, question.ignore)
    return Facts(key, paths, question.sources(ImportCache(None)).contents(paths), tests)


def _renewed(
    question: _Question, memory: Memory, concern: Concern, cache: Path | None, *, kept: bool
) -> _Renewed | None:
    """The readings of ``memory``, those of ``concern`` renewed; ``None`` where all have to be.

    Those that are to be ``kept`` have to be of the bytes that git's hashes stand for.
    """
    projects = question.workspace.projects
    found = [memory.reading(number, project) for number, project in enumerate(projects)]
    if not concern.projects:
        return _Renewed(found)
    from .index import Index
    from .survey import Survey

    code = question.code
    own = [question.workspace.by_path[path] for path in concern.projects]
    above = (child(folder, "conftest.py") for path in concern.projects for folder in parents(path))
    paths = [*memory.names.ownerless, *(path for project in own for path in code.of(project))]
    paths += (path for path in dict.fromkeys(above) if code.has(path))
    paths += (path for project in own for path in code.included(project))
    if len(paths) > _MANY_FILES:
        return None
    known = known_of(cache, len(paths))
    sources = question.renewing(known, kept)
    numbers = sources.numbers(dict.fromkeys(paths))
    # whose package is shared with others decides what names mean everywhere
    if _namespaces(numbers, known.names) != memory.names.namespaces.intersection(numbers):
        return None
    stems = _stems(concern.new)

    def loose_top(top: str) -> bool:
        return top in stems or import_readings.among(top, memory.names.loose)

    index = Index(code, question.declared, memory.names.namespaces, loose_top)
    survey = Survey(code, index, sources, numbers, known.names, question.ignore)
    for number, project in enumerate(projects):
        if project.path in concern.projects:
            found[number] = survey.of(project)
    if known.changed:
        known.save()
    # what all others mention is remembered
    mentioned = {known.names[number] for path in concern.contents for number in numbers.get(path, ())}
    return _Renewed(found, mentioned, sources.doubtful, index.asked)


def _put_together(readings: Sequence[Reading]) -> ImportEdges:
    return ImportEdges(
        edges=tuple(edge for reading in readings for edge in reading.edges),
        file_edges=tuple(sorted(edge for reading in readings for edge in reading.file_edges)),
        undeclared=tuple(sentence for reading in readings for sentence in reading.undeclared),
        external={reading.project.path: reading.external for reading in readings},
        loose=_inverted({reading.project.path: reading.loose for reading in readings}),
        promoted=frozenset(path for reading in readings for path in reading.promoted),
        walkers=tuple((reading.project.path, walker) for reading in readings for walker in reading.walkers),
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
