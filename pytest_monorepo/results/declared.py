"""What the settings say a project depends on: ``inputs`` and ``depends-on`` count as if they were read."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.model import Workspace

from .current import Current


def declared_files(
    workspace: Workspace, settings: Settings, project: str, current: Current
) -> list[list[Any]]:
    """(path, content) of every file that is declared for the project, sorted."""
    declared = settings.of(project)
    found = set(_matching(workspace.root, declared.inputs))
    if declared.depends_on:
        found.update(path for path in workspace.files if _owner(workspace, path) in declared.depends_on)
    return [[path, current.value("file", str(workspace.root / path))] for path in sorted(found)]


def _owner(workspace: Workspace, path: str) -> str:
    owner = workspace.owner(path)
    return owner.path if owner is not None else ""


def _matching(root: Path, patterns: Iterable[str]) -> Iterable[str]:
    """Files on disk, whether git knows them or not."""
    for pattern in patterns:
        yield from glob.iglob(pattern, root_dir=root, recursive=True)
