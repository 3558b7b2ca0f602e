"""What changed, asked in every way that must give the same answer."""

from __future__ import annotations

from pathlib import Path

from pytest_monorepo.affected.git import difference as git
from pytest_monorepo.affected.git.changes import Changes
from pytest_monorepo.affected.git.contents import read_at
from pytest_monorepo.workspace.files.listing import list_files
from tests.affected.conftest import Repository


def changes(root: Path, ref: str, *, source: str | None = None, fetch: bool = False) -> Changes:
    """What git says, which must be the same where the files have been listed before."""
    found = git.changes(root, ref, source=source, fetch=fetch)
    again = git.difference(root, ref, source=source, listed=list_files(root).output)
    assert again.changes == found or fetch
    for base, stored in zip(found.bases, again.stored, strict=True):
        assert read_at(root, base, found.paths, stored) == read_at(root, base, found.paths)
    return found


def changed(repository: Repository, ref: str = "base") -> list[str]:
    return list(changes(repository.path, ref).paths)
