"""What is to be said of folders that hold tests and are no project: which they are, and what to write."""

from __future__ import annotations

import json
import posixpath
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import fields
from itertools import groupby

from pytest_monorepo.settings import TABLE, ProjectSettings, Settings
from pytest_monorepo.workspace.files import globs
from pytest_monorepo.workspace.files.tree import Tree, child, inside, table_at
from pytest_monorepo.workspace.manifests.requirements import is_requirements_file
from pytest_monorepo.workspace.model import ROOT, Project, parents

from .candidates import EXAMPLES, TESTS, Choice
from .pytest_settings import Reader

_SHOWN = 5
_NAME = TABLE.rpartition(".")[2]
_OF_ONE_PROJECT = frozenset(field.name.replace("_", "-") for field in fields(ProjectSettings))
# environments and caches, where nobody looks for tests of theirs
_NOISE = frozenset(("node_modules", "site-packages", "__pycache__", "bower_components", "venv"))


def remarks(tree: Tree, chosen: Choice, settings: Settings, projects: Sequence[Project]) -> tuple[str, ...]:
    """Sentences for the user, none for what the settings answer."""
    return (
        *_outside(tree, chosen, settings),
        *_dropped(tree, chosen, settings),
        *_without_manifest(tree, chosen, settings, projects),
        *_without_match(settings, projects),
        *_own_tables(tree, projects),
    )


def _own_tables(tree: Tree, projects: Sequence[Project]) -> Iterable[str]:
    """A project's own table holds where it is the root of a run, as a folder with projects in it may be."""
    said = {project.path: names for project in projects if (names := _own_table(tree, project, projects))}
    if said:
        keys, first = ", ".join(sorted(set().union(*said.values()))), next(iter(said))
        yield (
            f"[{TABLE}] holds only in the workspace's root, and is not read in {listed(list(said))};"
            f" write {keys} there, in [{TABLE}.projects.'{first}']"
        )


def _own_table(tree: Tree, project: Project, projects: Sequence[Project]) -> frozenset[str]:
    path = child(project.path, "pyproject.toml")
    if project.path == ROOT or project.error or _NAME not in (tree.read(path) or ""):
        return frozenset()
    if any(other.path != project.path and inside(other.path, project.path) for other in projects):
        return frozenset()
    return _OF_ONE_PROJECT.intersection(table_at(tree.toml(path), *TABLE.split(".")))


def _without_match(settings: Settings, projects: Sequence[Project]) -> Iterable[str]:
    running = [project.path for project in projects if project.runs]
    for pattern in settings.projects:
        if not any(globs.matches(path, (pattern,)) for path in running):
            yield f"[tool.pytest-monorepo] projects: '{pattern}' matches folders, but none that has tests"


def _without_manifest(
    tree: Tree, chosen: Choice, settings: Settings, projects: Sequence[Project]
) -> Iterable[str]:
    if folders := without_manifest(tree, chosen, settings):
        written = json.dumps(as_globs(with_these(folders, projects)), ensure_ascii=False)
        yield (
            f"part of the root, since they have tests and no manifest: {listed(folders)};"
            f" write projects = {written} in [tool.pytest-monorepo] to run each by itself"
        )


def without_manifest(tree: Tree, chosen: Choice, settings: Settings) -> list[str]:
    """The folders of the root that have tests and dependencies of their own, and no manifest.

    Requirements and conda files, a Pipfile and Pants's ``python_tests`` say so; a root that says itself where
    its tests lie means them.
    """
    if settings.projects or Reader(tree).read(ROOT).testpaths:
        return []
    stops = (chosen.running | chosen.foreign | set(chosen.folders)) - {ROOT}
    found = {folder for at, names in tree.folders.items() if (folder := _told_by(tree, at, names)) != ROOT}
    return [
        folder
        for folder in sorted(found)
        if stops.isdisjoint(parents(folder))
        and found.isdisjoint(above for above in parents(folder) if above != folder)
        and (TESTS | EXAMPLES).isdisjoint(folder.split("/"))
        and has_tests(tree, folder)
    ]


def _told_by(tree: Tree, folder: str, names: Sequence[str]) -> str:
    """The folder whose needs the files in ``folder`` tell; the root where none does."""
    if not any(_tells(tree, child(folder, name)) for name in names):
        return ROOT
    outer, _, name = folder.rpartition("/")
    return outer or ROOT if name in TESTS or name in ("requirements", "reqs") else folder


def _tells(tree: Tree, path: str) -> bool:
    name = path.rpartition("/")[2]
    if name in ("BUILD", "BUILD.pants"):
        return "python_test" in (tree.read(path) or "")
    return name in ("Pipfile", "environment.yml", "environment.yaml") or is_requirements_file(path)


def with_these(folders: Sequence[str], projects: Sequence[Project]) -> list[str]:
    """All that would run with ``folders`` as projects; the root only if it has tests beside theirs."""
    kept = [
        project.path
        for project in projects
        if project.runs
        and (
            project.path != ROOT
            or any(not any(inside(test, folder) for folder in folders) for test in project.test_files)
        )
    ]
    return sorted({*folders, *kept})


def as_globs(paths: Iterable[str]) -> list[str]:
    """``libs/*`` where several projects share a folder, else their paths."""
    found = []
    for folder, group in groupby(
        sorted(paths, key=lambda path: (posixpath.dirname(path), path)), posixpath.dirname
    ):
        members = list(group)
        found += [f"{folder}/*"] if folder and len(members) > 1 else members
    return found


def _outside(tree: Tree, chosen: Choice, settings: Settings) -> Iterable[str]:
    if settings.projects or settings.outside_table is not None:
        return
    if left := outside(tree, chosen, settings):
        yield (
            f"no members of the workspace table and left out, with their tests: {listed(left)};"
            ' write outside-table = "run" in [tool.pytest-monorepo] to run them, or "leave" to silence this'
        )


def outside(tree: Tree, chosen: Choice, settings: Settings) -> list[str]:
    """The folders with tests of their own that a workspace table leaves out, and nothing else does."""
    return [
        folder
        for folder in chosen.narrowed
        if folder not in chosen.running
        and not globs.covers(folder, settings.exclude)
        and has_tests(tree, folder)
    ]


def _dropped(tree: Tree, chosen: Choice, settings: Settings) -> Iterable[str]:
    dropped = [
        folder
        for folder in sorted(chosen.dropped)
        if not globs.covers(folder, settings.exclude) and not _is_noise(folder) and has_tests(tree, folder)
    ]
    if dropped and not settings.projects:
        yield (
            f"no projects, by the names of their folders, though they have tests: {listed(dropped)};"
            " list them in [tool.pytest-monorepo] exclude to silence this, or name them as members of the"
            ' workspace table or by a table [tool.pytest-monorepo.projects."…"] to run them'
        )


def _is_noise(folder: str) -> bool:
    names = folder.split("/")
    return not _NOISE.isdisjoint(names) or any(name[0] == "." or "{" in name for name in names)


def has_tests(tree: Tree, folder: str) -> bool:
    """Whether a file below the folder is a test's by pytest's own default names."""
    prefix = folder + "/"
    for path in tree.files[bisect_left(tree.files, prefix) :]:
        if not path.startswith(prefix):
            return False
        name = path.rpartition("/")[2]
        if name.endswith("_test.py") or (name.startswith("test_") and name.endswith(".py")):
            return True
    return False


def listed(folders: Sequence[str]) -> str:
    """At most five of them, quoted."""
    return ", ".join(f"'{folder}'" for folder in folders[:_SHOWN]) + ", …" * (len(folders) > _SHOWN)
