"""Projects whose settings name tests outside their folders: what a path or node id means to them."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from pytest_monorepo.workspace.discovery import collect
from pytest_monorepo.workspace.files.tree import inside, join
from pytest_monorepo.workspace.model import ROOT, Project, Workspace


class Starts(NamedTuple):
    """The projects that run and name something outside, each with what it names; all test files, in order."""

    named: Sequence[tuple[Project, Sequence[str]]]
    tests: Sequence[str]


def starts(workspace: Workspace) -> Starts:
    """What is asked for each target, once for all of them."""
    found = ((p, collect.outside(p.path, p.settings)) for p in workspace.projects if p.runs)
    named = [(project, paths) for project, paths in found if paths]
    tests = {file for project in workspace.projects for file in project.test_files} if named else ()
    return Starts(named, sorted(tests))


def namers(path: str, workspace: Workspace, known: Starts) -> Iterator[Project]:
    """The projects that alone run what ``path`` holds: their ``testpaths`` or ``addopts`` name it."""
    for project, paths in known.named:
        shared = (_shared(path, start) for start in paths)
        if any(part is not None and not _is_collected(part, project, workspace, known) for part in shared):
            yield project


def _shared(path: str, start: str) -> str | None:
    if inside(path, start):
        return path
    return start if inside(start, path) else None


def _is_collected(path: str, namer: Project, workspace: Workspace, known: Starts) -> bool:
    """Whether others run all the tests there, as far as names tell."""
    others = frozenset(_below(path, known.tests))
    if not others:
        return False
    patterns = [pattern.rpartition("/")[2] for pattern in namer.settings.python_files]
    left = (file for file in _below(path, workspace.files) if file not in others)
    return not any(fnmatchcase(file.rpartition("/")[2], pattern) for file in left for pattern in patterns)


def _below(path: str, files: Sequence[str]) -> Sequence[str]:
    """The file itself, or all of a folder's, of ``files`` in order."""
    if path == ROOT:
        return files
    at = bisect_left(files, path)
    # what sorts behind all that begins with the folder and a slash
    folder = files[bisect_left(files, f"{path}/", at) : bisect_left(files, f"{path}0", at)]
    return [path, *folder] if at < len(files) and files[at] == path else folder


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
