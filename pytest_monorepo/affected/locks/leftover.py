"""Locks that count for nothing: a member of a workspace is locked by the lock of the workspace."""

from __future__ import annotations

import posixpath

from pytest_monorepo.workspace.files.tree import Tree
from pytest_monorepo.workspace.manifests.members import locked_above
from pytest_monorepo.workspace.model import ROOT

# PDM 2.29 refuses to lock in a member (core.py, WORKSPACE_ROOT_ONLY_COMMANDS), uv 0.13 locks the
# workspace from there
_TOOLS = {"uv.lock": "uv", "pdm.lock": "pdm", "pylock.toml": "pdm"}


def is_left_over(tree: Tree, path: str) -> bool:
    """Whether the tool whose lock ``path`` is does not read it, as its folder is a member of a workspace."""
    tool = _TOOLS.get(posixpath.basename(path))
    return tool is not None and locked_above(tree, posixpath.dirname(path) or ROOT, tool)
