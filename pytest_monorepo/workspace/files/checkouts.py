"""Other checkouts that lie in a workspace: linked worktrees and clones. They are never part of it.

A submodule is: its commit is part of the repository's. Git keeps a submodule's data below ``modules`` of the
repository around it and a linked worktree's below ``worktrees`` (gitrepository-layout), and ``.git`` says so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .relative import within

_LEADS = "gitdir:"


def top_of(folder: Path) -> Path | None:
    """The checkout that holds the folder, by what lies there: the nearest upward, itself included."""
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), None)


def is_apart(folder: Path) -> bool:
    """Whether ``folder``, which holds a ``.git``, is another checkout than the one that it lies in."""
    around = top_of(folder.parent)
    return around is not None and not _is_submodule(folder, around)


def linked(root: Path) -> Iterator[str]:
    """The linked worktrees of the repository around ``root`` that lie below it, as workspace paths.

    Git lists those that nobody ignores; a project around one that is ignored would collect it all the same.
    """
    for admin in _administered(root):
        told = _text(admin / "gitdir").strip()
        # relative to where it stands since git 2.48 (worktree.useRelativePaths)
        place = os.path.dirname(os.path.normpath(admin / told)) if told else ""
        for base in (str(root), os.path.realpath(root)):
            found = within(base, place) if place else None
            if found not in (None, ".") and os.path.isdir(place):
                yield found
                break


def _administered(root: Path) -> Iterator[Path]:
    top = top_of(root)
    if top is None:
        return
    data = _data(top / ".git")
    common = _text(data / "commondir").strip()
    worktrees = (data / common if common else data) / "worktrees"
    if worktrees.is_dir():
        yield from sorted(worktrees.iterdir())


def _is_submodule(folder: Path, around: Path) -> bool:
    marker = folder / ".git"
    if marker.is_file():
        parts = _data(marker).parts
        return "modules" in parts and parts[-2:-1] != ("worktrees",)
    # a clone that was added as a submodule keeps its own data
    return f"path = {folder.relative_to(around).as_posix()}" in _text(around / ".gitmodules")


def _data(marker: Path) -> Path:
    if marker.is_dir():
        return marker
    told = _text(marker).strip().removeprefix(_LEADS).strip()
    return Path(os.path.normpath(marker.parent / told))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
