"""The tables that name the members of a workspace: uv's, Hatch's and PDM's.

Each tool reads its globs in its own way. uv 0.13: ``*`` in ``members`` stays within one name, in ``exclude``
it crosses slashes. Hatch 1.18: ``members`` may lead out of the folder (``../libs/*``) and hold fields, a name
with wildcards is one level (``**``, too) and matches what *ends* as it says (``c*`` matches ``legacy``);
``exclude`` is :func:`fnmatch.fnmatch`, which crosses slashes. PDM 2.29: ``members`` are read by
:meth:`pathlib.Path.glob`. A link to a folder counts as one, by the
link's name: so uv reads it, :meth:`pathlib.Path.glob`, and Hatch's :func:`os.scandir`.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pytest_monorepo.workspace.files import globs
from pytest_monorepo.workspace.files.tree import Table, Tree, child, join, strings, table_at
from pytest_monorepo.workspace.model import ROOT, parents

from . import hatch


@dataclass(frozen=True)
class Members:
    """One table of the file in ``folder``; ``members`` and ``exclude`` are globs from the workspace root.

    ``exclude`` lets its wildcards cross slashes. ``linked`` are folders that are members by a link's name.
    """

    tool: str
    folder: str
    members: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    linked: frozenset[str] = frozenset()

    def holds(self, folder: str) -> bool:
        """Whether the folder is a member; that of the table always is."""
        # uv: the root of a workspace is a member of it (docs.astral.sh/uv/concepts/projects/workspaces)
        if folder == self.folder or folder in self.linked:
            return True
        if self.excludes(folder):
            return False
        if self.tool.startswith("hatch"):
            return any(_ends_as(folder, glob) for glob in self.members)
        return globs.matches(folder, self.members)

    def excludes(self, folder: str) -> bool:
        """Whether the table says that the folder is no member, whatever else says that it is."""
        return any(fnmatch.fnmatchcase(folder, pattern) for pattern in self.exclude)


def _ends_as(folder: str, glob: str) -> bool:
    names, patterns = folder.split("/"), glob.split("/")
    # hatch 1.18 walks down one os.scandir for each part of the glob (env/plugin/interface.py, find_members)
    return len(names) == len(patterns) and all(map(_matched, names, patterns))


def _matched(name: str, pattern: str) -> bool:
    if not globs.has_magic(pattern):
        return name == pattern
    # search, not match, as hatch does: fnmatch.translate anchors the end alone
    return re.search(fnmatch.translate(pattern), name) is not None


def tables(tree: Tree, folder: str) -> tuple[Members, ...]:
    """The workspace tables in ``folder``; of Hatch those of the environments that run tests."""
    pyproject = tree.table(child(folder, "pyproject.toml"))
    found = (*_uv(folder, pyproject), *_pdm(folder, pyproject), *_hatch(tree, folder, pyproject))
    return tuple(replace(table, linked=frozenset(_linked(tree, table))) for table in found)


def _linked(tree: Tree, table: Members) -> Iterator[str]:
    """The folders that links lead to which the globs find; a name with a suffix is taken for a file's."""
    for folder in {above for pattern in table.members for above in _above(tree, pattern)}:
        for name in tree.folders.get(folder, ()):
            path = child(folder, name)
            target = tree.linked(path) if "." not in name and table.holds(path) else None
            if target is not None:
                yield target
    for pattern in table.members:
        yield from _behind_links(tree, table, globs.normal(pattern))


def _behind_links(tree: Tree, table: Members, pattern: str) -> Iterator[str]:
    """The folders that the glob finds behind a link further up: in ``libs``, say, of ``libs/*``."""
    names = pattern.split("/")
    for depth in range(1, len(names)):
        for above in _above(tree, "/".join(names[:depth])):
            for name in tree.folders.get(above, ()):
                link = child(above, name)
                target = tree.linked(link) if "." not in name and _matched(name, names[depth - 1]) else None
                if target is not None:
                    below = (folder for folder in tree.all_folders if folder.startswith(target + "/"))
                    yield from (folder for folder in below if table.holds(link + folder[len(target) :]))


def _above(tree: Tree, pattern: str) -> Iterable[str]:
    """The folders in which there may be what the pattern finds. What ``**`` finds is not behind links."""
    above = posixpath.dirname(globs.normal(pattern)) or ROOT
    if not globs.has_magic(above):
        return (above,)
    return () if "**" in pattern else (f for f in tree.folders if f.count("/") == above.count("/"))


def installed_at(tree: Tree, folder: str) -> Iterator[Members]:
    """The tables whose members are installed beside the project in ``folder`` without being asked for."""
    pyproject = tree.table(child(folder, "pyproject.toml"))
    yield from _pdm(folder, pyproject)
    for environment in hatch.environments(hatch.configuration(tree, folder, pyproject)):
        if environment.members:
            yield _of_environment(folder, environment)


def locked_above(tree: Tree, folder: str, tool: str) -> bool:
    """Whether ``folder`` is a member of a workspace of ``tool`` further up, whose lock counts for it."""
    return any(
        table.tool == tool and table.holds(folder)
        for above in parents(folder)
        if above != folder
        for table in tables(tree, above)
    )


def _uv(folder: str, pyproject: Table | None) -> Iterator[Members]:
    workspace = table_at(pyproject, "tool", "uv").get("workspace")
    if isinstance(workspace, dict):
        yield Members(
            "uv", folder, _joined(folder, workspace.get("members")), _joined(folder, workspace.get("exclude"))
        )


def _pdm(folder: str, pyproject: Table | None) -> Iterator[Members]:
    members = table_at(pyproject, "tool", "pdm", "workspace").get("members")
    if strings(members):
        yield Members("pdm", folder, _joined(folder, members))


def _hatch(tree: Tree, folder: str, pyproject: Table | None) -> Iterator[Members]:
    for environment in hatch.environments(hatch.configuration(tree, folder, pyproject)):
        if environment.members and environment.runs_tests:
            yield _of_environment(folder, environment)


def _of_environment(folder: str, environment: hatch.Environment) -> Members:
    exclude = _joined(folder, list(environment.exclude))
    # hatch holds exclude against the whole path and against that below the folder which the glob and the
    # project have in common (env/plugin/interface.py, 1.18)
    exclude += tuple(pattern for pattern in environment.exclude if pattern not in exclude)
    return Members(
        f"hatch environment '{environment.name}'",
        folder,
        _joined(folder, list(environment.members)),
        exclude,
    )


def _joined(folder: str, patterns: object) -> tuple[str, ...]:
    return tuple(join(folder, pattern) for pattern in strings(patterns))
