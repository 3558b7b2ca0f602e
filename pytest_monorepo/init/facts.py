"""What the first settings depend on, read from a workspace."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_monorepo import settings as settings_module
from pytest_monorepo.affected.git.branches import default_branch
from pytest_monorepo.affected.rules.path_kinds import harmless, runs_tests
from pytest_monorepo.errors import GitError
from pytest_monorepo.workspace.discovery import candidates, remarks
from pytest_monorepo.workspace.discovery import discover as discovery
from pytest_monorepo.workspace.discovery.pytest_settings import Reader
from pytest_monorepo.workspace.files import checkouts
from pytest_monorepo.workspace.files.tree import (
    Tree,
    child,
    disk_links,
    disk_reader,
    table_at,
)
from pytest_monorepo.workspace.manifests.requirements import canonical, is_requirements_file
from pytest_monorepo.workspace.model import ROOT, Project, Workspace, parents

from . import declared, pythons

LOCKS = {"uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm"}
_DECLARES_US = re.compile(r"(?:^|[\"'\s])pytest[-_.]monorepo\s*(?=$|[\"'\[<>=~!;@,])", re.MULTILINE)
# by its name no input of tests
_ELSEWHERE = re.compile(r"docs?\b|constraints|release|publish|lint|\.in$", re.IGNORECASE)


@dataclass(frozen=True)
class Package:
    """What pip is to install of a project: itself if ``built``, its extras and groups for tests.

    ``needs`` are further requirements, from tables that pip does not read.
    """

    path: str
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    built: bool = True
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Requirements:
    """A requirements file.

    ``hashed`` where it names hashes: pip then wants them of all that one call installs. ``local`` where it
    names folders: pip looks for them from where it is called, not from the file. ``only`` where no manifest
    beside it says what to install.
    """

    path: str
    hashed: bool = False
    local: bool = False
    only: bool = False


@dataclass(frozen=True)
class Facts:
    """``manager`` serves the whole workspace (``uv``, ``poetry``, ``pdm``, ``hatch``) or is ``None``.

    ``managed`` are the projects that have an environment of their own, with its manager: they have a lock, or
    groups that Poetry alone reads.
    ``top`` is git's top level. ``left_out`` are projects that the workspace's table does not name,
    ``without_manifest`` the globs that make projects of folders without one, if there are any; ``strays``
    folders of no project whose files run everything. ``inifile`` and ``addopts`` are pytest's at the root.
    """

    root: Path
    top: Path
    workspace: Workspace
    manager: str | None
    uv_workspace: bool
    managed: Mapping[str, str]
    packages: tuple[Package, ...]
    requirements: tuple[Requirements, ...]
    declares_us: bool
    python: str
    python_file: bool
    branch: str
    left_out: tuple[str, ...]
    without_manifest: tuple[str, ...]
    strays: tuple[str, ...]
    inifile: str | None
    addopts: tuple[str, ...]

    @property
    def projects(self) -> tuple[Project, ...]:
        return tuple(project for project in self.workspace.projects if project.runs)

    @property
    def folder(self) -> str:
        """The workspace's folder in the repository, ``"."`` where it is all of it."""
        return self.root.relative_to(self.top).as_posix()


def gather(root: Path) -> Facts:
    """Read the workspace at ``root`` with the settings it has."""
    settings = settings_module.load(root)
    workspace = discovery.discover(root, settings)
    tree = Tree(root, workspace.files, disk_reader(root), disk_links(root))
    document = tree.table("pyproject.toml")
    chosen = candidates.choose(tree, settings)
    at_root = Reader(tree).read(ROOT)
    python_file = re.fullmatch(r"\d+\.\d+(\.\d+)?\s*", tree.read(".python-version") or "") is not None
    manager = _manager(tree, document)
    services = remarks.without_manifest(tree, chosen, settings)
    return Facts(
        root=root,
        top=checkouts.top_of(root) or root,
        workspace=workspace,
        manager=manager,
        uv_workspace="workspace" in table_at(document, "tool", "uv"),
        managed={} if manager else dict(_managed(tree, workspace)),
        packages=tuple(_packages(tree, workspace)),
        requirements=tuple(_requirements(tree, workspace, services)),
        declares_us=any(_declares_us(tree, path) for path in workspace.files),
        python=pythons.for_all(project.requires_python or "" for project in workspace.projects),
        python_file=python_file,
        branch=_branch(root),
        left_out=tuple(sorted(remarks.outside(tree, chosen, settings))),
        without_manifest=tuple(remarks.as_globs(remarks.with_these(services, workspace.projects)))
        if services
        else (),
        strays=tuple(_strays(workspace)),
        inifile=at_root.inifile,
        addopts=at_root.addopts,
    )


def _manager(tree: Tree, document: Mapping[str, Any]) -> str | None:
    for lock, manager in LOCKS.items():
        if tree.has(lock):
            return manager
    tool = table_at(document, "tool")
    if "workspace" in table_at(document, "tool", "uv"):
        return "uv"
    for name in ("poetry", "pdm"):
        if name in tool:
            return name
    return "hatch" if "envs" in table_at(document, "tool", "hatch") or tree.has("hatch.toml") else None


def _managed(tree: Tree, workspace: Workspace) -> Iterator[tuple[str, str]]:
    for project in workspace.projects:
        if project.runs:
            locks = (manager for lock, manager in LOCKS.items() if tree.has(child(project.path, lock)))
            manager = next(locks, None) or _poetry_alone(tree.table(child(project.path, "pyproject.toml")))
            if manager is not None:
                yield project.path, manager


def _poetry_alone(document: Mapping[str, Any]) -> str | None:
    """Poetry's groups are in no metadata of the package that pip would build."""
    tool = table_at(document, "tool", "poetry")
    groups = any(table_at(group, "dependencies") for group in table_at(tool, "group").values())
    return "poetry" if groups or tool.get("dev-dependencies") or tool.get("package-mode") is False else None


def _packages(tree: Tree, workspace: Workspace) -> Iterator[Package]:
    """What is built or has dependencies, with all that it needs of this workspace: no index knows those."""
    named = [project for project in workspace.projects if project.distribution]
    documents = {project.path: tree.table(child(project.path, "pyproject.toml")) for project in named}
    waiting = [project for project in named if _is_installed(tree, project, documents[project.path])]
    wanted = {project.path for project in waiting}
    by_name = {canonical(project.distribution or ""): project for project in named}
    while waiting:
        for dependency in waiting.pop().dependencies:
            needed = workspace.by_path.get(dependency.path or "") or by_name.get(canonical(dependency.name))
            if needed is not None and needed.distribution and needed.path not in wanted:
                wanted.add(needed.path)
                waiting.append(needed)
    for project in workspace.projects:
        document = documents.get(project.path) or tree.table(child(project.path, "pyproject.toml"))
        features = [*declared.test_features(tree, project.path, document)]
        groups = declared.of_tests(table_at(document, "dependency-groups"), features, "dependency-groups")
        needs = tuple(declared.needs(tree, project, document, by_name))
        if project.path in wanted:
            extras = declared.of_tests(declared.extras(tree, project, document), features, "features")
            yield Package(project.path, extras, groups, needs=needs)
        elif (groups or needs) and (project.runs or project.path == ROOT):
            yield Package(project.path, (), groups, False, needs)
    if ROOT not in workspace.by_path:
        groups = declared.of_tests(table_at(tree.table("pyproject.toml"), "dependency-groups"))
        if groups:
            yield Package(ROOT, (), groups, built=False)


def _is_installed(tree: Tree, project: Project, document: Mapping[str, Any]) -> bool:
    has = {name: tree.has(child(project.path, name)) for name in ("setup.py", "setup.cfg", "pyproject.toml")}
    # to pip, a folder with a setup.cfg alone is no project
    legacy = has["setup.py"] or (has["setup.cfg"] and has["pyproject.toml"])
    builds = "build-system" in document or legacy
    needs = table_at(document, "project").get("dependencies")
    return builds or bool(needs or declared.of_tests(table_at(document, "project", "optional-dependencies")))


def _requirements(tree: Tree, workspace: Workspace, services: Iterable[str]) -> Iterator[Requirements]:
    """The root's requirements files, then those of the projects; without those for docs and releases."""
    folders = {ROOT, *services, *(project.path for project in workspace.projects if project.runs)}
    found = [path for path in workspace.files if _home(path) in folders and is_requirements_file(path)]
    for path in sorted(found, key=lambda path: (_home(path) != ROOT, path)):
        if not _ELSEWHERE.search(posixpath.basename(path)):
            words = [line.split() for line in (tree.read(path) or "").splitlines()]
            hashed = any(word.startswith("--hash=") for line in words for word in line)
            project = workspace.by_path.get(_home(path))
            only = _home(path) != ROOT and (project is None or not project.distribution)
            yield Requirements(path, hashed, any(map(_names_a_folder, words)), only)


def _home(path: str) -> str:
    """The folder whose requirements they are: ``requirements/test.txt`` are those of the folder above."""
    folder = posixpath.dirname(path)
    above, name = posixpath.split(folder)
    return (above if name == "requirements" else folder) or ROOT


def _names_a_folder(words: list[str]) -> bool:
    place = words[1:2] if words[:1] in (["-e"], ["--editable"]) else words[:1]
    return any(word.startswith((".", "file:.")) for word in place)


def _declares_us(tree: Tree, path: str) -> bool:
    name = posixpath.basename(path)
    listed = name.endswith((".txt", ".in")) and "requirements" in name
    if name not in ("pyproject.toml", *LOCKS) and not listed:
        return False
    return _DECLARES_US.search(tree.read(path) or "") is not None


def _branch(root: Path) -> str:
    try:
        return default_branch(root).removeprefix("origin/")
    except GitError:
        return "main"


def _strays(workspace: Workspace) -> Iterator[str]:
    """The outermost folders that hold no project, and files that the selection knows nothing about."""
    homes = {above for project in workspace.projects for above in parents(project.path)}
    members = [project for project in workspace.projects if project.path != ROOT]
    found: dict[str, None] = {}
    root = workspace.by_path.get(ROOT)
    if root is not None and (root.test_files or root.packages):
        return
    for path in workspace.files:
        if "/" not in path or harmless(path) or runs_tests(path):
            continue
        if any(path.startswith(member.path + "/") for member in members):
            continue
        outermost = [folder for folder in parents(posixpath.dirname(path)) if folder not in homes]
        if outermost:
            found[outermost[-1]] = None
    yield from found
