"""Runs whose stores misbehave, each checked for what must hold all the same.

Every trial has a fresh machine or one that was there before, its own state of a data file that decides each
test's outcome, and one kind of trouble. What a run says must be what is true of the data then: a wrong replay
or a lost result is another number of passed and failed tests.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.patience import MINUTES, until
from tests.run.space import Space

from .servers import TOKEN, Artifacts, serving

PROJECTS = ("libs/a", "libs/b", "libs/c")
TEST = "import pathlib\ndef test(): assert 'good' in pathlib.Path('data.txt').read_text()\n"
KINDS = (
    *("well", "slow", "hangs", "full", "fails", "forbids", "cut", "damaged", "damaged here"),
    *("killed while writing", "full disk", "shared by four", "one folder for four"),
)
LEFT = ".part-*"


@dataclass(frozen=True)
class Trial:
    """``wrong`` says what did not hold, in words; ``replayed`` counts tests."""

    number: int
    kind: str
    replayed: int
    wrong: tuple[str, ...] = ()


@dataclass
class Faults:
    """``folder`` holds the machines; the server is the same for all."""

    folder: Path
    chance: random.Random
    artifacts: Artifacts
    spaces: list[Space] = field(default_factory=list)

    def trial(self, number: int, kind: str) -> Trial:
        """One run, or four at once, and for a run that was killed the one after it."""
        count = 4 if "four" in kind else 1
        with self._trouble(kind) as wait:
            machines = [self._machine(kind, wait) for _ in range(count)]
            truths = [self._change(space) for space, _ in machines]
            if kind == "killed while writing":
                self._kill(*machines[0])
                self.artifacts.mischief = None
            runs = [self._start(*machine) for machine in machines]
            said = [run.communicate(timeout=MINUTES)[0].decode() for run in runs]
        wrong = [
            sentence
            for run, text, truth in zip(runs, said, truths, strict=True)
            for sentence in _faults_of(run.returncode, text, truth)
        ]
        wrong += self._leftovers(machines[0][1])
        return Trial(number, kind, sum(map(_replayed, said)), tuple(wrong))

    def _change(self, space: Space) -> dict[str, bool]:
        truth = {project: self.chance.random() < 0.7 for project in PROJECTS}
        space.write({f"{project}/data.txt": "good" if good else "bad" for project, good in truth.items()})
        return truth

    def _machine(self, kind: str, wait: float) -> tuple[Space, Path]:
        """A workspace and its cache folder, now and then of an earlier trial."""
        if self.spaces and self.chance.random() < 0.5 and "four" not in kind:
            space = self.chance.choice(self.spaces)
        else:
            space = Space(self.folder / f"machine-{len(self.spaces)}" / "space")
            space.projects(dict.fromkeys(PROJECTS, TEST))
            self.spaces.append(space)
        store = f'cached-store = "turborepo+{self.artifacts.url}"\ncached-wait = {wait}\n'
        space.write({"pyproject.toml": f"[tool.pytest-monorepo]\n{store}"})
        cache = self.folder / "one-cache" if kind == "one folder for four" else space.root.parent / "cache"
        if kind == "full disk" and (self.folder / "full").is_dir():
            cache = self.folder / "full" / "cache"
        if kind == "damaged here":
            self._damage(cache)
        return space, cache

    def _damage(self, folder: Path) -> None:
        for path in folder.rglob("*"):
            if path.is_file() and path.name != "secret" and self.chance.random() < 0.5:
                path.write_bytes(_damaged(path.read_bytes(), self.chance))

    def _start(self, space: Space, cache: Path) -> subprocess.Popen[bytes]:
        environ = {
            "XDG_CACHE_HOME": str(cache),
            "HOME": str(self.folder),
            "TURBO_TOKEN": TOKEN,
            "PYTEST_MONOREPO_CACHE_KEY": "a key that nobody else has",
        }
        return space.start("--cached", "-q", env=environ)

    def _kill(self, space: Space, cache: Path) -> None:
        """End a run once it has begun to write."""
        writes = threading.Event()

        def mischief(method: str) -> None:
            if method == "PUT":
                writes.set()
                time.sleep(self.chance.random() / 20)

        self.artifacts.mischief = mischief
        run = self._start(space, cache)
        until(lambda: writes.is_set() or run.poll() is not None)
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=MINUTES)
        for part in cache.rglob(LEFT):  # as if it were of yesterday
            os.utime(part, (1, 1))

    @contextmanager
    def _trouble(self, kind: str) -> Iterator[float]:
        """Let the server misbehave; the seconds that a run shall wait for it."""
        chance, artifacts = self.chance, self.artifacts
        statuses = {"full": 507, "fails": 500, "forbids": 403}
        wait = MINUTES
        if kind == "slow":
            artifacts.mischief = lambda method: time.sleep(chance.random() / 5)
            wait = 0.5
        elif kind == "hangs":
            artifacts.hang, wait = threading.Event(), 0.3
        elif kind in statuses:
            artifacts.mischief = lambda method: statuses[kind] if method == "PUT" or kind != "full" else None
        elif kind == "cut":
            artifacts.mischief = lambda method: "cut" if chance.random() < 0.3 else None
        elif kind == "damaged":
            artifacts.kept.update({n: _damaged(d, chance) for n, d in artifacts.kept.items()})
        try:
            yield wait
        finally:
            if artifacts.hang is not None:
                artifacts.hang.set()
            artifacts.mischief = artifacts.hang = None

    def _leftovers(self, cache: Path) -> list[str]:
        old = [path for path in cache.rglob(LEFT) if path.stat().st_mtime < 100]
        return [f"{path.name} is left over" for path in old]


def _damaged(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return data
    place = chance.randrange(len(data))
    return (
        data[:place] if chance.random() < 0.5 else data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    )


def _faults_of(code: int, text: str, truth: dict[str, bool]) -> Iterator[str]:
    passed = sum(truth.values())
    failed = len(truth) - passed
    if (_count(text, "passed"), _count(text, "failed")) != (passed, failed):
        yield f"{passed} passed and {failed} failed were true; it said:\n{text}"
    if code != (1 if failed else 0):
        yield f"exit code {code} with {failed} failed:\n{text}"
    if _replayed(text) > passed:
        yield f"more was replayed than passes:\n{text}"
    if text.count("warning: cached-store") > 1:
        yield f"more than one warning:\n{text}"


def _count(text: str, word: str) -> int:
    found = re.findall(rf"(\d+) {word}\b", text.strip().splitlines()[-1]) if text.strip() else []
    return int(found[0]) if found else 0


def _replayed(text: str) -> int:
    return _count(text, "cached")


def trials(folder: Path, seed: int, kinds: Sequence[str]) -> Iterator[Trial]:
    """One trial of each of the kinds, in their order."""
    with serving(Artifacts()) as artifacts:
        faults = Faults(folder, random.Random(seed), artifacts)
        for number, kind in enumerate(kinds):
            yield faults.trial(number, kind)


def mixed(seed: int, count: int) -> list[str]:
    """So many kinds in a random order, each as often as the others."""
    kinds = [KINDS[number % len(KINDS)] for number in range(count)]
    random.Random(seed).shuffle(kinds)
    return kinds


def small_disk(folder: Path) -> Callable[[], None] | None:
    """Make ``folder/full`` a disk of 64 kB, where that is allowed; what is returned takes it away."""
    full = folder / "full"
    full.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(full)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True, check=False).returncode:
        full.rmdir()
        return None

    def remove() -> None:
        subprocess.run(["umount", str(full)], capture_output=True, check=False)

    return remove
