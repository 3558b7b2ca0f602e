"""``--affected-level file``: the projects of a selection, narrowed down to test files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from pytest_monorepo.affected.selection import ChangedFile, Selection, spreads
from pytest_monorepo.affected.sides import Base, State
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.files.code_files import CODE
from pytest_monorepo.workspace.imports.cache import ImportCache
from pytest_monorepo.workspace.imports.scan import sieve
from pytest_monorepo.workspace.imports.sources import Sources
from pytest_monorepo.workspace.model import Project, Workspace

from .links import Links
from .narrow import Narrowed, narrow


def by_file(
    selection: Selection,
    changes: Sequence[ChangedFile],
    now: State,
    bases: Sequence[Base],
    settings: Settings,
) -> dict[str, Narrowed]:
    """What runs of each selected project."""
    workspace = now.side.workspace
    chosen = [project for project in workspace.projects if project.path in selection.selected]
    if (why := _same_for_all(selection, workspace, bases)) is not None:
        return {project.path: Narrowed(whole=why) for project in chosen}
    found = [
        one._replace(code=one.code and not _has_hooks(one.path, now, bases))
        for one in spreads(changes, now.side, [base.state.side for base in bases], settings)
    ]
    loads = Links(_united(workspace, bases), now.side.graph, _mentioned(now, bases)).loads
    whole = {p.path: why for p in chosen if (why := _whole(p, settings, now)) is not None}
    return narrow(chosen, found, loads, whole)


def _same_for_all(selection: Selection, workspace: Workspace, bases: Iterable[Base]) -> str | None:
    if selection.everything is not None:
        return f"affects all: {selection.everything}"
    for base in bases:
        if _shapes(base.state.side.workspace) != _shapes(workspace):
            return "projects, or where their packages lie, are others than at the base"
    return None


def _shapes(workspace: Workspace) -> list[tuple[object, ...]]:
    return [(p.path, p.packages, p.source_roots, p.includes) for p in workspace.projects]


def _has_hooks(path: str, now: State, bases: Iterable[Base]) -> bool:
    """Whether a conftest has hooks: some are called for the whole session, not only for what lies below."""
    texts = (now.origin.read(path), *(base.old.get(path) for base in bases))
    return path.endswith("conftest.py") and any(b"def pytest_" in (text or b"") for text in texts)


def _whole(project: Project, settings: Settings, now: State) -> str | None:
    """Why a project's own settings keep its files from being told apart."""
    if settings.keep_whole:
        return "keep-whole in the settings"
    if b"max_warnings" in (now.origin.read(project.settings.inifile or "") or b""):
        return "max_warnings counts over all of its files"
    words = project.settings.addopts
    for word, following in pairwise((*words, "")):
        plugin = following if word == "-p" else word[2:] if word.startswith("-p") else ""
        if plugin and not plugin.startswith("no:"):
            return f"its addopts load the plugin {plugin}"
    return None


def _united(workspace: Workspace, bases: Iterable[Base]) -> Workspace:
    """The workspace with the files of all states compared."""
    files = {*workspace.files, *(path for base in bases for path in base.state.side.workspace.files)}
    return replace(workspace, files=tuple(sorted(files)))


def _mentioned(now: State, bases: Iterable[Base]) -> dict[str, frozenset[str]]:
    """The names that each file mentions, in any of the states."""
    workspace, origin = now.side.workspace, now.origin
    cache = ImportCache(origin.cache)
    sources = Sources(workspace.root, origin.blobs, cache, None if origin.on_disk else origin.read)
    tests = (path for project in workspace.projects for path in project.test_files)
    paths = dict.fromkeys((*(path for path in workspace.files if path.endswith(CODE)), *tests))
    numbers = sources.numbers(paths)
    if cache.changed:
        cache.save(sources.keys(paths))
    names = cache.names
    found = {path: frozenset(names[number] for number in numbers[path]) for path in paths}
    for base in bases:
        for path, old in base.old.items():
            if path.endswith(CODE):
                found[path] = found.get(path, frozenset()) | frozenset(sieve(old))
    return found
