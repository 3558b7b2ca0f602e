"""What a project's pytest settings name outside its own folder: pure.

``pythonpath`` and ``testpaths`` may lead into other projects, ``addopts`` may name paths there and load
plugins from their packages. None of it shows in a manifest or an import.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from pytest_monorepo.workspace.discovery import checkers
from pytest_monorepo.workspace.discovery.collect import option_values
from pytest_monorepo.workspace.files.globs import without_magic
from pytest_monorepo.workspace.files.tree import inside, join
from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.model import ROOT, Project, Scope, Workspace, parents

from .rules.path_kinds import only_pytest_reads
from .rules.values import Reach, Touch

Arguments = Mapping[str, Sequence[str]]
"""Project path → pytest arguments that it is run with beside those of its own settings."""


def paths_elsewhere(workspace: Workspace, arguments: Arguments) -> Iterator[tuple[str, Touch]]:
    """Files and folders outside a project that its settings name, and how a change there reaches it.

    A ``pythonpath`` that belongs to no project is left to the rules for such files: the imports tell.
    """
    roots = frozenset(root for project in workspace.projects for root in project.source_roots)
    for project in workspace.projects:
        settings = project.settings
        own = settings.rootdir == project.path
        for value in settings.pythonpath:
            path = join(posixpath.dirname(settings.inifile or "") or ROOT, value)
            # a list of all source roots, inherited by all: there the imports tell who needs what
            if (own or path not in roots) and _elsewhere(project, path, workspace):
                yield path, Touch(project.path, Reach.SOURCE, f"pythonpath {value!r}")
        for value in _options(project, arguments):
            path = join(project.path, value.rpartition("=")[2].partition("::")[0])
            if _outside(project, path) and (_leads_out(value) or only_pytest_reads(path)):
                yield path, Touch(project.path, Reach.TESTS, f"addopts {value!r}")
        for path, owner, how in _tests_elsewhere(project, workspace, arguments):
            yield path if owner in (None, ROOT) else owner, Touch(project.path, Reach.TESTS, how)
        for path, option in checkers.settings_above(project.path, _options(project, arguments)):
            yield path, Touch(project.path, Reach.TESTS, f"settings for {option} above it")
    yield from _around_left_out(workspace)


def _around_left_out(workspace: Workspace) -> Iterator[tuple[str, Touch]]:
    """What is left out has no run of its own: to the project around, it is a folder of files."""
    left_out = frozenset(project.path for project in workspace.left_out)
    for left in sorted(left_out):
        outer = (above for above in parents(left) if above != left and above not in left_out)
        around = next((workspace.by_path[above] for above in outer if above in workspace.by_path), None)
        if around is not None and around.test_files:
            yield left, Touch(around.path, Reach.TESTS, f"left out folder '{left}' in it")


def edges_elsewhere(workspace: Workspace, arguments: Arguments) -> Iterator[Edge]:
    """The projects whose tests or plugins a project's settings name: it needs what those need."""
    for project in workspace.projects:
        for _, owner, how in _tests_elsewhere(project, workspace, arguments):
            if owner is not None:
                yield Edge(project.path, owner, Scope.TEST, how)
        for module in _plugins(_options(project, arguments)):
            for other in workspace.projects:
                if any(module == name or module.startswith(f"{name}.") for name in other.packages):
                    yield Edge(project.path, other.path, Scope.TEST, f"addopts '-p {module}'")


def _options(project: Project, arguments: Arguments) -> tuple[str, ...]:
    return (*project.settings.addopts, *arguments.get(project.path, ()))


def _tests_elsewhere(
    project: Project, workspace: Workspace, arguments: Arguments
) -> Iterator[tuple[str, str | None, str]]:
    """Test paths, the projects that hold them with conftests and all, and what names them.

    A doctest in the documentation of no project is its own. Of a glob the folder counts that it looks into.
    """
    settings = project.settings
    testpaths = settings.testpaths if settings.rootdir == project.path else ()
    positional = [value for value in _options(project, arguments) if not value.startswith("-")]
    for key, values in (("testpaths", testpaths), ("addopts", positional)):
        for value in filter(_leads_out, values):
            path = without_magic(join(project.path, value.partition("::")[0]))
            if _outside(project, path):
                owner = workspace.owner(path)
                yield path, owner.path if owner else None, f"{key} {value!r}"


def _leads_out(value: str) -> bool:
    """Whether the path may leave the folder that it is seen from; hardly any does."""
    return value.startswith("/") or ".." in value


def _elsewhere(project: Project, path: str, workspace: Workspace) -> bool:
    return _outside(project, path) and (workspace.owner(path) is not None or only_pytest_reads(path))


def _outside(project: Project, path: str) -> bool:
    return not (inside(path, project.path) or inside(project.path, path) or path.startswith(("/", "..")))


def _plugins(addopts: tuple[str, ...]) -> Iterator[str]:
    yield from (name for name in option_values(addopts, "-p") if not name.startswith("no:"))
    yield from (word[2:] for word in addopts if word.startswith("-p") and word[2:] and ":" not in word)
