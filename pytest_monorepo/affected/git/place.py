"""Where a workspace lies in its repository, which need not be git's top level."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pytest_monorepo.errors import GitError

from .changes import decoded
from .process import Running, start


class Place(NamedTuple):
    """Where the workspace lies: git's top level, and the workspace's path below it (``""`` or ``"a/b/"``)."""

    top: Path
    prefix: str


def place_of(root: Path) -> Place:
    """Where ``root`` lies in its repository; no repository, or a bare one, is a :class:`GitError`."""
    with ask_place(root) as asked:
        return placed(root, asked)


def is_top(root: Path) -> bool:
    """Whether ``root``, in which git has listed files, is git's top level; in doubt it is not.

    A folder counts as a repository by what git itself looks for in it (``is_git_directory``). Whoever asks
    knows that ``core.worktree`` names no other folder.
    """
    git = root / ".git"
    return git.is_file() or all((git / name).exists() for name in ("HEAD", "objects", "refs"))


def ask_place(root: Path) -> Running:
    # --show-toplevel would resolve the link by which a workspace may be reached
    return start(root, "rev-parse", "--is-inside-work-tree", "--show-cdup", "--show-prefix")


def placed(root: Path, asked: Running) -> Place:
    inside, _, rest = decoded(asked.output()).partition("\n")
    if inside != "true":
        raise GitError(
            f"{root} is in a bare repository, which has no files to test: run in a clone or worktree"
        )
    # one line each: an empty one at the top level, and a prefix may hold newlines
    up, _, prefix = rest.partition("\n")
    return Place(root / up, prefix.removesuffix("\n"))
