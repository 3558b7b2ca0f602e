"""Whether the folder a user stands in asks for ``--monorepo``, where pytest reads another one's settings.

``pytest libs/ml`` makes pytest take ``libs/ml/pyproject.toml`` for its own, and the root's ``addopts`` are
never seen.
"""

from __future__ import annotations

from pathlib import Path

from pytest_monorepo.workspace.files.tree import Tree, disk_reader
from pytest_monorepo.workspace.model import ROOT

from .pytest_settings import Reader, ini_names


def asks_for_monorepo(folder: Path) -> bool:
    """Whether ``cd folder && pytest`` would have the switch from an ini file."""
    names = tuple(sorted(name for name in ini_names(Reader.version) if (folder / name).is_file()))
    return "--monorepo" in Reader(Tree(folder, names, disk_reader(folder))).read(ROOT).addopts
