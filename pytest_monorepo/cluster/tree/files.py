"""Which files go to the nodes: what git lists in the whole repository, and what ``cluster-include`` names."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.workspace.files.listing import clean_environment, list_files

from . import manifest
from .manifest import Manifest


def tree_of(root: Path, include: Sequence[str]) -> tuple[Path, Manifest]:
    """The folder that is sent, and what is in it.

    It is the whole repository around the workspace: tests may read what lies beside its root.
    """
    top = toplevel(root)
    prefix = os.path.relpath(os.path.realpath(root), top).replace(os.sep, "/")
    prefix = "" if prefix == "." else prefix
    files = [path for path in list_files(top).files if path != ".git" and not path.startswith(".git/")]
    base = f"{prefix}/" if prefix else ""
    files += (f"{base}{path}" for path in included(root, include))
    return top, manifest.read(top, files, prefix)


def toplevel(root: Path) -> Path:
    """The repository's folder, or the workspace's own without git."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--show-toplevel"],
            cwd=root,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return Path(os.path.realpath(root))
    return Path(os.path.realpath(os.fsdecode(found.rstrip(b"\r\n"))))


def included(root: Path, globs: Iterable[str]) -> Iterator[str]:
    """Files that the globs name, whatever git says of them; a folder stands for all in it."""
    for glob in globs:
        found = list(_found(root, glob))
        if not found:
            raise MonorepoError(
                f"pyproject.toml: [tool.pytest-monorepo] cluster-include: '{glob}' matches no file there is"
            )
        yield from found


def _found(root: Path, glob: str) -> Iterator[str]:
    try:
        matches = list(root.glob(glob))
    except (ValueError, NotImplementedError):
        matches = []  # an absolute one, or none at all
    for match in matches:
        files = [match] if not match.is_dir() or match.is_symlink() else match.rglob("*")
        for file in files:
            path = file.relative_to(root).as_posix()
            if (file.is_symlink() or file.is_file()) and ".git" not in path.split("/"):
                yield path
