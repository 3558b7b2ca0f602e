"""Paths that changed on disk → the projects they affect, without git: what was there before is remembered."""

from __future__ import annotations

import contextlib
import hashlib
import posixpath
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pytest_monorepo.affected.extensions import Extensions, is_further
from pytest_monorepo.affected.git.contents import blob_hashes
from pytest_monorepo.affected.locks.names import is_lock
from pytest_monorepo.affected.meaning.reading import Versions, read_changes
from pytest_monorepo.affected.rules.values import ChangedFile, Selection
from pytest_monorepo.affected.selection import select
from pytest_monorepo.affected.sides import Base, Edges, State, present, shapes_projects
from pytest_monorepo.cache import cache_file
from pytest_monorepo.call import deciding, hooks
from pytest_monorepo.errors import GitError
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.files.listing import FOREIGN, clean_environment
from pytest_monorepo.workspace.model import Workspace

# names that git may well have: they are no noise where git knows the file
_REAL = frozenset(("build", "dist", "venv", "site-packages", ".idea", ".vscode"))
_NOISE = FOREIGN - _REAL
_NONE = Extensions()
_EDITORS = (".swp", ".swx", ".swo", "~", ".pyc", ".pyo", ".tmp")


@dataclass(frozen=True)
class Event:
    """One path below the watched folder; ``appeared`` where it may be a folder that came or went."""

    path: str
    appeared: bool = False


@dataclass(frozen=True)
class Snapshot:
    """The workspace at one moment. ``contents`` are the files that are compared entry by entry.

    ``names`` are those that each file mentions, where test files are what is selected.
    """

    settings: Settings
    workspace: Workspace
    state: State
    contents: Mapping[str, bytes]
    names: Mapping[str, frozenset[str]] | None = None


def take(config: pytest.Config, root: Path) -> Snapshot:
    """Look at the disk. Raises :class:`~pytest_monorepo.errors.MonorepoError` where settings are broken."""
    settings, workspace = deciding.discover(config, root)
    edges = hooks.edges_of(config)
    found = of_workspace(workspace, settings, cache_file(config, "imports"), edges)
    if not hooks.by_file(config, settings):
        return found
    from pytest_monorepo.affected.files.decide import mentioned

    return replace(found, names=mentioned(found.state))


def of_workspace(
    workspace: Workspace, settings: Settings, cache: Path | None = None, edges: Edges | None = None
) -> Snapshot:
    """The snapshot of what discovery has just found; ``cache`` keeps what unchanged files import."""
    blobs: Mapping[str, str] = {}
    if cache is not None:
        with contextlib.suppress(GitError):
            blobs = blob_hashes(workspace.root)
    # before the imports are read: what changes meanwhile then differs from what is remembered
    contents = dict(_compared(workspace.root, workspace))
    return Snapshot(settings, workspace, present(workspace, settings, blobs, cache, edges), contents)


def _compared(root: Path, workspace: Workspace) -> Iterator[tuple[str, bytes]]:
    for path in workspace.files:
        if is_lock(path) or shapes_projects(path) or posixpath.basename(path).startswith(".coveragerc"):
            with contextlib.suppress(OSError):
                yield path, (root / path).read_bytes()


def compare(
    before: Snapshot,
    now: Snapshot,
    events: Iterable[Event],
    hooks: Extensions = _NONE,
    matters: Callable[[str], bool] = lambda path: True,
) -> Selection:
    """What the events, and whatever else differs between the two snapshots, affect."""
    files = read(before, now, events, hooks, matters)
    return select(files, now.state.side, [before.state.side], now.settings)


def left_out(
    before: Snapshot,
    now: Snapshot,
    files: Sequence[ChangedFile],
    selection: Selection,
    plugins: Iterable[str],
) -> frozenset[str]:
    """The test files of the selected projects that the changed ``files`` do not reach."""
    if before.names is None or now.names is None:
        return frozenset()
    from pytest_monorepo.affected.files.decide import by_file

    old = {file.path: before.names.get(file.path, frozenset()) for file in files}
    base = Base(before.state, before.contents)
    narrowed = by_file(selection, files, now.state, [base], now.settings, plugins, old)
    return frozenset(path for one in narrowed.values() for path in one.left_out)


def read(
    before: Snapshot,
    now: Snapshot,
    events: Iterable[Event],
    hooks: Extensions = _NONE,
    matters: Callable[[str], bool] = lambda path: True,
) -> list[ChangedFile]:
    """The files that the events name and that otherwise differ, with what each change means.

    Paths that do not matter by their name are left out.

    A manifest or lock may change after its event was collected and before the snapshot was taken. Its next
    event would find it equal, so each of them is compared here whether it had an event or not.
    """
    paths = {path for path in changed_paths(before, now, events) if matters(path)}
    paths = set(hooks.changed_paths(sorted(paths)))
    versions = Versions(before.contents.get, now.state.origin.read)
    locks = {path for path in paths if _is_hooks_lock(path, now, hooks)}
    files = read_changes(sorted(paths - locks), versions, now.state, before.state, hooks)
    # what such a lock held before is not remembered, since any file could be one
    return files + [ChangedFile(path, everything="a lock that a hook reads") for path in locks]


def without_ignored(root: Path, events: Sequence[Event]) -> list[Event]:
    """The events without files above the workspace that git ignores; those inside are none of its files."""
    outside = [event.path for event in events if event.path.startswith("../")]
    if not outside:
        return list(events)
    command = ["git", "-c", "core.excludesFile=", "check-ignore", "-z", "--stdin"]
    text = "\0".join(outside).encode("utf-8", "surrogateescape")
    try:
        done = subprocess.run(
            command, cwd=root, env=clean_environment(), input=text, capture_output=True, check=False
        )
    except OSError:
        return list(events)
    ignored = set(done.stdout.decode("utf-8", "surrogateescape").split("\0"))
    return [event for event in events if event.path not in ignored]


def _is_hooks_lock(path: str, now: Snapshot, hooks: Extensions) -> bool:
    if not hooks.further_locks:
        return False
    data = now.state.origin.read(path)
    return data is not None and is_further(hooks.read_lock(path, data))


def changed_paths(before: Snapshot, now: Snapshot, events: Iterable[Event]) -> Iterator[str]:
    """The files of the workspace, then or now, that changed: git-ignored ones are none of its files."""
    old, new = set(before.workspace.files), set(now.workspace.files)
    yield from old ^ new
    yield from (p for p in {*before.contents, *now.contents} if before.contents.get(p) != now.contents.get(p))
    known = old | new
    for event in events:
        if event.path in known or event.path.startswith("../"):
            yield event.path
        elif event.appeared:
            # a folder moved here or away: no event tells of the files in it
            yield from (path for path in known if path.startswith(event.path + "/"))


@dataclass
class Sieve:
    """Drops events that mean nothing: caches, editors' leftovers, our own reports, the same content again.

    ``outputs`` are the files and folders that the run itself writes.
    """

    root: Path
    outputs: frozenset[str] = frozenset()
    _digests: dict[str, bytes | None] = field(default_factory=dict)

    def by_name(self, path: str) -> bool:
        """Whether a path, relative to the root, can matter at all. Pure, for the watcher's own thread."""
        parts = path.split("/")
        name = parts[-1]
        if not _NOISE.isdisjoint(parts) or name.endswith(_EDITORS) or name.startswith(".#"):
            return False
        if name == ".coverage" or name.startswith(".coverage."):
            return False
        return not any(path == out or path.startswith(out + "/") for out in self.outputs)

    def changed(self, events: Iterable[Event]) -> tuple[Event, ...]:
        """The events whose file is not as it was at its last event.

        So a test that writes the same file in every run starts no endless circle.
        """
        kept = []
        for event in events:
            full = self.root / event.path
            digest = _digest(full)
            if event.path in self._digests and self._digests[event.path] == digest and not full.is_dir():
                continue
            self._digests[event.path] = digest
            kept.append(event)
        return tuple(kept)


def _digest(path: Path) -> bytes | None:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # who opens a pipe to read it waits for a writer
            return None
        return hashlib.blake2b(path.read_bytes(), salt=b"%o" % mode).digest()
    except OSError:
        return None
