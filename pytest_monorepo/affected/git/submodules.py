"""Where git keeps the commits of submodules, and which files one of them has.

``git submodule deinit`` and ``git rm`` leave a submodule's data below ``modules`` of the repository
(gitsubmodules(7)). A hash names one commit, in whichever repository it lies: so what was checked out under
another name or path, or by another worktree, tells as well.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from .changes import GITLINK, decoded, parse_listing, parse_tree
from .process import ask, run

# the data names a folder to work in, which may be gone
APART = ("--git-dir=.", "--work-tree=.")


class Stored(NamedTuple):
    """A file's hash, and the folder of git's data that has it."""

    blob: str
    data: Path


class Stores:
    """The folders of git's data of the submodules of ``top``, and of those within; looked for once."""

    def __init__(self, top: Path) -> None:
        self._top = top

    def having(self, path: str, commit: str) -> Path | None:
        """The one that has the commit's files.

        ``path`` is where that submodule is or was: of fifty that have moved each is looked for there first.
        """
        asked = ("cat-file", "-e", f"{commit}^{{tree}}")
        return next((data for data in self._nearest(path) if ask(data, *APART, *asked).code == 0), None)

    def _nearest(self, path: str) -> Iterator[Path]:
        here = _of_checkout(self._top / path)
        if here is not None:
            yield here
        # one is called after its path as long as nobody says otherwise
        others = sorted(
            self._all, key=lambda data: not data.as_posix().replace("/modules/", "/").endswith(path)
        )
        yield from (data for data in others if data != here)

    @cached_property
    def _all(self) -> tuple[Path, ...]:
        return tuple(_data(self._top))


def _of_checkout(folder: Path) -> Path | None:
    """The data that a submodule's ``.git`` names, or is itself."""
    link = folder / ".git"
    try:
        text = "." if link.is_dir() else link.read_text("utf-8", "surrogateescape").removeprefix("gitdir: ")
    except OSError:
        return None
    data = Path(os.path.normpath((link if link.is_dir() else folder) / text.rstrip("\n")))
    return data if (data / "HEAD").is_file() else None


def _data(top: Path) -> Iterator[Path]:
    names = decoded(run(top, "rev-parse", "--git-path", "modules", "--git-common-dir")).splitlines()
    own, common = (top / name for name in names)
    # a linked worktree has submodules of its own, and may not have what the other one knows
    yield from (data for folder in dict.fromkeys((own, common / "modules")) for data in _below(folder))
    # a clone that was added as a submodule keeps its own data
    for entry in parse_listing(run(top, "ls-files", "-z", "-v", "--stage"), ordinary=False).of_mode(GITLINK):
        if (top / entry.path / ".git" / "HEAD").is_file():
            yield top / entry.path / ".git"


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        if "HEAD" in names and "objects" in folders:
            yield Path(place)
            folders[:] = [name for name in folders if name == "modules"]


def tree_of(data: Path, commit: str) -> dict[str, tuple[str, str]]:
    """Path → mode and hash, of a commit that :meth:`Stores.having` has found there."""
    return parse_tree(run(data, *APART, "ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit))


def stored_within(top: Path, links: Mapping[str, str], paths: Collection[str]) -> dict[str, Stored]:
    """Where those of ``paths`` are kept that lie in submodules; ``links`` maps these to their commits.

    What is not here is not among them.
    """
    found: dict[str, Stored] = {}
    stores = Stores(top)
    for folder, commit in links.items():
        below = {path[len(folder) + 1 :]: path for path in paths if path.startswith(f"{folder}/")}
        data = stores.having(folder, commit) if below else None
        if data is None:
            continue
        tree = tree_of(data, commit)
        for name in below.keys() & tree.keys():
            mode, blob = tree[name]
            if mode != GITLINK:
                found[below[name]] = Stored(blob, data)
        inner = {name: blob for name, (mode, blob) in tree.items() if mode == GITLINK}
        found |= {below[name]: one for name, one in stored_within(top, inner, below).items()}
    return found
