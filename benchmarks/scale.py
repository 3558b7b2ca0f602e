"""How far one run on a cluster reaches: costs measured here, and a simulation of a thousand workers.

    python -m benchmarks.scale                 # measure with 4 and 16 agents, compare, simulate
    python -m benchmarks.scale --tests 4000    # of each measured run
    python -m benchmarks.scale --costs 0.3,0.1,0.2,0.3,2.5,600   # simulate with these, measure nothing

Runs on Dask processes by hand, with 4 agents and with 16. What controller and scheduler take has two parts:
one for each test, and one for each note, in which an agent tells what several tests have said meanwhile; on a
busy machine fewer notes bring as many tests. So two runs with 4 agents tell both parts: tests that do
nothing, with many to a note, and tests that sleep, with about one. They predict the run with 16, of which
tests and notes are counted: what is printed as *predicted* and *measured* is that. Processor time, because a
machine with two cores and other jobs shows no other time twice. The simulation hands a million tests to a
thousand workers as the controller does, project by project, and lets every test's note pass through the
scheduler and then the controller, one at a time, at these costs.
"""

from __future__ import annotations

import argparse
import heapq
import importlib
import json
import os
import queue
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_monorepo.cluster.node.agent import Agent
from pytest_monorepo.cluster.words import Brief
from pytest_monorepo.worker import protocol, wire
from tests.cluster.machines import machines

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Share:
    """Milliseconds of processor time of one process, for each ``test`` and each ``note``."""

    test: float
    note: float

    @property
    def alone(self) -> float:
        """A test that has a note for itself."""
        return self.test + self.note

    @classmethod
    def between(cls, base: tuple[float, Counts], *runs: tuple[float, Counts]) -> Share:
        """From the seconds and counts of two runs beyond those of ``base``: two equations."""
        (a, b), (c, d) = ((run.tests - base[1].tests, run.notes - base[1].notes) for _, run in runs)
        x, y = (1000 * (seconds - base[0]) for seconds, _ in runs)
        return cls((x * d - b * y) / (a * d - b * c), (a * y - x * c) / (a * d - b * c))


@dataclass(frozen=True)
class Counts:
    tests: int
    notes: int


@dataclass(frozen=True)
class Costs:
    """``project`` is milliseconds of the controller for each, ``size`` the bytes of a test's notes."""

    controller: Share
    scheduler: Share
    project: float
    size: float


@dataclass(frozen=True)
class Measured:
    """Seconds of processor time, and what was run and told."""

    controller: float
    scheduler: float
    counts: Counts


@dataclass(frozen=True)
class Outcome:
    """Seconds until the last word is heard, and how busy each was; megabits a second at the controller."""

    seconds: float
    workers: float
    controller: float
    scheduler: float
    network: float

    @property
    def limit(self) -> str:
        shares = {"workers": self.workers, "controller": self.controller, "scheduler": self.scheduler}
        return max(shares, key=lambda name: shares[name])


def simulate(costs: Costs, workers: int, tests: int, seconds: float, per_project: int) -> Outcome:
    """``tests`` of ``seconds`` each, ``per_project`` of them in a project that one worker runs."""
    left = tests // per_project
    scheduler = controller = busy = 0.0
    # the words in the order of time: when a worker says one, and how many tests its project still has
    heap = [(0.0, number, 0) for number in range(min(workers, left))]
    while heap:
        at, number, more = heapq.heappop(heap)
        if at:
            scheduler = max(scheduler, at) + costs.scheduler.alone / 1000
            controller = max(controller, scheduler) + costs.controller.alone / 1000
        if more:  # of a test's end nobody waits for an answer
            heapq.heappush(heap, (at + seconds, number, more - 1))
        elif left:  # of a project's end the worker does
            left -= 1
            controller = max(controller, at) + costs.project / 1000
            heapq.heappush(heap, (controller + COLLECT / 1000 + seconds, number, per_project - 1))
            busy += COLLECT / 1000 + per_project * seconds
    projects = tests // per_project
    return Outcome(
        controller,
        busy / (controller * workers),
        (tests * costs.controller.alone + projects * costs.project) / 1000 / controller,
        tests * costs.scheduler.alone / 1000 / controller,
        tests * costs.size * 8 / controller / 1e6,
    )


# -- measuring


def workspace(root: Path, projects: int, tests: int, pause: float) -> None:
    (root / "pyproject.toml").write_text("[tool.pytest-monorepo]\ncluster-silence = 120\n")
    for number in range(projects):
        folder = root / f"p{number}" / "tests"
        folder.mkdir(parents=True)
        name = f"p{number}"
        (root / name / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "1"\n')
        body = f"__import__('time').sleep({pause})" if pause else "pass"
        text = f"import pytest\n@pytest.mark.parametrize('n', range({tests}))\ndef test_it(n): {body}\n"
        (folder / f"test_{name}.py").write_text(text)


def run(agents: int, projects: int, tests: int, pause: float = 0.0) -> Measured:
    """One run on so many Dask workers of one thread each, every one an agent of its own."""
    with tempfile.TemporaryDirectory() as tmp:
        root = Path(tmp, "repo")
        root.mkdir()
        workspace(root, projects, tests, pause)
        with machines(Path(tmp, "dask"), agents) as there:
            command = ("-p", "pytest_monorepo.plugin", "--monorepo", "-q", "-p", "no:cacheprovider")
            env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
            scheduler = there.processes[0].pid
            before = processor_time(scheduler), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(
                [sys.executable, "-m", "pytest", *command, "--cluster", str(there.file)],
                cwd=root,
                env=env,
                capture_output=True,
                text=True,
                check=False,
            )
            after = processor_time(scheduler), resource.getrusage(resource.RUSAGE_CHILDREN)
            told = notes(str(there.file))
    if done.returncode or not re.search(rf"{projects * tests} passed", done.stdout):
        raise SystemExit(f"the run failed:\n{done.stdout}\n{done.stderr}")
    spent = sum(getattr(after[1], key) - getattr(before[1], key) for key in ("ru_utime", "ru_stime"))
    return Measured(spent, after[0] - before[0], Counts(projects * tests, told))


def notes(file: str) -> int:
    """How many the agents of the last run have said: they are numbered, and the scheduler keeps the last."""
    dask: Any = importlib.import_module("distributed")
    last: dict[str, int] = {}
    with dask.Client(scheduler_file=file, set_as_default=False) as client:
        for topic in range(16):
            for _, text in client.get_events(f"pytest-monorepo-{topic}"):
                note = json.loads(text)
                last[note["node"]] = max(note["note"], last.get(note["node"], 0))
    return sum(last.values())


def size(tests: int = 500) -> float:
    """Bytes of the notes of one test that passes: what an agent without Dask says of some hundred."""
    said: queue.SimpleQueue[str] = queue.SimpleQueue()
    with tempfile.TemporaryDirectory() as tmp:
        tree, here = Path(tmp, "tree"), Path(tmp, "run")
        tree.mkdir()
        (tree / "pytest.ini").write_text("[pytest]\n")
        text = f"import pytest\n@pytest.mark.parametrize('n', range({tests}))\ndef test_it(n): pass\n"
        (tree / "test_it.py").write_text(text)
        brief = Brief("n", "t", str(here), {"/home": str(tree)}, {"/python": sys.executable})
        agent = Agent(brief, said.put)
        job = protocol.Job(
            root="/home",
            project=".",
            folder="/home",
            args=["-p", "no:cacheprovider"],
            argv=["/bin/pytest"],
            out=f"{here}/out",
            err=f"{here}/err",
            brief=True,
        )
        end = agent.start(1, "/python", wire.encode(job).decode("ascii"))
        end.result()
        agent.close()
        agent.join()
    total = 0
    while not said.empty():
        total += len(said.get())
    return total / tests


def processor_time(pid: int) -> float:
    facts = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return (int(facts[11]) + int(facts[12])) / TICKS


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tests", type=int, default=4000)
    parser.add_argument("--projects", type=int, default=32)
    named = "controller's test and note, scheduler's test and note, project, bytes: measure nothing"
    parser.add_argument("--costs", help=named)
    given = parser.parse_args(words)
    if given.costs:
        numbers = [float(number) for number in given.costs.split(",")]
        costs = Costs(Share(*numbers[:2]), Share(*numbers[2:4]), *numbers[4:])
    else:
        costs = measure(given.tests, given.projects)
    report(costs)
    return 0


def measure(tests: int, projects: int) -> Costs:
    """The costs of runs with 4 agents, and how well they tell those of one with 16."""
    each = tests // projects
    # what is there without a test, what one project costs, and tests with many and with one to a note
    empty, small = run(4, 2, 1), run(4, projects, 1)
    short, long = run(4, projects, each), run(4, projects, each, PAUSE)
    costs = Costs(
        Share.between(*((one.controller, one.counts) for one in (small, short, long))),
        Share.between(*((one.scheduler, one.counts) for one in (small, short, long))),
        1000 * (small.controller - empty.controller) / (projects - 2),
        size(),
    )
    print(f"costs: {costs}\n  {short}\n  {long}")
    base, there = run(16, projects, 1), run(16, projects, 2 * each)
    more = Counts(there.counts.tests - base.counts.tests, there.counts.notes - base.counts.notes)
    for name, before, after, cost in (
        ("controller", base.controller, there.controller, costs.controller),
        ("scheduler", base.scheduler, there.scheduler, costs.scheduler),
    ):
        predicted = before + (more.tests * cost.test + more.notes * cost.note) / 1000
        print(
            f"16 agents, {there.counts.tests} tests in {there.counts.notes} notes, {name}: predicted"
            f" {predicted:.2f}s, measured {after:.2f}s ({after / predicted - 1:+.0%})"
        )
    return costs


PAUSE = 0.03
"""Seconds that a test sleeps so that its end has a note of its own."""

COLLECT = 300.0
"""Assumed: milliseconds of a worker until a project's first test begins (fork, configuration, collection)."""


def report(costs: Costs) -> None:
    print("\n1,000,000 tests in projects of 1,000, on 1,000 workers:")
    for seconds in (0.01, 0.1, 0.5, 1.0, 5.0):
        found = simulate(costs, 1000, 1_000_000, seconds, 1000)
        ideal = 1_000_000 * seconds / 1000
        print(
            f"  {seconds:5.2f}s a test: {found.seconds:8.1f}s ({found.seconds / ideal:5.1f} x ideal), busy:"
            f" workers {found.workers:4.0%}, controller {found.controller:4.0%},"
            f" scheduler {found.scheduler:4.0%}; network {found.network:.1f} Mbit/s; limit: {found.limit}"
        )


if __name__ == "__main__":
    sys.exit(main())
