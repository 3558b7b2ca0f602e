"""A folder of kept results, shared by all worktrees and runs of a user.

Nothing in it is trusted further than its digest, and nothing is executed. Whatever goes wrong is a miss: a
store that is full, read-only, damaged or written by another run meanwhile costs a result and never makes one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import field
from functools import cached_property
from pathlib import Path

from pytest_monorepo.results.files import sealed, unsealed, write_atomically
from pytest_monorepo.value import value
from pytest_monorepo.writing import PART

SLOTS = 8
"""How many sets of inputs are kept for one weak key, so that branches do not throw each other out."""

_VERSION = "v1"
_WRITES = 3600.0
"""Seconds after which nobody writes a file any more."""


def user_folder(environ: dict[str, str] | None = None) -> Path:
    """Where the user's caches lie (XDG on Linux)."""
    variables = os.environ if environ is None else environ
    home = variables.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(home):  # such a one is to be ignored (XDG Base Directory Specification 0.8)
        home = os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home) / "pytest-monorepo"


@value(frozen=False)
class Store:
    """``folder`` is made when the first result is kept. ``problem`` is the first thing that went wrong.

    ``given_secret`` is shared with other machines; without one the folder has its own.
    """

    folder: Path
    problem: str | None = None
    given_secret: bytes | None = field(default=None, repr=False)
    _secret: bytes | None = field(default=None, repr=False)
    _whole: set[str] = field(default_factory=set, repr=False)
    _listed: dict[str, dict[str, list[str]]] = field(default_factory=dict, repr=False)

    @property
    def _root(self) -> Path:
        return self.folder / _VERSION

    def note(self, project: str, parts: bytes | None = None) -> None:
        """Remember that something is kept for a project of this path, of whatever workspace.

        ``parts`` are what :meth:`key_parts` is to give, by what a key is another.
        """
        path = self._noted(project)
        if (parts is not None and self.key_parts(project) != parts) or not path.exists():
            write_atomically(path, b"" if parts is None else sealed(parts))
        with contextlib.suppress(OSError):
            os.utime(path)

    def key_parts(self, project: str) -> bytes | None:
        """What was given to :meth:`note` last."""
        try:
            return unsealed(self._noted(project).read_bytes())
        except OSError:
            return None

    def _noted(self, project: str) -> Path:
        return self._root / "projects" / _mark(project)

    def noted(self, projects: Iterable[str]) -> frozenset[str]:
        """Those for which something may be kept: looking for a result takes longer than to ask this."""
        names = frozenset(_names(self._root / "projects"))
        return frozenset(path for path in projects if _mark(path) in names) if names else frozenset()

    # -- entries

    def read(self, key: str) -> Iterator[tuple[str, bytes]]:
        """(name, data) of what is kept for a weak key, newest first; what is damaged is dropped."""
        for name in self._newest_first(key):
            data = self._load(self._entry(key, name))
            if data is None:
                self._forget(key, name)
            else:
                yield name, data

    def write(self, key: str, name: str, data: bytes) -> None:
        """Keep what replaces the oldest of the key's where all slots are taken."""
        if not write_atomically(self._entry(key, name), sealed(data)):
            self.problem = self.problem or f"cannot write into {self.folder}"
            return
        names = self._listing(key).setdefault(key, [])
        if name not in names:
            names.append(name)
        for old in self._newest_first(key)[SLOTS:]:
            self.drop(key, old)

    def holds(self, key: str) -> bool:
        """Whether anything is kept for a weak key."""
        return bool(self._kept(key))

    def drop(self, key: str, name: str) -> None:
        """Forget one."""
        _remove(self._entry(key, name))
        self._forget(key, name)

    def used(self, key: str, name: str) -> None:
        """The least recently used go first."""
        with contextlib.suppress(OSError):
            os.utime(self._entry(key, name))

    # -- what entries share

    def read_base(self, digest: str) -> bytes | None:
        """What :meth:`write_base` has kept under the digest."""
        path = self._root / "base" / digest
        with contextlib.suppress(OSError):
            os.utime(path)
        return self._load(path)

    def write_base(self, digest: str, data: bytes) -> None:
        path = self._root / "base" / digest
        # one that is damaged would stay: nobody may have asked for it, as the first of several says enough
        if digest not in self._whole and self._load(path) is None:
            write_atomically(path, sealed(data))
        self._whole.add(digest)

    # -- what was not kept

    def whys(self, key: str) -> bytes | None:
        """What :meth:`write_whys` has kept for a weak key."""
        return self._load(self._whys(key))

    def write_whys(self, key: str, data: bytes | None) -> None:
        """``None``: there is nothing to say any more."""
        if data is None:
            _remove(self._whys(key))
        else:
            write_atomically(self._whys(key), sealed(data))

    def _whys(self, key: str) -> Path:
        return self._root / "whys" / key

    def history(self, workspace: str) -> Path:
        """The folder of :mod:`~pytest_monorepo.results.history` of a workspace, by a name of it."""
        return self._root / "history" / workspace

    @property
    def digests(self) -> Path:
        """Where contents are remembered by size and times."""
        return self._root / "digests.json"

    @property
    def secret(self) -> bytes:
        """The key for hashes of variables: made once, readable by the user alone."""
        if self.given_secret is not None:
            return self.given_secret
        if self._secret is None:
            path = self._root / "secret"
            self._secret = _secret_in(path) or self._new_secret(path)
        return self._secret

    def _new_secret(self, path: Path) -> bytes:
        made = secrets.token_bytes(32)
        write_atomically(path, made)
        return _secret_in(path) or made  # another run may have been first

    # one of some folders for all keys: to make a folder takes longer than to write what is in it, and
    # recording a workspace makes two keys a project

    def _entry(self, key: str, name: str) -> Path:
        return self._entries / key[:2] / f"{key}.{name}"

    def _kept(self, key: str) -> list[str]:
        """The names of what is there for a weak key."""
        return self._listing(key).get(key, [])

    def _listing(self, key: str) -> dict[str, list[str]]:
        """By key what is in its folder, which is looked at once: a full store has hundreds of files in each.

        What another run writes meanwhile this one does not see, and what that takes away cannot be read.
        """
        found = self._listed.get(key[:2])
        if found is None:
            found = {}
            for one in _names(self._entries / key[:2]):
                of, _, name = one.partition(".")
                if name:  # a key's own folder is of an older version
                    found.setdefault(of, []).append(name)
            self._listed[key[:2]] = found
        return found

    def _forget(self, key: str, name: str) -> None:
        names = self._kept(key)
        if name in names:
            names.remove(name)

    def _newest_first(self, key: str) -> list[str]:
        names = list(self._kept(key))
        if len(names) > 1:
            names.sort(key=lambda name: -_age(self._entry(key, name)))
        return names

    @cached_property
    def _entries(self) -> Path:
        return self._root / "entries"

    def _load(self, path: Path) -> bytes | None:
        try:
            raw = path.read_bytes()
        except OSError:
            return None
        data = unsealed(raw)
        if data is None:
            _remove(path)
        return data

    # -- its size

    def files(self) -> list[tuple[float, int, Path]]:
        """(last use, bytes, path) of everything kept."""
        found = []
        for folder, _, names in os.walk(self._root):
            for name in names:
                path = Path(folder) / name
                with contextlib.suppress(OSError):
                    status = path.stat()
                    if stat.S_ISREG(status.st_mode):
                        found.append((status.st_mtime, status.st_size, path))
        return found

    def shrink(self, limit: int) -> None:
        """Let the least recently used go until no more than ``limit`` bytes are left."""
        self._listed.clear()
        files = sorted(self.files())
        total = sum(size for _, size, _ in files)
        for used, size, path in files:
            if path.name.startswith(PART) and used < time.time() - _WRITES:
                _remove(path)  # of a writer that was killed
                total -= size
            elif total > limit and path.name not in ("secret", "digests.json"):
                _remove(path)
                total -= size

    def clear(self) -> int:
        """Forget everything; returns how many files that were."""
        count = len(self.files())
        self._listed.clear()
        shutil.rmtree(self._root, ignore_errors=True)
        return count


def _mark(project: str) -> str:
    return hashlib.sha256(project.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _names(folder: Path) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]
    except OSError:
        return []


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _secret_in(path: Path) -> bytes | None:
    try:
        found = path.read_bytes()
    except OSError:
        return None
    return found if len(found) == 32 else None
