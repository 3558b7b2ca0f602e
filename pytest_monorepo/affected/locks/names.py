"""Which files are locks, by their names alone: what reads them is loaded where one has changed."""

from __future__ import annotations

import posixpath
import re

from pytest_monorepo.workspace.manifests.requirements import is_requirements_file

PYLOCK = "pylock.toml"
REQUIREMENTS = "requirements.txt"
NAMED = frozenset(("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"))


def kind(path: str) -> str | None:
    """One of these names for each file that is read as that one is; ``None`` for what is no lock."""
    base = posixpath.basename(path)
    if base in NAMED:
        return base
    # PEP 751: pylock.toml, or with a name between that holds no dot (packaging 26: is_valid_pylock_path)
    if re.fullmatch(r"pylock(\.[^.]+)?\.toml", base):
        return PYLOCK
    stem, extension = posixpath.splitext(base.lower())
    if is_requirements_file(path) or (extension == ".txt" and "constraints" in stem):
        return REQUIREMENTS
    return None


def is_lock(path: str) -> bool:
    """Whether a file of this name can be compared as a lock; requirements files count, pinned or not."""
    return kind(path) is not None


def names_a_lock(path: str) -> bool:
    """Whether a file of this name is a lock whatever it holds; requirements files are not."""
    return kind(path) not in (None, REQUIREMENTS)
