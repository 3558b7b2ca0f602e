"""What files of other tools say of a project (tox, nox, conda, pixi, ROS, Cargo), and paths that lead out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_monorepo.workspace.files.tree import Table, Tree, child, table_at
from pytest_monorepo.workspace.model import Dependency, Scope

from . import conda, hatch, members, named, native, ros, runners, tasks
from .requirements import Found, canonical, local_path, read_lines, scope_of


def read(tree: Tree, folder: str, pyproject: Table | None) -> Found:
    """Dependencies and included files that stand neither in ``[project]`` nor in requirements files."""
    found = Found()
    _add(found, _of_runners(tree, folder, pyproject))
    _add(found, _of_conda(tree, folder))
    found.dependencies += _of_pixi(tree, folder, pyproject)
    found.dependencies += ros.dependencies(tree, folder)
    found.dependencies += _beside(tree, folder)
    configured = hatch.configuration(tree, folder, pyproject)
    outside = [*named.outside(tree, folder, pyproject, configured), *native.folders(tree, folder)]
    outside += _in_setup(tree, folder)
    pixi = list(conda.manifests(tree, folder, pyproject))
    paths = (path for table in pixi for path in conda.pixi_paths(table))
    outside += (place for path in paths for place in named.leading_out(tree, folder, path))
    lines = tasks.lines(pyproject, configured, pixi)
    _add(found, [read_lines(tree, folder, lines, Scope.TEST, "command of a task")])
    for path in outside:
        if path in tree.all_folders:
            found.dependencies.append(Dependency("", path, Scope.RUNTIME, f"takes {path}"))
        else:
            found.includes[path] = None
    found.includes.update(dict.fromkeys(runners.tox_files(tree, folder, pyproject)))
    return found


def name(tree: Tree, folder: str) -> str | None:
    """The name of a package that has no Python manifest."""
    return ros.name(tree, folder) or conda.pixi_name(tree, folder)


def _add(found: Found, more: Iterable[Found]) -> None:
    for one in more:
        found.dependencies += one.dependencies
        found.includes.update(one.includes)


def _of_runners(tree: Tree, folder: str, pyproject: Table | None) -> Iterator[Found]:
    if any(tree.has(child(folder, file)) for file in ("tox.ini", "tox.toml", "setup.cfg")) or table_at(
        pyproject, "tool", "tox"
    ):
        yield read_lines(tree, folder, runners.tox_lines(tree, folder, pyproject), Scope.TEST, "tox")
    if tree.has(child(folder, "noxfile.py")):
        yield read_lines(tree, folder, runners.nox_lines(tree, folder), Scope.TEST, "noxfile.py")


def _of_conda(tree: Tree, folder: str) -> Iterator[Found]:
    for path in conda.environment_files(tree, folder):
        lines = conda.environment_lines(tree.read(path) or "")
        here = path.rpartition("/")[0] or "."
        name = path.rpartition("/")[2]
        yield read_lines(tree, here, lines, scope_of(name), name)


def _of_pixi(tree: Tree, folder: str, pyproject: Table | None) -> Iterator[Dependency]:
    for name, options, tests in conda.pixi_tables(tree, folder, pyproject):
        location = options.get("path") if isinstance(options, dict) else None
        path = local_path(location, folder, tree) if isinstance(location, str) else None
        how = "pixi dependency" if path is None else "pixi path dependency"
        yield Dependency(canonical(name), path, Scope.TEST if tests else Scope.RUNTIME, how)


def _beside(tree: Tree, folder: str) -> Iterator[Dependency]:
    """The members of a workspace that are installed beside the project that has its table."""
    for table in members.installed_at(tree, folder):
        for member in sorted(tree.folders):
            if member != folder and tree.has(child(member, "pyproject.toml")) and table.holds(member):
                # pdm 2.29 adds every member to the root's "default" group as editable (project/workspace.py)
                yield Dependency("", member, Scope.TEST, f"member of its {table.tool} workspace")


def _in_setup(tree: Tree, folder: str) -> Iterator[str]:
    for file in ("setup.cfg", "setup.py"):
        text = tree.read(child(folder, file))
        if text is not None and "../" in text:
            yield from named.leading_out(tree, folder, text)
