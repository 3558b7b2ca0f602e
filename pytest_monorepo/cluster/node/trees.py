"""The code of a run on a node: taken in, made ready, or found where an image or a shared disk has it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytest_monorepo.cluster import fingerprint
from pytest_monorepo.cluster.tree import making, packs
from pytest_monorepo.cluster.tree import manifest as manifests
from pytest_monorepo.cluster.tree.repository import Repository
from pytest_monorepo.cluster.tree.store import Store
from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.run.workers import processes

SETUP_TIME = 1800.0
"""Seconds that ``cluster-setup`` may take."""

_UNCLAIMED = 900.0
"""Seconds after which a tree that no agent works in is left to others: its controller was killed."""


@dataclass
class Trees:
    """Those of this process by the run's id. Every method may be called from any thread."""

    _stores: dict[str, Store] = field(default_factory=dict)
    _timers: dict[str, threading.Timer] = field(default_factory=dict)
    _setups: dict[str, int] = field(default_factory=dict)

    def open(self, run: str, base: str, data: bytes, keep: int) -> list[str]:
        """The digests of what is lacking of the tree."""
        store = self._stores[run] = Store.open(Path(base), data)
        timer = self._timers[run] = threading.Timer(_UNCLAIMED, self.close, (run, keep))
        timer.daemon = True
        timer.start()
        return list(store.lacking)

    def take(self, run: str, pack: bytes) -> None:
        self._stores[run].add(packs.unpacked(pack))

    def finish(self, run: str, git: Repository | None, setup: str | None) -> tuple[str, list[str]]:
        """The workspace's root on this node, and what there is to say of it. Raises where it is not right."""
        store = self._stores[run]
        store.finish()
        said = making.make(store.tree, git) if git is not None else None
        if setup is not None and not store.is_made:
            try:
                _set_up(setup, store.root, lambda pid: self._setups.update({run: pid}))
            finally:
                self._setups.pop(run, None)
            store.made()
        return str(store.root), [said] if said is not None else []

    def claimed(self, run: str) -> None:
        """An agent works in it and will close it."""
        if timer := self._timers.pop(run, None):
            timer.cancel()

    def close(self, run: str, keep: int) -> None:
        self.claimed(run)
        if (pid := self._setups.get(run)) is not None:
            processes.end_group(pid)
        if store := self._stores.pop(run, None):
            store.close(keep)


def _set_up(command: str, root: Path, began: Callable[[int], object]) -> None:
    """``began`` is told its process, whose group is its own."""
    environ = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    process = subprocess.Popen(
        command,
        shell=True,
        cwd=root,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    began(process.pid)
    with process:
        try:
            output, _ = process.communicate(timeout=SETUP_TIME)
        except subprocess.TimeoutExpired:
            processes.end_group(process.pid)  # the shell alone would leave what it has started
            raise MonorepoError(f"cluster-setup: {command} took longer than {SETUP_TIME:g}s") from None
    if process.returncode:
        last = output.decode("utf-8", "replace").strip().splitlines()[-3:]
        raise MonorepoError(
            f"cluster-setup: {command} ended with exit code {process.returncode}: {' | '.join(last)}"
        )


def compare(folder: str, data: bytes) -> str:
    """``folder``, which must be the workspace's root and hold what the controller has, or it raises."""
    wanted = manifests.Manifest.of(data)
    top = Path(folder)
    for _ in wanted.prefix.split("/") if wanted.prefix else ():
        top = top.parent
    if not top.is_dir():
        raise MonorepoError(f"cluster-path: there is no folder {folder}")
    found = manifests.read(top, (entry.path for entry in wanted.entries), wanted.prefix)
    if found.id != wanted.id:
        there = {entry.path: entry for entry in found.entries}
        other = next(entry.path for entry in wanted.entries if there.get(entry.path) != entry)
        raise MonorepoError(
            f"cluster-path: {folder} does not hold the code that is here, beginning with {other}"
        )
    return folder


def interpreter(python: str, home: str, root: str, *, current: bool) -> str | None:
    """This node's interpreter for the controller's: in the tree, this process' own, or at the same place."""
    if python.startswith((home + "/", home + os.sep)):
        inside = root + python[len(home) :]
        if os.path.isfile(inside):
            return inside
    if current:
        return sys.executable
    return python if os.path.isfile(python) else None


def fingerprints(
    pythons: Sequence[tuple[str, bool]], home: str, root: str
) -> dict[str, tuple[str | None, str | None]]:
    """For each of the controller's interpreters this node's, and its fingerprint."""
    found = {python: interpreter(python, home, root, current=current) for python, current in pythons}
    return {python: (here, fingerprint.ask(here) if here else None) for python, here in found.items()}
