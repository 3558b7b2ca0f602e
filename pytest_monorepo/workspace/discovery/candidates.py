"""Which folders may be projects, before anyone looks for tests in them.

A folder with a manifest or pytest configuration is a candidate. Left out are vendored, template, fixture and
example folders that nobody names (:mod:`meant`); workspace tables (uv, Hatch, PDM) narrow the rest;
``[tool.pytest-monorepo]`` overrides all of it. What is left out is collected by nobody.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.files import globs
from pytest_monorepo.workspace.files.listing import is_foreign as is_foreign_name
from pytest_monorepo.workspace.files.tree import (
    Table,
    Tree,
    child,
    inside,
    table_at,
)
from pytest_monorepo.workspace.manifests import members
from pytest_monorepo.workspace.model import MARKERS, ROOT, parents

from . import meant
from .meant import Tables
from .pytest_settings import Reader

VENDORED = frozenset(
    ("vendor", "_vendor", "vendored", "_vendored", "third_party", "third-party", "thirdparty")
)
TESTS = frozenset(
    ("tests", "test", "testing", "testdata", "test_data", "test-data", "fixtures", "__fixtures__")
)
_DATA = frozenset(("testdata", "test_data", "test-data", "fixtures", "__fixtures__"))
EXAMPLES = frozenset(
    ("example", "examples", "sample", "samples", "demo", "demos", "docs", "doc", "templates")
)


@dataclass(frozen=True)
class Choice:
    """``folders`` are all candidates, ``running`` those whose tests are to run; the others serve the graph.

    ``foreign`` are folders whose tests are nobody's, those of candidates that do not run among them.
    ``unmatched`` are configured globs without any folder, ``narrowed`` what a workspace table leaves out and
    ``dropped`` what is taken for somebody else's by its name.
    """

    folders: tuple[str, ...]
    running: frozenset[str]
    foreign: frozenset[str] = frozenset()
    unmatched: tuple[str, ...] = ()
    narrowed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def choose(tree: Tree, settings: Settings) -> Choice:
    """Divide the folders of the tree."""
    marked = [folder for folder, names in tree.folders.items() if _is_marked(tree, folder, names)]
    ours, foreign, needed = _ours(tree, sorted(marked), settings)
    ours, narrowed = _narrowed(tree, ours, needed) if settings.outside_table != "run" else (ours, [])
    running = dict.fromkeys((ROOT, *ours))
    unmatched: list[str] = []
    if settings.projects:
        running = dict.fromkeys(_configured(tree, settings.projects, frozenset(marked), unmatched))
    running.update(dict.fromkeys(_configured(tree, settings.added, frozenset(marked), unmatched)))
    excluded = {folder for folder in (*running, *ours) if globs.covers(folder, settings.exclude)}
    kept = frozenset(running) - excluded
    # an excluded or unlisted manifest still says who depends on whom, and its tests are nobody's
    left = [*ours, *narrowed]
    if settings.projects:
        left = [folder for folder in left if not _is_part(folder, kept)]
    folders = tuple(sorted({*kept, *left, *excluded}))
    nobodys = {*foreign, *_excluded(tree, settings.exclude, excluded), *folders} - kept - {ROOT}
    dropped = tuple(folder for folder in foreign if folder not in kept and _has_foreign_name(folder))
    return Choice(folders, kept, frozenset(nobodys), tuple(unmatched), tuple(narrowed), dropped)


def _is_part(folder: str, kept: frozenset[str]) -> bool:
    """Whether the folder lies in a project that is listed, and so belongs to it."""
    return any(above in kept for above in parents(folder) if above not in (folder, ROOT))


def _is_marked(tree: Tree, folder: str, names: Sequence[str]) -> bool:
    if MARKERS.isdisjoint(names):
        # pytest takes a tox.ini for its own by this section alone (9.2: findpaths.py, _load_ini_file)
        return "tox.ini" in names and "[pytest]" in (tree.read(child(folder, "tox.ini")) or "")
    return True


def _ours(
    tree: Tree, marked: Sequence[str], settings: Settings
) -> tuple[list[str], list[str], frozenset[str]]:
    """The marked folders that belong to this workspace, and those that start a foreign region.

    Last those of the first that are projects only because another one needs them.
    """
    reader = Reader(tree)
    known = frozenset(marked)
    tables = Tables(settings)
    ours: list[str] = []
    foreign: dict[str, None] = {}
    doubtful: list[str] = []
    for folder in marked:
        named = folder == ROOT or tables.name(folder)
        if not named and any(above in foreign for above in parents(folder)):
            continue
        if not named and (_is_elsewhere(tree, folder) or _is_example(tree, folder)):
            foreign[folder] = None
        elif not named and _is_fixture(tree, folder, known, reader):
            doubtful.append(folder)
        else:
            ours.append(folder)
            tables.learn(members.tables(tree, folder))
    needed = meant.needed(tree, ours, doubtful, _DATA)
    return sorted({*ours, *needed}), list(foreign), frozenset(needed)


def _is_elsewhere(tree: Tree, folder: str) -> bool:
    """Vendored, a template, an environment or build output."""
    if _has_foreign_name(folder):
        return True
    # pytest, too, enters no such folder, and since 8.3 none of conda's (_pytest/main.py, _in_venv)
    # PEP 405: by this file Python itself knows a virtual environment
    return any(tree.has(child(above, "pyvenv.cfg")) for above in parents(folder))


def _has_foreign_name(folder: str) -> bool:
    names = folder.split("/")
    # {{ cookiecutter.name }}, {% if … %}: folders of templates (cookiecutter, copier)
    return any(name in VENDORED or "{{" in name or "{%" in name or is_foreign_name(name) for name in names)


def _is_example(tree: Tree, folder: str) -> bool:
    """A workspace within the workspace, where examples or the tests' data lie."""
    if not tree.has(child(folder, "pyproject.toml")) or not _uv_table(
        tree.table(child(folder, "pyproject.toml"))
    ):
        return False
    return not (EXAMPLES | TESTS).isdisjoint(folder.split("/"))


def _is_fixture(tree: Tree, folder: str, marked: frozenset[str], reader: Reader) -> bool:
    """A manifest that tests use as data: below the tests folder of a project, and not that folder itself."""
    above = posixpath.dirname(folder) or ROOT
    for outer in parents(above):
        if outer in marked and not TESTS.isdisjoint(_between(above, outer)):
            return True
    name = posixpath.basename(folder)
    if name in _DATA:
        return True
    return name in TESTS and not (reader.own_configuration(folder) or _is_named(tree, folder))


def _between(path: str, outer: str) -> list[str]:
    return path.split("/") if outer == ROOT else path[len(outer) + 1 :].split("/")


def _is_named(tree: Tree, folder: str) -> bool:
    table = tree.table(child(folder, "pyproject.toml"))
    return bool(table_at(table, "project") or table_at(table, "tool", "poetry"))


def _uv_table(table: Table | None) -> bool:
    return "workspace" in table_at(table, "tool", "uv")


def _narrowed(tree: Tree, ours: Sequence[str], needed: AbstractSet[str]) -> tuple[list[str], list[str]]:
    """What the workspace tables leave, and what they leave out; each speaks for what lies below its folder.

    A workspace that another one's table leaves out is left out with its members. What lies below tests and is
    ``needed`` is no member of any table, and runs unless one excludes it.
    """
    narrowing = {folder: found for folder in ours if (found := _tables(tree, folder))}
    kept: list[str] = []
    left: list[str] = []
    for folder in ours:
        above = (outer for outer in parents(folder) if outer != folder and outer in narrowing)
        at = None if folder == ROOT else next(above, None)
        held = any(table.holds(folder) for table in narrowing[at]) if at is not None else True
        if folder in needed and at is not None:
            held = held or not any(table.excludes(folder) for table in narrowing[at])
        outside = at is not None and (at in left or not held)
        if outside and not any(inside(folder, member) for member in kept if member not in narrowing):
            left.append(folder)
        else:
            kept.append(folder)
    return kept, left


def _tables(tree: Tree, folder: str) -> tuple[members.Members, ...]:
    """The workspace tables in a folder that say anything of what lies below it."""
    found = members.tables(tree, folder)
    return tuple(
        table for table in found if table.tool == "uv" or any(inside(glob, folder) for glob in table.members)
    )


def _configured(
    tree: Tree, patterns: Iterable[str], marked: frozenset[str], unmatched: list[str]
) -> Iterator[str]:
    folders = sorted(tree.all_folders)
    for pattern in patterns:
        found = [folder for folder in folders if globs.matches(folder, (pattern,))]
        if not found:
            unmatched.append(pattern)
        # a wildcard means the projects it finds; a folder spelled out is meant, manifest or not
        yield from (folder for folder in found if folder in marked or not _crosses(pattern))


def _crosses(pattern: str) -> bool:
    return "**" in pattern


def _excluded(tree: Tree, patterns: Sequence[str], projects: AbstractSet[str]) -> Iterator[str]:
    """The folders that the patterns mean; what lies in one of the ``projects`` is still code of its."""
    if not patterns:
        return
    for folder in tree.all_folders:
        if globs.matches(folder, patterns) and projects.isdisjoint(above for above in parents(folder)):
            yield folder
