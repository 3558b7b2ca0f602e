"""``pytest --monorepo`` beside the ways there are without it, on workspaces of several sizes.

    python -m benchmarks.processes [--only S M L B] [--cpu-ms 0 20] [--turbo TURBO] [--repeat 3]

S has 8 projects of 20 tests, M 60 of 20, L 300 of 20; B is one project of 400 files whose conftest takes
long to import. All with two workers, and with every library on ``PYTHONPATH`` as if it were installed. Ours
runs once unmeasured, which leaves bytecode for all. The shortest of ``--repeat`` runs counts (of one run for
the loop, and on L for all but ours). Besides the wall time stands the processor time of all processes, which
a machine that is busy otherwise falsifies less; a way that forks siblings leaves those out. Compare figures
of one call only. Exits 1 where ours, forked and with trivial tests, misses its goal: a sixth of the loop, and
0.8 of ``pytest -n 2`` on B.

The *floor* is one warm process that forks a child for each project which calls ``pytest.main`` there, one
after the other, divided by the workers: what pytest's configuration, collection and tests themselves take.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.goals import missed
from benchmarks.workspaces import Shape, generate

WORKERS = 2
SIZES = {"S": 8, "M": 60, "L": 300}
PYTEST = [sys.executable, "-m", "pytest", "-q"]
OFF = [*PYTEST, "-p", "no:monorepo"]

OURS = "ours, fork"
GOALS = {"M": {"shell loop": 1 / 6}, "L": {"shell loop": 1 / 6}, "B": {f"pytest -n {WORKERS}": 0.8}}
"""Of each size: the share on the clock that ours takes at most."""

FLOOR = """
import os, sys, time
import pytest
folders = sys.argv[1:]
def run(folder):
    pid = os.fork()
    if not pid:
        os.chdir(folder)
        sys.path.insert(0, folder)
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 1); os.dup2(devnull, 2)
        code = pytest.main(["-q", "-p", "no:monorepo"])
        os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0, folder
for plugin in ("xdist.plugin", "pytest_cov.plugin"):
    try: __import__(plugin)
    except ImportError: pass
run(folders[0])
started = time.perf_counter()
for folder in folders:
    run(folder)
print(time.perf_counter() - started)
"""


@dataclass(frozen=True)
class Way:
    name: str
    run: Callable[[], float]
    repeat: int


def main() -> int:
    """Measure and print; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[*SIZES, "B"], default=[*SIZES, "B"])
    parser.add_argument("--cpu-ms", nargs="+", type=float, default=[0.0, 20.0])
    parser.add_argument("--turbo", help="turbo's executable; without it turbo is left out")
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    load = os.getloadavg()[0]
    print(
        f"Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores, load {load:.1f} before\n"
    )
    over: list[str] = []
    for size in given.only:
        for cpu_ms in given.cpu_ms if size != "B" else [0.0]:
            with tempfile.TemporaryDirectory(prefix="processes-") as parent:
                root = Path(parent, "repo")
                if size == "B":
                    seconds = _measure("B: 400 files, slow import", _ways_of_one(root), None)
                    over += missed(size, seconds, OURS, GOALS[size])
                    continue
                shape = Shape(SIZES[size], tests=20, files=6, cpu_ms=cpu_ms)
                generate(root, shape, git=True)
                title = f"{size}: {shape.projects} x {shape.tests} tests, {cpu_ms:g} ms each"
                seconds = _measure(title, _ways(root, given.turbo, given.repeat, size), root)
                if cpu_ms == 0:
                    over += missed(size, seconds, OURS, GOALS.get(size, {}))
    print("\n".join(over))
    return int(bool(over))


def _measure(title: str, ways: Sequence[Way], root: Path | None) -> dict[str, float]:
    """Print a table; the seconds on the clock of each way."""
    print(f"| {title} | seconds | of the first | processor | of the first |\n|---|---:|---:|---:|---:|")
    first = None
    seconds: dict[str, float] = {}
    for way in ways:
        wall, cpu = map(min, zip(*(_timed(way.run) for _ in range(way.repeat)), strict=True))
        first = first or (wall, cpu)
        seconds[way.name] = wall
        ratios = wall / first[0], cpu / first[1]
        print(f"| {way.name} | {wall:.2f} | {ratios[0]:.2f} | {cpu:.2f} | {ratios[1]:.2f} |", flush=True)
    if root is not None:
        print(f"\npeak memory of the whole process tree (PSS): {peak(root) >> 20} MB")
    print(f"load {os.getloadavg()[0]:.1f} after\n", flush=True)
    return seconds


def _timed(run: Callable[[], float]) -> tuple[float, float]:
    """Wall time as ``run`` tells it, and the processor time of the processes it started and waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _ways(root: Path, turbo: str | None, repeat: int, size: str) -> list[Way]:
    folders = sorted(str(p.parent) for p in root.glob("*/*/pyproject.toml"))
    # services' own packages share a name; "python -m pytest" finds them in its working directory
    os.environ["PYTHONPATH"] = os.pathsep.join(str(p.parent) for p in root.glob("libs/*/pyproject.toml"))
    ours = [*PYTEST, "--monorepo", f"--workers={WORKERS}"]
    _wall(ours, root)

    def loop() -> float:
        return sum(_wall(OFF, Path(folder)) for folder in folders)

    def xargs() -> float:
        lines = "".join(f"cd {folder} && {' '.join(OFF)}\n" for folder in folders)
        return _wall(["xargs", f"-P{WORKERS}", "-d", "\n", "-I{}", "sh", "-c", "{}"], root, lines)

    def floor() -> float:
        command = [sys.executable, "-c", FLOOR, *folders]
        return float(subprocess.check_output(command, text=True).split()[-1]) / WORKERS

    once = 1 if size == "L" else repeat
    ways = [
        Way("shell loop", loop, 1),
        Way(f"xargs -P{WORKERS}", xargs, once),
        Way(OURS, lambda: _wall(ours, root), repeat),
        Way("ours, spawn", lambda: _wall([*ours, "--monorepo-start=spawn"], root), once),
        Way("floor", floor, once),
    ]
    if turbo is not None:
        prepare_turbo(root, folders)
        command = [turbo, "run", "test", "--force", f"--concurrency={WORKERS}"]
        ways.insert(2, Way("turbo run test, cold", lambda: _wall(command, root), once))
    return ways


def prepare_turbo(root: Path, folders: Sequence[str]) -> None:
    """Make a task of plain pytest in each of the folders, whose paths are absolute."""
    workspace = {
        "name": "root",
        "private": True,
        "packageManager": "npm@10.0.0",
        "workspaces": ["libs/*", "services/*"],
    }
    (root / "package.json").write_text(json.dumps(workspace))
    (root / "package-lock.json").write_text(
        json.dumps({"name": "root", "lockfileVersion": 3, "packages": {"": workspace}})
    )
    tasks = {"test": {"cache": False}}
    (root / "turbo.json").write_text(json.dumps({"tasks": tasks, "globalPassThroughEnv": ["*"]}))
    for folder in folders:
        package = {"name": Path(folder).name, "version": "1.0.0", "scripts": {"test": " ".join(OFF)}}
        Path(folder, "package.json").write_text(json.dumps(package))


def _ways_of_one(root: Path) -> list[Way]:
    (root / "tests").mkdir(parents=True)
    (root / "pyproject.toml").write_text('[project]\nname = "big"\nversion = "1"\n[tool.pytest-monorepo]\n')
    (root / "slow.py").write_text(
        "import time\nend = time.process_time() + 0.8\nwhile time.process_time() < end:\n    pass\n"
    )
    (root / "conftest.py").write_text("import slow\n")
    for number in range(400):
        spin = "    end = time.process_time() + 0.004\n    while time.process_time() < end:\n        pass\n"
        tests = "".join(f"def test_{n}():\n{spin}" for n in range(3))
        (root / "tests" / f"test_{number:03}.py").write_text(f"import time\n\n\n{tests}")
    plain, ours = [*OFF], [*PYTEST, "--monorepo", f"--workers={WORKERS}"]
    xdist = [*OFF, f"-n{WORKERS}", "--dist=loadfile"]
    _wall(plain, root)
    return [
        Way("pytest", lambda: _wall(plain, root), 2),
        Way(f"pytest -n {WORKERS} --dist loadfile", lambda: _wall(xdist, root), 3),
        Way(f"pytest -n {WORKERS}", lambda: _wall([*OFF, f"-n{WORKERS}"], root), 3),
        Way(OURS, lambda: _wall(ours, root), 3),
        Way("ours, spawn", lambda: _wall([*ours, "--monorepo-start=spawn"], root), 3),
    ]


def _wall(command: Sequence[str], folder: Path, given: str | None = None) -> float:
    started = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=folder,
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(
            f"{' '.join(command)} in {folder}: exit code {done.returncode}\n{done.stdout[-3000:]}"
        )
    return time.perf_counter() - started


def peak(root: Path) -> int:
    """Bytes that one of our runs held at its peak, each shared page counted once."""
    command = [*PYTEST, "--monorepo", f"--workers={WORKERS}"]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, start_new_session=True)
    peak, stop = [0], threading.Event()

    def sample() -> None:
        while not stop.wait(0.1):
            peak[0] = max(peak[0], sum(map(_pss, _session(process.pid))))

    thread = threading.Thread(target=sample)
    thread.start()
    process.wait()
    stop.set()
    thread.join()
    return peak[0]


def _session(leader: int) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stat = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[3]) == leader:
                found.append(int(name))
    return found


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    except OSError:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
