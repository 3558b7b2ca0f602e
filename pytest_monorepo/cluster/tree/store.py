"""Trees on a node: a folder for each, named by its id, kept for later runs and never shared by two at a time.

``BASE/ID.N/`` holds ``tree/``, its ``manifest``, and a ``lock`` that a run holds while it uses the tree. What
a tree lacks is taken from others on the node where they have it, and from the controller where they have not.
Whatever is taken is compared with its digest, and so is the whole tree in the end: tests write into trees.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pytest_monorepo.errors import MonorepoError

from .lock import Lock
from .manifest import FILE, FOLDER, LINK, Entry, Manifest, digest_of, entry_of, read

_MANIFEST, _LOCK, _MADE = "manifest", "lock", "made"

RUN = "run-"
"""How the folders of runs' own begin, which lie beside the trees and have a lock like them."""


@dataclass
class Store:
    """The tree of one run; ``folder`` is its place, ``lock`` keeps others from it."""

    base: Path
    manifest: Manifest
    folder: Path
    lock: Lock
    lacking: dict[str, list[Entry]] = field(default_factory=dict)
    trouble: OSError | None = None

    @classmethod
    def open(cls, base: Path, data: bytes) -> Store:
        """Take a folder for the tree, and put in it all that the node has."""
        manifest = Manifest.of(data)
        for entry in manifest.entries:
            _check(entry)
        base.mkdir(parents=True, exist_ok=True)
        folder, lock = _taken(base, manifest.id)
        store = cls(base, manifest, folder, lock)
        store.tree.mkdir(parents=True, exist_ok=True)
        store._remove_strangers()
        donors = _donors(base, folder)
        for entry in manifest.entries:
            store._supply(entry, donors)
        return store

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    @property
    def root(self) -> Path:
        """The workspace's root in it."""
        return self.tree / self.manifest.prefix if self.manifest.prefix else self.tree

    def add(self, contents: Mapping[str, bytes]) -> None:
        """What the controller has sent; where it cannot be written :meth:`finish` says why."""
        for digest, content in contents.items():
            for entry in self.lacking.get(digest, ()):
                try:
                    self._write(entry, content)
                except OSError as error:
                    self.trouble = error
                    return
            self.lacking.pop(digest, None)

    def finish(self) -> None:
        """Raises :class:`MonorepoError` where the tree is not what was sent."""
        if self.trouble is not None:
            raise MonorepoError(f"the code cannot be written there: {self.trouble}")
        if self.lacking:
            raise MonorepoError(f"{len(self.lacking)} files have not come, of them {self._example()}")
        found = read(self.tree, (entry.path for entry in self.manifest.entries), self.manifest.prefix)
        if found.id != self.manifest.id:
            there = {entry.path: entry for entry in found.entries}
            other = next(entry.path for entry in self.manifest.entries if there.get(entry.path) != entry)
            raise MonorepoError(f"the tree is not what was sent, beginning with {other}")
        (self.folder / _MANIFEST).write_bytes(self.manifest.data)

    def _example(self) -> str:
        return next(entry.path for entries in self.lacking.values() for entry in entries)

    def made(self) -> None:
        """What is in the tree now is part of it, though it was not sent: a setup has made it."""
        (self.folder / _MADE).write_text("\n".join(sorted(self._strangers())), encoding="utf-8")

    @property
    def is_made(self) -> bool:
        return (self.folder / _MADE).exists()

    def close(self, keep: int) -> None:
        """Leave the tree to other runs; of those that nobody uses only the latest ones stay."""
        with contextlib.suppress(OSError):
            os.utime(self.folder)
        self.lock.release()
        prune(self.base, keep)

    # -- filling it

    def _supply(self, entry: Entry, donors: Mapping[str, Path]) -> None:
        if entry_of(self.tree, entry.path) == entry:
            return
        if entry.kind == LINK:
            os.symlink(entry.target, self._cleared(entry))
            return
        if entry.kind == FOLDER:
            self._cleared(entry).mkdir()
            return
        content = b"" if entry.size == 0 else _content(donors.get(entry.digest), entry.digest)
        if content is None:
            self.lacking.setdefault(entry.digest, []).append(entry)
        else:
            self._write(entry, content)

    def _cleared(self, entry: Entry) -> Path:
        """Its place, with nothing there and real folders around it."""
        place = self.tree
        for part in entry.path.split("/")[:-1]:
            place = place / part
            if not stat.S_ISDIR(_mode(place)):
                _remove(place)
                place.mkdir()
        file = self.tree / entry.path
        _remove(file)
        return file

    def _write(self, entry: Entry, content: bytes) -> None:
        file = self._cleared(entry)
        file.write_bytes(content)
        file.chmod(entry.mode)

    # -- what is in it and was not sent

    def _remove_strangers(self) -> None:
        """An earlier run's leftovers, but for what a setup has made."""
        made: set[str] = set()
        with contextlib.suppress(OSError):
            made = set((self.folder / _MADE).read_text(encoding="utf-8").splitlines())
        for path in self._strangers():
            if path not in made:
                _remove(self.tree / path)

    def _strangers(self) -> list[str]:
        """The topmost files and folders that no entry needs; ``.git`` is made anew by who needs it."""
        files = {entry.path for entry in self.manifest.entries if entry.kind != FOLDER}
        folders = {entry.path for entry in self.manifest.entries if entry.kind == FOLDER}
        for path in [*files, *folders]:
            while "/" in path and (path := path.rpartition("/")[0]) not in folders:
                folders.add(path)
        return [path for path in _walked(self.tree, files, folders) if path != ".git"]


def _walked(top: Path, files: set[str], folders: set[str]) -> Iterator[str]:
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(top / folder) as found:
            for one in found:
                path = f"{folder}/{one.name}" if folder else one.name
                real = one.is_dir(
                    follow_symlinks=False
                )  # through a link, files seem to be where they are not
                if path not in (folders if real else files):
                    yield path
                elif real:
                    waiting.append(path)


def _check(entry: Entry) -> None:
    """A tree holds what is below it."""
    parts = entry.path.split("/")
    if not entry.path or os.path.isabs(entry.path) or {"", ".", ".."} & set(parts) or parts[0] == ".git":
        raise MonorepoError(f"{entry.path}: is no path in a tree")


def _taken(base: Path, name: str) -> tuple[Path, Lock]:
    _require_locks(base)
    number = 0
    while True:
        folder = base / f"{name}.{number}"
        folder.mkdir(exist_ok=True)
        lock = Lock.taken(folder / _LOCK)
        if lock is not None:
            return folder, lock
        number += 1


def _require_locks(base: Path) -> None:
    """Raises where nothing can be locked: every folder would seem to be another run's."""
    file = base / f"{RUN}{uuid.uuid4().hex}.lock"
    lock = Lock.taken(file)
    file.unlink(missing_ok=True)
    if lock is None:
        raise MonorepoError(
            f"{base}: no file can be locked there (as on some network disks): start dask worker with a"
            " --local-directory on the node's own disk"
        )
    lock.release()


def _donors(base: Path, own: Path) -> dict[str, Path]:
    """Where on the node a content was when its tree was made; whoever takes it looks whether it still is."""
    found: dict[str, Path] = {}
    for folder in _trees(base):
        if folder == own:
            continue
        with contextlib.suppress(Exception):
            manifest = Manifest.of((folder / _MANIFEST).read_bytes())
            found.update((e.digest, folder / "tree" / e.path) for e in manifest.entries if e.kind == FILE)
    return found


def _content(file: Path | None, digest: str) -> bytes | None:
    with contextlib.suppress(OSError):
        content = file.read_bytes() if file is not None else None
        if content is not None and digest_of(content) == digest:
            return content
    return None


def _trees(base: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        own = (folder for folder in base.iterdir() if not folder.name.startswith(RUN))
        return [folder for folder in own if (folder / _LOCK).exists()]
    return []


def prune(base: Path, keep: int) -> None:
    """Remove what nobody uses, but for the latest ``keep`` trees; also of runs whose machine went down."""
    found = sorted(_trees(base), key=lambda folder: -_time(folder))
    for folder in [*found[keep:], *base.glob(f"{RUN}*")]:
        lock = Lock.taken(folder / _LOCK)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()


def _time(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return time.time()


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def _remove(path: Path) -> None:
    if stat.S_ISDIR(_mode(path)):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
