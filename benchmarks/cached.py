"""What ``--cached`` costs and saves: beside a shell loop and a run without it, in this very call.

    python -m benchmarks.cached [--projects 60] [--tests 20] [--cpu-ms 20] [--repeat 3]

*recording* is a run that keeps everything, *nothing changed* one that replays everything, *one leaf
touched* one after a service was edited, which nothing depends on. The shortest of ``--repeat`` runs
counts, the loop has one; beside the wall time stands the processor time of all processes. All have two
workers; compare figures of one call only.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.workspaces import Shape, generate

PYTEST = [sys.executable, "-m", "pytest", "-q"]


@dataclass(frozen=True)
class Took:
    """Seconds of wall and processor time."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Bench:
    """A workspace below ``root`` and a store of results beside it."""

    root: Path
    store: Path

    def command(self, words: Sequence[str], cwd: Path) -> None:
        paths = os.pathsep.join(str(manifest.parent) for manifest in self.root.glob("libs/*/pyproject.toml"))
        environ = {**os.environ, "XDG_CACHE_HOME": str(self.store), "PYTHONPATH": paths}
        run = subprocess.run(words, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
        if run.returncode:
            raise SystemExit(f"{' '.join(words)} in {cwd}: exit code {run.returncode}\n{run.stdout[-2000:]}")

    def ours(self, *words: str) -> None:
        self.command([*PYTEST, "--monorepo", "--workers=2", *words], self.root)

    def loop(self) -> None:
        for manifest in sorted(self.root.glob("*/*/pyproject.toml")):
            self.command([*PYTEST, "-p", "no:monorepo"], manifest.parent)

    def forget(self) -> None:
        shutil.rmtree(self.store, ignore_errors=True)

    def touch_leaf(self, number: int) -> None:
        """Edit a service, of which nothing else depends."""
        source = min(self.root.glob("services/*/app/*.py"))
        source.write_text(f"{source.read_text()}\n_edited = {number}\n")


def timed(
    action: Callable[[], None], repeat: int, before: Callable[[int], None] = lambda number: None
) -> Took:
    """The shortest of several runs, each after ``before``."""
    found = []
    for number in range(repeat):
        before(number)
        used, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        action()
        wall = time.perf_counter() - started
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(Took(wall, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime))
    return min(found, key=lambda took: took.wall)


def main() -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--projects", type=int, default=60)
    parser.add_argument("--tests", type=int, default=20)
    parser.add_argument("--cpu-ms", type=float, default=20.0)
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name) / "workspace", Path(name) / "store")
        generate(bench.root, Shape(args.projects, args.tests, cpu_ms=args.cpu_ms), git=True)
        bench.ours()  # bytecode for all
        table = {
            "pytest --version": timed(lambda: bench.command([*PYTEST, "--version"], bench.root), args.repeat),
            "shell loop": timed(bench.loop, 1),
            "--monorepo": timed(bench.ours, args.repeat),
            "--cached, recording": timed(
                lambda: bench.ours("--cached"), args.repeat, lambda _: bench.forget()
            ),
            "--cached, nothing changed": timed(lambda: bench.ours("--cached"), args.repeat),
            "--cached, one leaf touched": timed(
                lambda: bench.ours("--cached"), args.repeat, bench.touch_leaf
            ),
        }
    print(f"{args.projects} projects, {args.tests} tests each, {args.cpu_ms:g} ms in each test")
    print(f"{'':28}{'wall s':>8}{'cpu s':>8}{'of loop':>9}{'of ours':>9}")
    loop, ours = table["shell loop"], table["--monorepo"]
    for words, took in table.items():
        ratios = f"{took.wall / loop.wall:9.3f}{took.wall / ours.wall:9.3f}"
        print(f"{words:28}{took.wall:8.2f}{took.cpu:8.2f}{ratios}")
    recording = table["--cached, recording"].cpu / ours.cpu - 1
    print(f"recording costs {recording:+.1%} of processor time")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
