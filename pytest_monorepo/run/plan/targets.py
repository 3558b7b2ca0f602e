"""Paths and node ids → the projects they lie in."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.workspace.files.relative import within
from pytest_monorepo.workspace.model import ROOT, Project, Workspace

from . import elsewhere


class Target(NamedTuple):
    """One argument: ``path`` relative to the workspace, ``rest`` the node id behind it (``"::test_x"``).

    Of an id as a run prints it for a file outside, the ``project`` is the one in which it ran.
    """

    typed: str
    path: str
    rest: str
    project: str | None = None


def locate(typed: str, cwd: Path, workspace: Workspace) -> Target:
    """Make an argument workspace-relative; raises :class:`MonorepoError` where it leads nowhere."""
    root = workspace.root
    # "[" starts a parameter, which may hold "::" and slashes of its own
    name, bracket, parameter = typed.partition("[")
    path, sep, rest = name.partition("::")
    if not sep and bracket:
        path, bracket, parameter = typed, "", ""
    absolute = os.path.normpath(cwd / path)
    relative = _below(absolute, root)
    if relative is not None and (not os.path.exists(absolute) or (rest and os.path.isdir(absolute))):
        project, places = elsewhere.meant(relative, workspace)
        if len(places) > 1:
            raise MonorepoError(f"{path}: {' and '.join(places)} are printed so: name the path of one")
        if places:
            return Target(typed, places[0], sep + rest + bracket + parameter, project)
    if not os.path.exists(absolute):
        raise MonorepoError(f"file or directory not found: {path}")
    if relative is None:
        raise MonorepoError(
            f"{path}: outside the workspace {root}; name a path below it or another --rootdir"
        )
    return Target(typed, relative, sep + rest + bracket + parameter)


def locate_module(typed: str, cwd: Path, workspace: Workspace) -> Target | None:
    """``--pyargs``: the file or package that a dotted name means in a project; ``None`` for any other word.

    A name is looked for below the source roots of each project and in its own folder; where several have it,
    in the one that the user stands in. Raises :class:`MonorepoError` where that does not decide.
    """
    name, sep, rest = typed.partition("::")
    if not all(part.isidentifier() for part in name.split(".")):
        return None
    holders = {
        project.path: path
        for project in workspace.projects
        if (path := _module(project, name, workspace.root))
    }
    if len(set(holders.values())) > 1:
        here = workspace.owner(_below(str(cwd), workspace.root) or "..")
        if here is None or here.path not in holders:
            listed = ", ".join(holders)
            raise MonorepoError(f"--pyargs {name}: {listed} have such a module: name the path of one")
        holders = {here.path: holders[here.path]}
    return next((Target(typed, path, sep + rest) for path in holders.values()), None)


def _module(project: Project, name: str, root: Path) -> str | None:
    """Where the project has the module; a folder without ``__init__.py`` is none, as for pytest."""
    inside = name.replace(".", "/")
    for base in (*project.source_roots, project.path):
        path = posixpath.normpath(posixpath.join(base, inside))
        if (root / path / "__init__.py").is_file():
            return path
        if (root / f"{path}.py").is_file():
            return f"{path}.py"
    return None


def route(targets: Iterable[Target], workspace: Workspace) -> Mapping[str, tuple[str, ...]]:
    """Project paths → what to collect there, relative to the project; an empty tuple means all of it.

    A folder above projects means each of them whole, and also what its own project holds in it.
    """
    routed: dict[str, list[str]] = {}
    whole: set[str] = set()
    named = elsewhere.starts(workspace)
    for target in (_behind_link(target, workspace) for target in targets):
        below = [project.path for project in workspace.projects if holds(target.path, project.path)]
        whole.update(path for path in below if workspace.by_path[path].runs)
        owner = workspace.owner(target.path if target.project is None else target.project)
        others = [] if target.project is not None else _others(target, owner, workspace, named)
        reached = bool(below or others) or owner is not None
        is_whole = target.path in workspace.by_path and not target.rest
        own = owner is not None and _has_tests_below(owner, target.path)
        takers = [owner] if owner is not None and not is_whole and (own or not (below or others)) else []
        for project in (*takers, *others):
            local = posixpath.relpath(target.path, project.path)
            routed.setdefault(project.path, []).append(local + target.rest)
        if reached and not (others or any(workspace.by_path[path].runs for path in below)):
            _refuse_left_out(target, workspace)
        if not reached:
            raise MonorepoError(f"{target.typed}: belongs to no project of the workspace")
    for path in whole:
        routed[path] = []
    return {path: tuple(dict.fromkeys(args)) for path, args in sorted(routed.items())}


def _others(
    target: Target, owner: Project | None, workspace: Workspace, named: elsewhere.Starts
) -> list[Project]:
    return [project for project in elsewhere.namers(target.path, workspace, named) if project is not owner]


def _refuse_left_out(target: Target, workspace: Workspace) -> None:
    """Running nothing of what was asked for would look like a pass."""
    owner = workspace.owner(target.path)
    if owner is not None and owner in workspace.left_out:
        raise MonorepoError(
            f"{target.typed} lies in {owner.path}, which exclude or a workspace table leaves out: run it"
            ' there, or write outside-table = "run" in [tool.pytest-monorepo]'
        )


def _behind_link(target: Target, workspace: Workspace) -> Target:
    """The same under the project's own name, where the typed one leads through a link to a project."""
    foreign = any(holds(folder, target.path) for folder in workspace.foreign)
    if not foreign and workspace.owner(target.path) is not None:
        return target
    real = _below(os.path.realpath(workspace.root / target.path), workspace.root)
    return target if real is None else target._replace(path=real)


def holds(folder: str, path: str) -> bool:
    """Whether a workspace-relative path is this folder or lies in it."""
    return folder == ROOT or path == folder or path.startswith(folder + "/")


def _has_tests_below(project: Project, folder: str) -> bool:
    return any(holds(folder, file) for file in project.test_files)


def _below(absolute: str, root: Path) -> str | None:
    for base in (str(root), os.path.realpath(root)):
        for path in (absolute, os.path.realpath(absolute)):
            if (found := within(base, path)) is not None:
                return found
    return None
