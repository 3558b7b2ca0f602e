"""What modules that came or went since the last run mean for what discovery found then.

Most changes add or delete a module or a test in a folder that was there before. Such a file can alter no more
than its own project's tests and import names, so that one project is looked at and no other. A text for
people that nobody has asked for, or a workflow of GitHub's, alters nothing. Whatever else might follow from a
file is found by discovering anew: :func:`updated` then says ``None``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from fnmatch import fnmatch

from pytest_monorepo.workspace.files.globs import compile_glob, has_magic
from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.files.listing_delta import holds
from pytest_monorepo.workspace.files.tree import ANY_TEXT, TEXTS, WORKFLOWS, Tree, child, inside, join
from pytest_monorepo.workspace.model import MARKERS, ROOT, Project, Workspace, parents

# Makefile.md, Dockerfile.doc, .env.misc, requirements.md, environment.yml, compose.yml
_TELLS = late(r"file|env|conda|compose|req|lock|task|build|pip|tox|travis|tavern")
# whatever lies there may be started (manifests/tasks.py)
_OF_SCRIPTS = frozenset(("bin", "scripts", "script", "ci"))
_SPECIAL = frozenset(("setup.py", "conftest.py", "__init__.py"))
_MANY = 50

Look = Callable[[Tree, Project, Sequence[str], Sequence[str]], "Project | None"]


def updated(
    known: Workspace,
    tree: Tree,
    moved: frozenset[str],
    asks: Callable[[str], bool],
    links: Collection[str],
    look: Look,
) -> Workspace | None:
    """``known`` with the files of ``tree``, of which ``moved`` came or went.

    ``None`` where that takes a discovery. The content of all files that discovery read must be what it was.
    ``asks`` says of a path whether its mere existence counted, ``links`` are the folders that links lead to,
    or test paths of others.
    ``look`` is given the tree, a project, and its files before and now, and returns the project as it is now,
    or ``None`` where more than its tests may change.
    """
    if len(moved) > _MANY:
        return None
    owners: dict[str, Project] = {}
    texts = {path for path in moved if _is_text(path)}
    if texts and not _say_nothing(known, tree, texts, asks, links):
        return None
    for path in moved - texts:
        owner = _sole_owner(known, tree, path)
        if owner is None or asks(path) or any(inside(path, folder) for folder in links):
            return None
        if not _is_inner(tree, owner, path):
            owners[owner.path] = owner
    if any(_names_one(project, moved) for project in _with_marked_testpaths(known.projects)):
        return None
    renewed = {}
    for path, project in owners.items():
        found = look(
            tree, project, _files_of(known, project), _files_of(replace(known, files=tree.files), project)
        )
        if found is None:
            return None
        renewed[path] = found
    if not renewed:
        return replace(known, files=tree.files)
    projects = tuple(renewed.get(project.path, project) for project in known.projects)
    return replace(known, projects=projects, files=tree.files)


def _is_text(path: str) -> bool:
    """Whether it is one that nothing tells by its name: no file of tasks, tests, pins or settings."""
    name = path.rpartition("/")[2].lower()
    if path.startswith(WORKFLOWS) and path.endswith((".yml", ".yaml")):
        return path.count("/") == 2 and not name.startswith("test") and _TELLS.search(name) is None
    return (
        name.endswith(TEXTS)
        and not name.startswith("test")
        and _TELLS.search(name) is None
        and _OF_SCRIPTS.isdisjoint(path.split("/"))
    )


def _say_nothing(
    known: Workspace,
    tree: Tree,
    texts: AbstractSet[str],
    asks: Callable[[str], bool],
    links: Collection[str],
) -> bool:
    """Whether nothing follows from texts that came or went.

    Nobody has asked for one, and its folder holds others before and now, so that no pattern finds a folder
    that was not there. A project may be told by its first file alone (:func:`.folders.find_projects`).
    """
    if asks(ANY_TEXT) or any(asks(path) or any(inside(path, link) for link in links) for path in texts):
        return False
    for folder in {path.rpartition("/")[0] for path in texts}:
        if not any(path not in texts for path in _directly_in(known.files, folder)):
            return False
        if not any(path not in texts for path in _directly_in(tree.files, folder)):
            return False
        above = next((one for one in parents(folder or ROOT) if one in known.by_path), None)
        if above is not None and len(known.by_path[above].test_files) == 1:
            return False
    return True


def _directly_in(files: Sequence[str], folder: str) -> Iterator[str]:
    start = f"{folder}/" if folder else ""
    for path in files[bisect_left(files, start) :]:
        if not path.startswith(start):
            return
        if "/" not in path[len(start) :]:
            yield path


def _sole_owner(known: Workspace, tree: Tree, path: str) -> Project | None:
    """The project that alone can notice that the file came or went."""
    folder, _, name = path.rpartition("/")
    if not name.endswith(".py") or name in _SPECIAL:
        return None
    # a folder that came or went may be one that a glob or a manifest means
    if folder and not (_has_files(known.files, folder) and _has_files(tree.files, folder)):
        return None
    for above in parents(folder or ROOT):
        if above in known.by_path:
            return known.by_path[above]
        if above in known.foreign or any(
            holds(tree.files, child(above, mark)) for mark in (*MARKERS, "tox.ini")
        ):
            return None
    return None


def _is_inner(tree: Tree, project: Project, path: str) -> bool:
    """Whether the file is no more than a module of a regular package that the project is known to provide.

    No discovery looks into such a package, unless for tests.
    """
    settings = project.settings
    if any(not option.startswith("-") or "doctest" in option for option in settings.addopts):
        return False
    folder, _, name = path.rpartition("/")
    if any("/" in pattern or fnmatch(name, pattern) for pattern in settings.python_files):
        return False
    package = ""
    while folder and holds(tree.files, f"{folder}/__init__.py"):
        folder, _, package = folder.rpartition("/")
    return package in project.packages and project.source_roots == (folder or ROOT,)


def _has_files(files: Sequence[str], folder: str) -> bool:
    at = bisect_left(files, folder + "/")
    return at < len(files) and files[at].startswith(folder + "/")


def _with_marked_testpaths(projects: Iterable[Project]) -> Iterator[Project]:
    """The projects of which a test path may be a file or a pattern: nearly all name folders."""
    for project in projects:
        if any(path.endswith(".py") or has_magic(path) for path in project.settings.testpaths):
            yield project


def _names_one(project: Project, paths: Collection[str]) -> bool:
    """Whether a test path of the project is, or may by its wildcards be, one of ``paths``."""
    for pattern in project.settings.testpaths:
        if has_magic(pattern):
            if any(map(compile_glob(join(project.path, pattern)).fullmatch, paths)):
                return True
        elif pattern.endswith(".py") and join(project.path, pattern) in paths:
            return True
    return False


def _files_of(workspace: Workspace, project: Project) -> list[str]:
    """The files of which the project is the nearest; those of foreign folders are nobody's."""
    stops = (workspace.by_path.keys() | set(workspace.foreign)) - {project.path}
    files = workspace.files
    prefix = "" if project.path == ROOT else project.path + "/"
    found: list[str] = []
    ours: dict[str, bool] = {}
    for path in files[bisect_left(files, prefix) :]:
        if not path.startswith(prefix):
            break
        folder = path.rpartition("/")[0] or ROOT
        if folder not in ours:
            nearest = next(p for p in parents(folder) if p == project.path or p in stops)
            ours[folder] = nearest == project.path
        if ours[folder]:
            found.append(path)
    return found
