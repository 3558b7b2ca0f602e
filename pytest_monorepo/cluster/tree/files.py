"""Which files go to the nodes: what git lists in the whole repository, and what ``cluster-include`` names.

So do folders with nothing in them, of which git knows nothing: a test may list one, or write into it.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath

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
    listed = list_files(top)
    files = [path for path in listed.files if path != ".git" and not path.startswith(".git/")]
    files += (_below(top, prefix, path) for path in included(root, include))
    files = [path for path in files if not _is_folder(top / path)]  # in place of a file that git knows
    return top, manifest.read(top, [*files, *empty_folders(top, files)], prefix)


def _below(top: Path, prefix: str, path: str) -> str:
    """From the top; a glob may lead up from the workspace, but not out of the repository."""
    found = os.path.normpath(os.path.join(prefix, path)).replace(os.sep, "/")
    if found.split("/")[0] == "..":
        raise MonorepoError(
            f"pyproject.toml: [tool.pytest-monorepo] cluster-include: {path} lies outside {top}, and nothing"
            " of that is sent"
        )
    return found


def empty_folders(top: Path, files: Iterable[str]) -> list[str]:
    """The innermost of those beside the files that hold nothing else, and that git does not ignore."""
    known = {""}
    for path in files:
        while "/" in path and (path := path.rpartition("/")[0]) not in known:
            known.add(path)
    beside = (_joined(folder, name) for folder in known for name in _folders(top / folder)[0])
    found = [inner for path in beside if path not in known for inner in _hollow(top, path) or ()]
    ignored = _ignored(top, found)
    return sorted(path for path in found if path not in ignored)


def _hollow(top: Path, folder: str) -> list[str] | None:
    """The innermost folders; ``None`` where there is anything else."""
    names, is_pure = _folders(top / folder)
    found: list[str] = []
    for name in names if is_pure else ():
        inner = _hollow(top, f"{folder}/{name}")
        if inner is None:
            return None
        found += inner
    return (found or [folder]) if is_pure else None


def _folders(folder: Path) -> tuple[list[str], bool]:
    """The names of those in it, and whether there is nothing else."""
    try:
        with os.scandir(folder) as found:
            entries = [(one.name, one.is_dir(follow_symlinks=False)) for one in found]
    except OSError:
        return [], False
    return [name for name, is_folder in entries if is_folder], all(is_folder for _, is_folder in entries)


def _ignored(top: Path, folders: Iterable[str]) -> set[str]:
    """Those that git ignores; each repository is asked of its own, a submodule's too."""
    found: set[str] = set()
    asked: dict[str, list[str]] = {}
    for path in folders:
        home = path
        while home and not os.path.lexists(top / home / ".git"):
            home = home.rpartition("/")[0]
        asked.setdefault(home, []).append(path)
    for home, paths in asked.items():
        names = [os.path.relpath(path, home or ".") for path in paths]
        found.update(_joined(home, name) for name in _ignored_of(top / home, names))
    return found


def _ignored_of(repository: Path, names: Sequence[str]) -> list[str]:
    try:
        told = subprocess.run(
            ["git", "check-ignore", "-z", "--stdin"],
            cwd=repository,
            env=clean_environment(),
            input=os.fsencode("".join(f"{name}\0" for name in names)),
            capture_output=True,
            check=False,  # 1: none is ignored
        ).stdout
    except OSError:
        return []
    return os.fsdecode(told).split("\0")


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


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
    own = _Environments(root, _literal(glob))
    for match in matches:
        files = [match] if not match.is_dir() or match.is_symlink() else match.rglob("*")
        for file in files:
            path = file.relative_to(root).as_posix()
            if (file.is_symlink() or file.is_file()) and ".git" not in path.split("/") and path not in own:
                yield path


def _literal(glob: str) -> str:
    """The folder that a glob names before anything that may mean several."""
    parts = PurePath(glob).parts
    return "/".join(itertools.takewhile(lambda part: not re.search(r"[*?\[]", part), parts))


class _Environments:
    """What lies in virtual environments, which ``**`` would enter: nodes have their own.

    Uv refuses to make one in a folder that holds a few files of one. ``named`` is asked for by its name.
    """

    def __init__(self, root: Path, named: str) -> None:
        self._root, self._named = root, named
        self._known: dict[str, bool] = {}

    def __contains__(self, path: str) -> bool:
        folder = path.rpartition("/")[0]
        if not folder or f"{self._named}/".startswith(f"{folder}/"):
            return False
        if folder not in self._known:
            self._known[folder] = (self._root / folder / "pyvenv.cfg").is_file() or folder in self
        return self._known[folder]
