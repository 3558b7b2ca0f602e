"""Where the names among a project's requirements come from: the ``sources`` tables of uv and Hatch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_monorepo.workspace.files.tree import Table, Tree, child, table_at
from pytest_monorepo.workspace.model import ROOT, parents

from . import hatch
from .requirements import canonical

Sources = Mapping[str, tuple[tuple[str, object], ...]]
"""Canonical name → (the folder that a source is relative to, the source)."""


def read(tree: Tree, folder: str, pyproject: Table | None, configured: Table) -> Sources:
    """``[tool.uv.sources]`` with those of the workspaces above, and what Hatch's environments say.

    A member's entry for a name takes the place of its workspace's as a whole.
    """
    found: dict[str, tuple[tuple[str, object], ...]] = {}
    for above in reversed([path for path in parents(folder) if path != folder]):
        table = tree.table(child(above, "pyproject.toml"))
        # what the root of a workspace says of sources holds for its members, too, unless they say it anew
        # (docs.astral.sh/uv/concepts/projects/workspaces, "workspace sources")
        if above == ROOT or "workspace" in table_at(table, "tool", "uv"):
            found.update(_uv(above, table))
    found.update(_uv(folder, pyproject))
    for name, source in hatch.sources(configured):
        found[canonical(name)] = (*found.get(canonical(name), ()), (folder, source))
    return found


def _uv(folder: str, pyproject: Table | None) -> Iterator[tuple[str, tuple[tuple[str, object], ...]]]:
    for name, source in table_at(pyproject, "tool", "uv", "sources").items():
        listed = source if isinstance(source, list) else [source]
        yield canonical(name), tuple((folder, item) for item in listed)
