"""The pages that lie beside this one, of other branches: read from their folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from . import history

SHOWN = 30
_VISITED, _DEEP = 500, 4


@dataclass(frozen=True)
class Beside:
    """Another page: ``name`` is its folder below the one that holds all, ``href`` leads there from here."""

    name: str
    href: str
    started: float
    tests: int
    failures: int


def beside(dest: Path, branch: str) -> tuple[Beside, ...]:
    """The pages beside ``dest``, latest run first.

    Where the end of ``dest`` is the branch (``pages/feature/login``) others may be as deep; else they are the
    folders next to it.
    """
    dest = dest.resolve()
    top = above(dest, branch)
    return _found(top or dest.parent, dest, _DEEP if top is not None else 1, dest)[:SHOWN]


def above(dest: Path, branch: str) -> Path | None:
    """The folder of all branches' pages; ``None`` where the end of ``dest`` is not the branch."""
    steps = Path(branch).parts
    dest = dest.resolve()
    return dest.parents[len(steps) - 1] if steps and dest.parts[-len(steps) :] == steps else None


def listed(top: Path) -> tuple[Beside, ...]:
    """All pages below the folder, as seen from it, latest run first."""
    return _found(top, None, _DEEP, top)


def _found(top: Path, but: Path | None, deep: int, here: Path) -> tuple[Beside, ...]:
    pages = islice(_pages(top, but, deep), _VISITED)
    found = [_told(page, history.read(page), top, here) for page in pages]
    return tuple(sorted((one for one in found if one.started), key=lambda one: -one.started))


def _pages(folder: Path, but: Path | None, deep: int) -> Iterator[Path]:
    try:
        inside = sorted(entry.path for entry in os.scandir(folder) if _may_hold(entry))
    except OSError:
        return
    for path in map(Path, inside[:_VISITED]):
        if (path / "summary.json").is_file() and (path / "index.html").is_file():
            if path != but:
                yield path
        elif deep > 1:
            yield from _pages(path, but, deep - 1)


def _may_hold(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)


def _told(page: Path, said: history.Snapshot, top: Path, here: Path) -> Beside:
    href = quote(f"{Path(os.path.relpath(page, here)).as_posix()}/index.html", errors="replace")
    tests = sum(project.tests for project in said.projects.values())
    failures = sum(project.failures for project in said.projects.values())
    return Beside(page.relative_to(top).as_posix(), href, said.started, tests, failures)
