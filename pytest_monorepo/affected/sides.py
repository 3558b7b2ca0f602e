"""The two states compared, as :class:`~.selection.Side` values: the disk now, and the base put together.

The base is the present workspace with the old content of the changed files laid over it: nothing else can
differ, and reading a whole commit would cost more than the rest of the decision.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace import graph
from pytest_monorepo.workspace.candidates import MARKERS
from pytest_monorepo.workspace.discovery import discover_tree
from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.import_index import test_side
from pytest_monorepo.workspace.import_scan import sieve
from pytest_monorepo.workspace.imports import ImportEdges, import_edges
from pytest_monorepo.workspace.model import Scope, Workspace
from pytest_monorepo.workspace.requirements import is_requirements_file
from pytest_monorepo.workspace.tree import Tree, disk_reader

from .lockfiles import Surroundings
from .selection import Reach, Side, Touch

Content = Callable[[str], "bytes | None"]


@dataclass(frozen=True)
class Origin:
    """Where the files of a side are read, and what is known of them without reading.

    ``blobs`` maps files that are as git has them to their hash, ``cache`` is the file that keeps findings.
    """

    read: Content
    blobs: Mapping[str, str]
    cache: Path | None


@dataclass(frozen=True)
class State:
    """A side with what its files import, and where they are read."""

    side: Side
    imports: ImportEdges
    origin: Origin

    @cached_property
    def surroundings(self) -> Surroundings:
        """What the judgement of a lock needs to know beside the lock."""
        return Surroundings(imported=self.imports.external, graph=self.side.graph)


def present(workspace: Workspace, settings: Settings, blobs: Mapping[str, str], cache: Path | None) -> State:
    """The workspace on disk with its graph."""
    return _state(workspace, settings, Origin(disk_reader(workspace.root), blobs, cache))


def base_state(now: State, settings: Settings, old: Mapping[str, bytes], changed: Collection[str]) -> State:
    """The workspace as it was: ``old`` holds the former content of those ``changed`` paths that existed."""
    workspace = now.side.workspace
    hidden = frozenset(changed)

    def read(path: str) -> bytes | None:
        return old.get(path) if path in hidden else now.origin.read(path)

    inside = [path for path in old if not path.startswith("../")]
    files = tuple(sorted({*(path for path in workspace.files if path not in hidden), *inside}))
    before = workspace
    if files != workspace.files or any(map(shapes_projects, changed)):
        # what the settings name may not have existed yet, and that is no complaint here
        before = discover_tree(Tree(workspace.root, files, read), replace(settings, projects=()))
    blobs = {path: blob for path, blob in now.origin.blobs.items() if path not in hidden}
    origin = Origin(read, blobs, now.origin.cache)
    if _same_names(workspace, before) and not any(_imported_more(path, old, now.origin.read) for path in old):
        return State(_side(before, settings, now.imports), now.imports, origin)
    return _state(before, settings, origin)


def shapes_projects(path: str) -> bool:
    """Whether the content of this file decides what the projects are."""
    name = posixpath.basename(path)
    return name in MARKERS or name in ("tox.ini", "Pipfile") or is_requirements_file(path)


def _same_names(now: Workspace, before: Workspace) -> bool:
    """Whether an import means the same on both sides."""
    return [(p.path, p.packages, p.source_roots) for p in now.projects] == [
        (p.path, p.packages, p.source_roots) for p in before.projects
    ]


def _imported_more(path: str, old: Mapping[str, bytes], read: Content) -> bool:
    """Whether the base had an import that is gone, of this file or (where the file is gone) to it."""
    if not path.endswith((".py", ".pyi")):
        return False
    content = read(path)
    return content is None or not set(sieve(old[path])) <= set(sieve(content))


def _state(workspace: Workspace, settings: Settings, origin: Origin) -> State:
    imports = import_edges(
        workspace,
        blobs=origin.blobs,
        cache=origin.cache,
        ignore=settings.ignore_imports,
        declared=tuple(_declared(workspace, settings)),
        reader=origin.read,
    )
    return State(_side(workspace, settings, imports), imports, origin)


def _side(workspace: Workspace, settings: Settings, imports: ImportEdges) -> Side:
    return Side(
        workspace,
        graph.build(workspace.projects, imports.edges, _declared(workspace, settings)),
        borrowed=tuple(_borrowed(workspace, imports)),
        readers=_readers(workspace, imports),
    )


def _declared(workspace: Workspace, settings: Settings) -> Iterator[Edge]:
    for path, own in settings.per_project.items():
        for other in own.depends_on:
            if {path, other} <= workspace.by_path.keys():
                yield Edge(path, other, Scope.RUNTIME, "depends-on in the settings")


def _borrowed(workspace: Workspace, imports: ImportEdges) -> Iterator[Edge]:
    """The imports of another project's test files: along these a change of tests travels."""
    for edge in imports.file_edges:
        importer = workspace.by_path.get(edge.importer)
        if importer is not None and edge.imported in workspace.by_path:
            in_tests = test_side(importer, edge.importer_path) and edge.importer_path not in imports.promoted
            above = workspace.owner(edge.importer_path) is not importer
            scope = Scope.TEST if in_tests or above else Scope.RUNTIME
            how = f"imports {edge.imported_path} in {edge.importer_path}:{edge.line}"
            yield Edge(edge.importer, edge.imported, scope, how)


def _readers(workspace: Workspace, imports: ImportEdges) -> Mapping[str, tuple[Touch, ...]]:
    """Who reads a file outside of their own folder: included requirements, modules of no project."""
    found: dict[str, list[Touch]] = {}
    for project in workspace.projects:
        for path in project.includes:
            if workspace.owner(path) is not project:
                found.setdefault(path, []).append(Touch(project.path, Reach.SOURCE, f"includes {path}"))
    for path, importers in imports.loose.items():
        found.setdefault(path, []).extend(Touch(p, Reach.SOURCE, f"imports {path}") for p in importers)
    return {path: tuple(touches) for path, touches in found.items()}
