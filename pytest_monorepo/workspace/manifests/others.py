"""What files of other tools say of a project (tox, nox, conda, pixi, ROS, Cargo), and paths that lead out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pytest_monorepo.workspace.files.tree import Table, Tree, child, inside, table_at
from pytest_monorepo.workspace.model import ROOT, Dependency, Scope

from . import conda, hatch, javascript, leads, members, named, native, ros, runners, tasks
from .requirements import Found, canonical, local_path, read_lines, scope_of

_FOR_TESTS = re.compile(r"(?ms)^\[(?:tox|testenv|tool:pytest|pytest|coverage)[^\]\n]*\].*?(?=^\[|\Z)")
_OF_BUILDS = ("setup.cfg", "setup.py", "MANIFEST.in", "CMakePresets.json", "requirements.yaml")
_SEEN = "takes "
_STARTED = (".py", ".sh", ".bash", ".toml", ".cfg", "Makefile", "justfile")


def read(tree: Tree, folder: str, pyproject: Table | None) -> Found:
    """Dependencies and included files that stand neither in ``[project]`` nor in requirements files."""
    found = Found()
    _add(found, _of_runners(tree, folder, pyproject))
    _add(found, _of_conda(tree, folder))
    found.dependencies += _of_pixi(tree, folder, pyproject)
    found.dependencies += ros.dependencies(tree, folder)
    found.dependencies += javascript.dependencies(tree, folder)
    found.dependencies += _beside(tree, folder)
    configured = hatch.configuration(tree, folder, pyproject)
    outside = [*named.outside(tree, folder, pyproject, configured), *native.folders(tree, folder)]
    outside += _in_builds(tree, folder)
    pixi = list(conda.manifests(tree, folder, pyproject))
    paths = (path for table in pixi for path in conda.pixi_paths(table))
    outside += (place for path in paths for place in leads.leading_out(tree, folder, path))
    outside += _in_scripts(tree, folder, ("setup.py",))
    of_tasks = list(_of_commands(tree, folder, tasks.commands(pyproject, configured, pixi)))
    of_tasks += (
        found for place, text in _texts(tree, folder) for found in _of_commands(tree, folder, [text], place)
    )
    of_tasks.append(
        (Found(), list(_in_scripts(tree, folder, ("noxfile.py", "tasks.py", "dodo.py", "toxfile.py"))))
    )
    _add(found, (taken for taken, _ in of_tasks))
    for scope, places in ((Scope.RUNTIME, outside), (Scope.TEST, [p for _, some in of_tasks for p in some])):
        for path in dict.fromkeys(places):
            if path in tree.all_folders:
                found.dependencies.append(Dependency("", path, scope, f"{_SEEN}{path}"))
            else:
                found.includes[path] = None
    found.includes.update(dict.fromkeys(runners.tox_files(tree, folder, pyproject)))
    return found


def is_seen(dependency: Dependency) -> bool:
    """Whether no manifest declares it: its path stands in one, or in a file of tasks."""
    return not dependency.name and dependency.how.startswith(_SEEN)


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


def _texts(tree: Tree, folder: str) -> Iterator[tuple[str, str]]:
    # what is started at the root is for all, and the root depends on none of them
    yield from tasks.texts(tree, folder) if folder != ROOT else ()


def _of_commands(
    tree: Tree, folder: str, commands: Iterable[str], place: str = ""
) -> Iterator[tuple[Found, list[str]]]:
    """What each of the commands, in a file of the folder ``place``, installs, and what it names outside."""
    for text in commands:
        lines = tasks.installed(text)
        found = read_lines(tree, folder, lines, Scope.TEST, "command of a task")
        starts = dict.fromkeys((place or folder, folder)) if ".." in text else ()
        named_there = [path for start in starts for path in leads.leading_out(tree, start, text)]
        for path_to in (leads.from_somewhere, leads.from_top) if place else (leads.from_somewhere,):
            named_there += path_to(tree, folder, text) if folder != ROOT else ()
        yield found, [each for path in named_there for each in _with_owner(tree, folder, path)]


def _with_owner(tree: Tree, folder: str, path: str) -> Iterator[str]:
    """A path outside, and of a file that is started or installed the folder of its project as well."""
    if inside(path, folder):
        return
    if not leads.in_project(tree, path):
        # of a glob, or with a variable in it: any of the projects there
        yield from (place for place in leads.projects_below(tree, path) if not inside(place, folder))
        return
    yield path
    if path not in tree.all_folders and path.endswith(_STARTED):
        owner = leads.owner_of(tree, path) or ROOT
        if not inside(folder, owner):
            yield owner


def _of_conda(tree: Tree, folder: str) -> Iterator[Found]:
    for path in conda.environment_files(tree, folder):
        lines = conda.environment_lines(tree.read(path) or "")
        here = path.rpartition("/")[0] or "."
        name = path.rpartition("/")[2]
        yield read_lines(tree, here, lines, scope_of(name), name)
    for path in conda.recipes(tree, folder):
        here, _, name = path.rpartition("/")
        for tests, line in conda.recipe_lines(tree.read(path) or ""):
            yield read_lines(tree, here or ".", [line], Scope.TEST if tests else Scope.RUNTIME, name)


def _of_pixi(tree: Tree, folder: str, pyproject: Table | None) -> Iterator[Dependency]:
    for name, options, tests in conda.pixi_tables(tree, folder, pyproject):
        here = folder
        if isinstance(options, dict) and options.get("workspace") is True:
            # a path there counts from the workspace's manifest (pixi.sh: build/workspace_dependencies)
            here, options = conda.pixi_shared(tree, folder, name) or (folder, options)
        location = options.get("path") if isinstance(options, dict) else None
        path = local_path(location, here, tree) if isinstance(location, str) else None
        how = "pixi dependency" if path is None else "pixi path dependency"
        yield Dependency(canonical(name), path, Scope.TEST if tests else Scope.RUNTIME, how)


def _beside(tree: Tree, folder: str) -> Iterator[Dependency]:
    """The members of a workspace that are installed beside the project that has its table."""
    for table in members.installed_at(tree, folder):
        for member in sorted(tree.folders):
            if member != folder and tree.has(child(member, "pyproject.toml")) and table.holds(member):
                # pdm 2.29 adds every member to the root's "default" group as editable (project/workspace.py)
                yield Dependency("", member, Scope.TEST, f"member of its {table.tool} workspace")


def _in_builds(tree: Tree, folder: str) -> Iterator[str]:
    files = (child(folder, name) for name in _OF_BUILDS)
    for path in (*files, *conda.recipes(tree, folder)):
        text = tree.read(path)
        if text is not None and "../" in text:
            # tox's and pytest's part of a setup.cfg is for tests
            text = _FOR_TESTS.sub("", text) if path.endswith(".cfg") else text
            found = leads.leading_out(tree, path.rpartition("/")[0] or ROOT, text)
            known = path.endswith(("setup.cfg", "setup.py"))
            found = (place for place in found if not inside(place, folder))
            yield from (place for place in found if known or leads.in_project(tree, place))


def _in_scripts(tree: Tree, folder: str, names: Iterable[str]) -> Iterator[str]:
    """What Python scripts of builds and runners name by paths that they put together."""
    for name in names if folder != ROOT else ():
        text = tree.read(child(folder, name)) if tree.has(child(folder, name)) else None
        found = leads.from_expressions(tree, folder, text) if text is not None else ()
        yield from (place for place in found if leads.in_project(tree, place))
