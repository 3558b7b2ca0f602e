"""Folders that look like somebody else's by name or place, and that the workspace means all the same.

``svc/build`` may be build output and ``tests/utils`` the data of a test. Where a workspace table or the
settings name it, or another project needs it, it is a project like any other.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.files import globs
from pytest_monorepo.workspace.files.tree import Tree, child
from pytest_monorepo.workspace.manifests import members
from pytest_monorepo.workspace.manifests import pyproject as manifests
from pytest_monorepo.workspace.manifests.requirements import canonical, is_requirements_file
from pytest_monorepo.workspace.model import ROOT, parents


@dataclass
class Tables:
    """The workspace tables met so far, and what the settings say of single folders."""

    settings: Settings
    _tables: list[members.Members] = field(default_factory=list)

    def learn(self, tables: Iterable[members.Members]) -> None:
        """Of a folder above those that are asked for later."""
        self._tables += tables

    def name(self, folder: str) -> bool:
        """Whether ``folder`` is named. ``**`` names nothing: it means whatever lies there."""
        own = self.settings.per_project
        if folder in own or any(folder in project.depends_on for project in own.values()):
            return True
        return any(_names(table, folder) for table in self._tables)


def _names(table: members.Members, folder: str) -> bool:
    if folder in table.linked:
        return True
    patterns = [pattern for pattern in table.members if "**" not in pattern]
    return folder != table.folder and globs.matches(folder, patterns) and table.holds(folder)


def needed(tree: Tree, ours: Collection[str], doubtful: Iterable[str], data: AbstractSet[str]) -> set[str]:
    """Those of the ``doubtful`` folders that a project of ``ours`` declares to need, and that those need.

    Where the folder bears one of the names ``data``, only a path counts: a test's data may be called like
    any distribution.
    """
    names = {folder: name for folder in doubtful if (name := _distribution(tree, folder))}
    found: set[str] = set()
    waiting = list(ours) if names else []
    requirements = _requirements(tree, {*ours, *names}) if names else {}
    while waiting:
        reached = set(_reached(tree, waiting, names, requirements, data)) - found
        found |= reached
        waiting = sorted(reached)
    return found


def _distribution(tree: Tree, folder: str) -> str | None:
    return manifests.read(tree, folder).distribution


def _reached(
    tree: Tree,
    folders: Iterable[str],
    names: Mapping[str, str],
    requirements: Mapping[str, list[str]],
    data: AbstractSet[str],
) -> Iterator[str]:
    words = {canonical(word) for folder, name in names.items() for word in (name, posixpath.basename(folder))}
    by_name = {name: folder for folder, name in names.items() if data.isdisjoint(folder.split("/"))}
    for folder in folders:
        own = requirements.get(folder, [])
        # a look costs less than a second reading of every manifest
        files = [*(child(folder, name) for name in manifests.MANIFESTS), *own]
        texts = [canonical(text) for path in files if (text := tree.read(path))]
        if not any(word in text for word in words for text in texts):
            continue
        for dependency in manifests.read(tree, folder, own).dependencies:
            target = dependency.path if dependency.path in names else by_name.get(dependency.name)
            if target is not None and target != folder:
                yield target


def _requirements(tree: Tree, folders: Collection[str]) -> dict[str, list[str]]:
    """The requirements files, each with the nearest of the folders."""
    found: dict[str, list[str]] = {}
    for path in filter(is_requirements_file, tree.files):
        near = next((above for above in parents(posixpath.dirname(path) or ROOT) if above in folders), None)
        if near is not None:
            found.setdefault(near, []).append(path)
    return found
