"""Runs on a cluster of three machines with a fault in each: what it answers, and what it leaves behind.

    python -m benchmarks.cluster_faults --runs 100 [--seed 0]

The machines are Dask workers of the documented command lines on this one. A fault comes at a random moment:
a machine is killed with all that is on it; stopped, and woken when the run is over; cut off (its Dask process
is stopped, its tests go on); the scheduler is killed; the controller is killed. Checked: a run ends by
itself; where a machine went every test has the outcome that it must have, once; without a scheduler the exit
code is 3 and every test has either an outcome or is named; and within a minute no worker and no folder of a
run is left on any machine. Prints a row for each run that is wrong, and the counts of each fault.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.machines import Machines
from tests.patience import MINUTES
from tests.run.space import MANIFEST, Space

FAULTS = ("killed", "stopped", "cut off", "scheduler", "controller", "none")
SETTINGS = "[tool.pytest-monorepo]\ncluster-silence = 6\ncluster-keep = 1\n"
TIDY = 60.0
"""Seconds that a machine has to end what a run has left, as the issue asks for."""


@dataclass
class Case:
    """One workspace: its tests, and those of them that must fail."""

    space: Space
    tests: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)

    @classmethod
    def made(cls, root: Path, chance: random.Random) -> Case:
        root.mkdir()
        case = cls(Space(root))
        case.space.write({"pyproject.toml": SETTINGS})
        for number in range(chance.randint(2, 5)):
            name = f"p{number}"
            case.space.write({f"{name}/pyproject.toml": MANIFEST.format(name=name)})
            for index in range(chance.randint(1, 2)):
                path = f"{name}/tests/test_{name}_{index}.py"
                tests = [case.test(path, n, chance) for n in range(chance.randint(2, 6))]
                case.space.write({path: "import time\n" + "".join(tests)})
        return case

    def test(self, path: str, number: int, chance: random.Random) -> str:
        nodeid = f"{path}::test_{number}"
        self.tests.add(nodeid)
        good = chance.random() < 0.85
        if not good:
            self.failing.add(nodeid)
        return f"def test_{number}():\n    time.sleep({chance.uniform(0.01, 0.6):.2f})\n    assert {good}\n"


@dataclass
class Stage:
    """``there`` are three machines that live, made anew where the scheduler was killed."""

    folder: Path
    count: int = 0
    there: Machines | None = None

    def machines(self) -> Machines:
        if self.there is None or not self.there.pids(0):
            self.close()
            self.count += 1
            self.there = Machines(self.folder / f"dask-{self.count}", 3)
        for _ in range(3 - len(self.alive(self.there))):
            self.add(self.there)
        return self.there

    @staticmethod
    def add(there: Machines) -> None:
        known = there.logs().count("Registered to:")
        there.add()
        _wait(lambda: there.logs().count("Registered to:") > known, MINUTES)

    @staticmethod
    def alive(there: Machines) -> list[int]:
        return [number for number in range(1, len(there.processes)) if there.pids(number)]

    def close(self) -> None:
        if self.there is not None:
            self.there.close()
            self.there = None


def run(stage: Stage, seed: int, folder: Path) -> tuple[str, list[str]]:
    """The fault and what is wrong; nothing where all is well."""
    chance = random.Random(seed)
    case = Case.made(folder / "repo", chance)
    there = stage.machines()
    fault = chance.choice(FAULTS)
    victim = chance.choice(stage.alive(there))
    began = time.monotonic()
    process = case.space.start("-v", "--cluster", str(there.file))
    try:
        # half of them while tests run, the others at any time from the connection on
        if chance.random() < 0.5:
            _wait(lambda: any(map(there.works, stage.alive(there))) or process.poll() is not None, MINUTES)
        time.sleep(chance.uniform(0, 3))
        happened = process.poll() is None
        if happened:
            strike(there, fault, victim, process)
        try:
            out, _ = process.communicate(timeout=MINUTES)
        except subprocess.TimeoutExpired:
            return fault, [f"does not end ({time.monotonic() - began:.0f}s)"]
    finally:
        process.kill()
        if fault in ("stopped", "cut off"):
            there.signal(victim, signal.SIGCONT)
    text = out.decode("utf-8", "replace")
    if not happened:
        fault = "none"
    wrong = judged(case, fault, process.returncode, text)
    if not _wait(lambda: not there.workers() and not there.left(), TIDY):
        wrong.append(f"left behind: {len(there.workers())} workers, {there.left()}")
    return fault, [*wrong, text] if wrong else []


def strike(there: Machines, fault: str, victim: int, process: subprocess.Popen[bytes]) -> None:
    if fault == "killed":
        there.signal(victim, signal.SIGKILL)
    elif fault == "stopped":
        there.signal(victim, signal.SIGSTOP)
    elif fault == "cut off":
        for pid in set(there.pids(victim)) - set(there.workers()):
            _kill(pid, signal.SIGSTOP)
    elif fault == "scheduler":
        there.signal(0, signal.SIGKILL)
    elif fault == "controller":
        process.kill()


def judged(case: Case, fault: str, code: int, text: str) -> list[str]:
    """What is wrong with the answers."""
    if fault == "controller":
        return []
    words = re.findall(r"^(\S+::test_\d+) (PASSED|FAILED|ERROR)\b", text, re.MULTILINE)
    told = Counter(nodeid for nodeid, _ in words)
    wrong = [f"{nodeid}: told {count} times" for nodeid, count in told.items() if count > 1]
    wrong += [f"no test: {nodeid}" for nodeid in told if nodeid not in case.tests]
    wrong += [f"{nodeid}: {word}" for nodeid, word in words if (word == "PASSED") == (nodeid in case.failing)]
    if "Traceback (most recent call last)" in text:
        wrong.append("a traceback")
    missing = case.tests - set(told)
    if fault == "scheduler" and code == 4 and not told:  # it went before the first test
        return wrong if re.search(r"^ERROR: --cluster \S+: ", text, re.MULTILINE) else [*wrong, "no reason"]
    if fault == "scheduler" and (code == 3 or missing):
        named = set(re.findall(r"^(\S+::test_\d+)$", text, re.MULTILINE))
        # before its collection is told nobody knows a project's tests: the project is named
        projects = set(re.findall(r"^(?:ERROR )?(p\d)\b", text, re.MULTILINE))
        lost = {nodeid for nodeid in missing - named if nodeid.partition("/")[0] not in projects}
        wrong += [f"{nodeid}: neither told nor named" for nodeid in sorted(lost)]
        return wrong if code == 3 else [*wrong, f"exit code {code}"]
    wrong += [f"{nodeid}: not told" for nodeid in sorted(missing)]
    wrong += [f"exit code {code}"] if code != int(bool(case.failing)) else []
    return wrong


def _kill(pid: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, what)


def _wait(done: Callable[[], bool], most: float) -> bool:
    end = time.monotonic() + most
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(words)
    counts: Counter[str] = Counter()
    bad = 0
    with tempfile.TemporaryDirectory(prefix="cluster-faults-") as tmp:
        stage = Stage(Path(tmp))
        try:
            for seed in range(given.seed, given.seed + given.runs):
                folder = Path(tmp, f"run-{seed}")
                folder.mkdir()
                fault, wrong = run(stage, seed, folder)
                counts[fault] += 1
                bad += bool(wrong)
                print(f"{seed} {fault}: {'wrong' if wrong else 'good'}", flush=True)
                print("".join(f"    {line}\n" for text in wrong for line in text.splitlines()), end="")
        finally:
            stage.close()
    print(
        f"{given.runs} runs, {bad} wrong; " + ", ".join(f"{n} {fault}" for fault, n in sorted(counts.items()))
    )
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
