"""What ``--cached`` costs and saves: beside a shell loop, a run without it, turbo and testmon, in one call.

    python -m benchmarks.cached [--projects 60] [--tests 20] [--cpu-ms 20 | --sample] [--repeat 3]
        [--turbo node_modules/.bin/turbo] [--testmon ENVIRONMENT/bin/python]

*recording* is a run that keeps everything, *nothing changed* one that replays everything, *one leaf
touched* one after a service was edited, which nothing depends on. All take turns, ``--repeat`` times, the
loop once; the shortest counts, and beside the wall time stands the processor time of all processes. All have
two workers but testmon, which knows of none: it runs in each project, one after the other, in an environment
of its own. ``--sample`` is ``sample_repo``, whose ``requirements.txt`` must be installed. Compare figures of
one call only. At the end the loop and ours run once more, and each test must have given the same.
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

from benchmarks import cached_rivals as rivals
from benchmarks.workspaces import Shape, commit, generate

PYTEST = [sys.executable, "-m", "pytest", "-q"]
SAMPLE = Path(__file__).parents[1] / "sample_repo"
NO_TESTS = 5
"""The exit code of a testmon that finds nothing to run."""


@dataclass(frozen=True)
class Took:
    """Seconds of wall and processor time."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Way:
    """``run`` returns what was printed; ``before`` is not measured. ``all``: each test is said to pass."""

    name: str
    run: Callable[[], str]
    before: Callable[[], None] = lambda: None
    once: bool = False
    all: bool = True


@dataclass(frozen=True)
class Bench:
    """A workspace below ``root``, and the folder ``tmp`` for what is kept of it."""

    root: Path
    tmp: Path

    @property
    def projects(self) -> list[Path]:
        return sorted(manifest.parent for manifest in self.root.glob("*/*/pyproject.toml"))

    def command(self, words: Sequence[str], cwd: Path, codes: Sequence[int] = (0,)) -> str:
        found = [
            folder for folder in (*self.root.glob("libs/*"), *self.root.glob("libs/*/src")) if folder.is_dir()
        ]
        environ = {
            **os.environ,
            "XDG_CACHE_HOME": str(self.tmp / "store"),
            "PYTHONPATH": os.pathsep.join(map(str, found)),
        }
        run = subprocess.run(words, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
        if run.returncode not in codes:
            raise SystemExit(f"{' '.join(words)} in {cwd}: exit code {run.returncode}\n{run.stdout[-2000:]}")
        return run.stdout

    def ours(self, *words: str) -> str:
        return self.command([*PYTEST, "--monorepo", "--workers=2", *words], self.root)

    def each(self, *words: str, codes: Sequence[int] = (0,)) -> str:
        """One project after the other."""
        return "".join(self.command(words, project, codes) for project in self.projects)

    def loop(self) -> str:
        return self.each(*PYTEST, "-p", "no:monorepo")

    def forget(self) -> None:
        shutil.rmtree(self.tmp / "store", ignore_errors=True)

    def touch_leaf(self) -> None:
        """Edit a service, of which nothing else depends."""
        source = min(self.root.glob("services/*/app/*.py"))
        source.write_text(f"{source.read_text()}\n_edited = {time.monotonic_ns()}\n")

    def outcomes(self, *words: str) -> rivals.Outcomes:
        file = self.tmp / "ours.xml"
        self.ours(*words, f"--junitxml={file}")
        return rivals.outcomes(file)

    def outcomes_of_loop(self) -> rivals.Outcomes:
        found: dict[tuple[str, str], str] = {}
        for project in self.projects:
            file = self.tmp / "loop.xml"
            self.command([*PYTEST, "-p", "no:monorepo", f"--junitxml={file}"], project)
            found.update(rivals.outcomes(file, str(project.relative_to(self.root))))
        return found


def ways(bench: Bench, turbo: str | None, testmon: str | None) -> list[Way]:
    """Each round goes through them from the first to the last."""
    cached = lambda: bench.ours("--cached")  # noqa: E731
    found = [
        Way("pytest --version", lambda: bench.command([*PYTEST, "--version"], bench.root), all=False),
        Way("shell loop", bench.loop, once=True),
        Way("--monorepo", bench.ours),
        Way("--cached, recording", cached, bench.forget),
        Way("--cached, nothing changed", cached, all=False),
        Way("--cached, one leaf touched", cached, bench.touch_leaf, all=False),
    ]
    if turbo is not None:
        rivals.prepare_turbo(bench.root, bench.projects, [*PYTEST, "-p", "no:monorepo"])
        words = [turbo, "run", "test", "--concurrency=2"]
        run = lambda: bench.command(words, bench.root)  # noqa: E731
        found += [
            Way("turbo, cold", run, lambda: rivals.forget_turbo(bench.root)),
            Way("turbo, nothing changed", run),
            Way("turbo, one leaf touched", run, bench.touch_leaf),
        ]
    if testmon is not None:
        mon = lambda: bench.each(testmon, "-m", "pytest", "-q", "--testmon", codes=(0, NO_TESTS))  # noqa: E731
        found += [
            Way("testmon, recording", mon, lambda: rivals.forget_testmon(bench.projects)),
            Way("testmon, nothing changed", mon, all=False),
            Way("testmon, one leaf touched", mon, bench.touch_leaf, all=False),
        ]
    return found


def measured(found: Sequence[Way], repeat: int) -> dict[str, Took]:
    """The shortest of all rounds, by the processors and by the clock."""
    table: dict[str, Took] = {}
    passed = -1
    for number in range(repeat):
        for way in found:
            if way.once and number:
                continue
            way.before()
            took, printed = timed(way.run)
            if way.all:
                passed = rivals.passed(printed) if passed < 0 else passed
                if rivals.passed(printed) != passed:
                    raise SystemExit(
                        f"{way.name}: {rivals.passed(printed)} passed and not {passed}:\n{printed[-2000:]}"
                    )
            known = table.get(way.name, took)
            table[way.name] = Took(min(took.wall, known.wall), min(took.cpu, known.cpu))
    return table


def timed(action: Callable[[], str]) -> tuple[Took, str]:
    used, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    printed = action()
    wall = time.perf_counter() - started
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(wall, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime), printed


def compared(bench: Bench) -> str:
    """That each test gives the same by every way of ours as alone; an error where one does not."""
    expected = bench.outcomes_of_loop()
    bench.forget()
    bench.touch_leaf()
    for name in ("recording", "nothing changed", "one leaf touched"):
        if name == "one leaf touched":
            bench.touch_leaf()
        gave = bench.outcomes("--cached")
        if gave != expected:
            other = sorted(set(expected.items()) ^ set(gave.items()))
            raise SystemExit(f"{name}: another outcome than in the loop: {other[:5]}")
    return f"outcomes of {len(expected)} tests equal in the loop, recorded, replayed and with a leaf touched"


def main() -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--projects", type=int, default=60)
    parser.add_argument("--tests", type=int, default=20)
    parser.add_argument("--cpu-ms", type=float, default=20.0)
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument(
        "--turbo", type=os.path.abspath, help="turbo's executable; without it turbo is left out"
    )
    parser.add_argument("--testmon", type=os.path.abspath, help="a Python with testmon, likewise")
    args = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name).resolve() / "workspace", Path(name).resolve())
        if args.sample:
            shutil.copytree(SAMPLE, bench.root, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
            (bench.root / ".gitignore").write_text("__pycache__/\n.pytest_cache/\n.coverage*\n")
            commit(bench.root)
            print("sample_repo")
        else:
            generate(bench.root, Shape(args.projects, args.tests, cpu_ms=args.cpu_ms), git=True)
            print(f"{args.projects} projects, {args.tests} tests each, {args.cpu_ms:g} ms in each test")
        bench.ours()  # bytecode for all
        print(f"load {os.getloadavg()[0]:.1f} before")
        table = measured(ways(bench, args.turbo, args.testmon), args.repeat)
        equal = compared(bench)
    print(f"{'':28}{'wall s':>8}{'cpu s':>8}{'of loop':>9}{'of ours':>9}")
    loop, ours = table["shell loop"], table["--monorepo"]
    for words, took in table.items():
        ratios = f"{took.wall / loop.wall:9.3f}{took.wall / ours.wall:9.3f}"
        print(f"{words:28}{took.wall:8.2f}{took.cpu:8.2f}{ratios}")
    print(f"recording costs {table['--cached, recording'].cpu / ours.cpu - 1:+.1%} of processor time")
    print(f"{equal}; load {os.getloadavg()[0]:.1f} after")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
