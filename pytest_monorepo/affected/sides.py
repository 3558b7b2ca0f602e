"""The two states compared, as :class:`~.selection.Side` values: the disk now, and the base put together.

The base is the present workspace with the old content of the changed files laid over it: nothing else can
differ, and reading a whole commit would cost more than the rest of the decision.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace import graph
from pytest_monorepo.workspace.discovery.proven import discover_proven
from pytest_monorepo.workspace.files.code_files import CODE
from pytest_monorepo.workspace.files.listing_delta import brought_up, holds
from pytest_monorepo.workspace.files.tree import Tree, blob_of, disk_reader
from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.imports.cache import HEADER, ImportCache, known_of
from pytest_monorepo.workspace.imports.edges import ImportEdges, import_edges
from pytest_monorepo.workspace.imports.sieved import names_in
from pytest_monorepo.workspace.manifests.requirements import is_requirements_file
from pytest_monorepo.workspace.model import MARKERS, Workspace

from .answers import Answers, Question, digest_of
from .elsewhere import edges_elsewhere, paths_elsewhere
from .locks.brought import edges_brought, edges_told
from .rules.path_kinds import harmless
from .rules.values import Reach, Side, Touch

if TYPE_CHECKING:
    from .locks.lockfiles import Surroundings
    from .search import Search

Content = Callable[[str], "bytes | None"]
Edges = Callable[[Workspace, Sequence[Edge]], Iterable[Edge]]
"""The edges of a workspace's graph, given those that its code shows: who asks the hooks is above."""
# the names in a file are numbered with what finds them
_LOST = Question(f"whether a name is gone: {HEADER}", ())


class Origin(NamedTuple):
    """Where the files of a side are read, and what is known of them without reading.

    ``blobs`` maps files that are as git has them to their hash, ``cache`` is the file that keeps findings.
    ``on_disk`` where ``read`` does no more than that. ``edges`` are those of the side's graph, ours without.
    ``answers`` keep what contents say, of whichever side.
    """

    read: Content
    blobs: Mapping[str, str]
    cache: Path | None
    on_disk: bool = True
    edges: Edges | None = None
    answers: Answers = Answers()


class _OfState(NamedTuple):
    side: Side
    imports: ImportEdges
    origin: Origin


class State(_OfState):
    """A side with what its files import, and where they are read."""

    @cached_property
    def surroundings(self) -> Surroundings:
        """What the judgement of a lock needs to know beside the lock."""
        from .locks.leftover import is_left_over
        from .locks.lockfiles import Surroundings, installs_all_groups, pins

        workspace = self.side.workspace
        tree = Tree(workspace.root, workspace.files, self.origin.read)

        def is_lock(path: str) -> bool:
            return pins(path, self.origin.read(path)) and not is_left_over(tree, path)

        return Surroundings(
            imported=self.imports.external,
            graph=self.side.graph,
            pins=is_lock,
            all_groups=installs_all_groups(self.origin.read("pyproject.toml")),
        )

    @cached_property
    def brought(self) -> frozenset[tuple[str, str]]:
        """Who installs which project because a published package needs it."""
        edges = edges_brought(self.side.workspace, self.origin.read, self.origin.blobs, self.origin.answers)
        return frozenset((edge.dependent, edge.dependency) for edge in edges)

    @cached_property
    def search(self) -> Search:
        """Who holds which words on disk."""
        from .search import Search

        cache = self.origin.cache
        return Search(self.side.workspace, cache and cache.with_name("searches"))


class Base(NamedTuple):
    """A state compared with: ``old`` maps the changed files that it had to what they held."""

    state: State
    old: Mapping[str, bytes]


def present(
    workspace: Workspace,
    settings: Settings,
    blobs: Mapping[str, str],
    cache: Path | None,
    edges: Edges | None = None,
) -> State:
    """The workspace on disk with its graph."""
    answers = Answers(cache and cache.with_name("answers"))
    read = disk_reader(workspace.root)
    return _state(workspace, settings, Origin(read, blobs, cache, edges=edges, answers=answers))


def base_state(now: State, settings: Settings, old: Mapping[str, bytes], changed: Collection[str]) -> State:
    """The workspace as it was: ``old`` holds the former content of those ``changed`` paths that existed."""
    workspace = now.side.workspace
    hidden = frozenset(changed)

    def read(path: str) -> bytes | None:
        return old.get(path) if path in hidden else now.origin.read(path)

    own = (path for path in hidden if not path.startswith("../"))
    some, moved = brought_up(workspace.files, {path: "" if path in old else None for path in own})
    # with its own files, since an import may mean one that is gone
    files = tuple(some)
    before = replace(workspace, files=files) if moved else workspace
    if any(map(shapes_projects, changed)) or _packages_gone(workspace, old):
        # what the settings name may not have existed yet, and that is no complaint here
        kept = now.origin.cache and now.origin.cache.with_name("base")
        before = discover_proven(Tree(workspace.root, files, read), replace(settings, projects=()), kept)
    origin = now.origin._replace(read=read, blobs={}, on_disk=False)
    lost = _lost_imports(old, now.origin)
    renamed = not _same_names(workspace, before)
    if not (lost or renamed):
        same = before.projects == workspace.projects
        side = now.side._replace(workspace=before)
        if not same:
            side = _side(before, settings, now.imports, origin, _elsewhere(before, settings, origin))
        return State(side, now.imports, origin)
    blobs = {path: blob for path, blob in now.origin.blobs.items() if path not in hidden}
    blobs |= {path: blob_of(old[path]) for path in hidden if path in old and path.endswith(CODE)}
    origin = origin._replace(blobs=blobs)
    # where a file is gone, or a name meant another one, also files count that did not change
    everywhere = renamed or any(now.origin.read(path) is None for path in lost)
    return _state(before, settings, origin, None if everywhere else frozenset(lost))


def shapes_projects(path: str) -> bool:
    """Whether the content of this file decides what the projects are."""
    name = posixpath.basename(path)
    return name in MARKERS or name in ("tox.ini", "Pipfile") or is_requirements_file(path)


def _packages_gone(workspace: Workspace, old: Collection[str]) -> bool:
    """Whether a deleted file may have been all there was of an import name.

    It was not where a regular package still holds its folder: projects provide the package, not its modules.
    """
    files = workspace.files
    gone = (path for path in old if path.endswith((".py", ".pyi", ".so", ".pyd")) and not holds(files, path))
    return not all(holds(files, f"{posixpath.dirname(path)}/__init__.py") for path in gone)


def _same_names(now: Workspace, before: Workspace) -> bool:
    """Whether an import means the same on both sides."""
    return now.projects is before.projects or _names(now) == _names(before)


def _names(workspace: Workspace) -> list[tuple[object, ...]]:
    return [
        (project.path, project.packages, project.renamed, project.source_roots)
        for project in workspace.projects
    ]


def _lost_imports(old: Mapping[str, bytes], now: Origin) -> list[str]:
    """The files of which an import is gone since: one in it or, where the file itself is gone, to it."""
    code = [path for path in old if path.endswith((".py", ".pyi"))]
    # loaded where one of them is new to us: all that is known takes longer to load than the rest of this
    loaded: list[ImportCache] = []

    def known() -> ImportCache:
        if not loaded:
            loaded.append(known_of(now.cache, 2 * len(code)))
        return loaded[0]

    def lost(path: str) -> bool:
        before, after = old[path], now.read(path)
        if after is None:
            return True
        found: bool = now.answers.to(
            _LOST,
            (digest_of(before), digest_of(after)),
            lambda: not names_in(before, known()) <= names_in(after, known()),
        )
        return found

    found = [path for path in code if lost(path)]
    if loaded and loaded[0].changed:
        loaded[0].save()
    return found


def _state(
    workspace: Workspace, settings: Settings, origin: Origin, only: Collection[str] | None = None
) -> State:
    elsewhere = _elsewhere(workspace, settings, origin)
    imports = import_edges(
        workspace,
        blobs=origin.blobs,
        cache=origin.cache,
        readings=origin.cache.with_name("readings") if origin.cache and origin.on_disk else None,
        ignore=settings.ignore_imports,
        declared=tuple(_stated(workspace, settings, elsewhere)),
        read=None if origin.on_disk else origin.read,
        only=only,
    )
    return State(_side(workspace, settings, imports, origin, elsewhere), imports, origin)


def _side(
    workspace: Workspace,
    settings: Settings,
    imports: ImportEdges,
    origin: Origin,
    elsewhere: Sequence[Edge],
) -> Side:
    if origin.edges is None:
        found = graph.build(workspace.projects, imports.edges, _stated(workspace, settings, elsewhere))
    else:
        found = graph.of(workspace.projects, origin.edges(workspace, (*imports.edges, *elsewhere)))
    return Side(
        workspace,
        found,
        borrowed=imports.borrowed,
        readers=_readers(workspace, settings, imports),
    )


def _stated(workspace: Workspace, settings: Settings, elsewhere: Iterable[Edge]) -> Iterator[Edge]:
    """The edges that configuration makes, ours and pytest's, and those that locks tell of."""
    yield from elsewhere
    for edge in graph.declared(settings):
        if {edge.dependent, edge.dependency} <= workspace.by_path.keys():
            yield edge


def _elsewhere(workspace: Workspace, settings: Settings, origin: Origin) -> tuple[Edge, ...]:
    """Of these pytest's and the locks', which are read for that."""
    stated = edges_elsewhere(workspace, _arguments(settings))
    return (*stated, *edges_told(workspace, origin.read, origin.blobs, origin.answers))


def _arguments(settings: Settings) -> Mapping[str, Sequence[str]]:
    return {path: own.args for path, own in settings.per_project.items() if own.args}


def _readers(
    workspace: Workspace, settings: Settings, imports: ImportEdges
) -> Mapping[str, tuple[Touch, ...]]:
    """Who reads a file outside of their own folder: included requirements, loose modules, test paths."""
    found: dict[str, list[Touch]] = {}
    for project in workspace.projects:
        for path in project.includes:
            if workspace.owner(path) is not project:
                # a README is part of what is built, and of nothing that a dependent runs
                reach = Reach.TESTS if harmless(path) else Reach.SOURCE
                found.setdefault(path, []).append(Touch(project.path, reach, f"includes {path}"))
    for path, touch in paths_elsewhere(workspace, _arguments(settings)):
        found.setdefault(path, []).append(touch)
    for path, importers in imports.loose.items():
        found.setdefault(path, []).extend(Touch(p, Reach.SOURCE, f"imports {path}") for p in importers)
    return {path: tuple(touches) for path, touches in found.items()}
