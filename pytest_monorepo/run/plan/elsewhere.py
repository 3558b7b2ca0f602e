"""Projects whose settings name tests outside their folders: what a path or node id means to them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from pytest_monorepo.workspace.discovery import collect
from pytest_monorepo.workspace.files.tree import inside, join
from pytest_monorepo.workspace.model import Project, Workspace

Starts = Sequence[tuple[Project, Sequence[str]]]


def starts(workspace: Workspace) -> Starts:
    """The projects that run and name something outside, each with what it names."""
    named = ((p, collect.outside(p.path, p.settings)) for p in workspace.projects if p.runs)
    return [(project, paths) for project, paths in named if paths]


def namers(path: str, workspace: Workspace, named: Starts) -> Iterator[Project]:
    """The projects that alone run what ``path`` holds: their ``testpaths`` or ``addopts`` name it."""
    for project, paths in named:
        shared = (_shared(path, start) for start in paths)
        if any(part is not None and not _is_collected(part, project, workspace) for part in shared):
            yield project


def _shared(path: str, start: str) -> str | None:
    if inside(path, start):
        return path
    return start if inside(start, path) else None


def _is_collected(path: str, namer: Project, workspace: Workspace) -> bool:
    """Whether others run all the tests there, as far as names tell."""
    others = frozenset(file for project in workspace.projects for file in project.test_files)
    if not any(inside(file, path) for file in others):
        return False
    patterns = [pattern.rpartition("/")[2] for pattern in namer.settings.python_files]
    left = (file for file in workspace.files if inside(file, path) and file not in others)
    return not any(fnmatchcase(file.rpartition("/")[2], pattern) for file in left for pattern in patterns)


def meant(path: str, workspace: Workspace) -> tuple[str, tuple[str, ...]]:
    """The project of which pytest prints a file as ``path``, and where that may lie: outside of it.

    Its name there is relative to what the settings name (9.2: ``nodes._check_initialpaths_for_relpath``).
    """
    owner = workspace.owner(path)
    if owner is None:
        return "", ()
    local = posixpath.relpath(path, owner.path)
    found = dict.fromkeys(join(start, local) for start in collect.outside(owner.path, owner.settings))
    return owner.path, tuple(place for place in found if (workspace.root / place).is_file())
