"""How far one run on a cluster reaches: costs measured here, and a simulation of a thousand workers.

    python -m benchmarks.scale                 # measure with 4 and 16 agents, compare, simulate
    python -m benchmarks.scale --tests 4000    # of each measured run
    python -m benchmarks.scale --costs 0.5,0.1,9,1900   # simulate with these, measure nothing

Runs of tests that do nothing, on Dask processes by hand: with 4 agents, and with 16. The processor time that
controller and scheduler take for each test in the first predicts the second's: what is printed as *predicted*
and *measured* is that. Processor time, because a machine with two cores and other jobs shows no other time
twice. The simulation hands a million tests to a thousand workers as the controller does, project by project,
and lets every note pass through the scheduler and then the controller, one at a time, at these costs.
"""

from __future__ import annotations

import argparse
import heapq
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

from pytest_monorepo.cluster.node.agent import Agent
from pytest_monorepo.cluster.words import Brief
from pytest_monorepo.worker import protocol, wire
from tests.cluster.machines import machines

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Costs:
    """Milliseconds of processor time: ``controller`` and ``scheduler`` for each test, ``project`` of the
    controller for each project. ``size`` is the bytes of each test's notes.
    """

    controller: float
    scheduler: float
    project: float
    size: float


@dataclass(frozen=True)
class Measured:
    """Seconds of processor time, and how many tests ran."""

    controller: float
    scheduler: float
    tests: int


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
            scheduler = max(scheduler, at) + costs.scheduler / 1000
            controller = max(controller, scheduler) + costs.controller / 1000
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
        (tests * costs.controller + projects * costs.project) / 1000 / controller,
        tests * costs.scheduler / 1000 / controller,
        tests * costs.size * 8 / controller / 1e6,
    )


# -- measuring


def workspace(root: Path, projects: int, tests: int) -> None:
    (root / "pyproject.toml").write_text("[tool.pytest-monorepo]\ncluster-silence = 120\n")
    for number in range(projects):
        folder = root / f"p{number}" / "tests"
        folder.mkdir(parents=True)
        name = f"p{number}"
        (root / name / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "1"\n')
        text = "import pytest\n@pytest.mark.parametrize('n', range({}))\ndef test_it(n): pass\n"
        (folder / f"test_{name}.py").write_text(text.format(tests))


def run(agents: int, projects: int, tests: int) -> Measured:
    """One run on so many Dask workers of one thread each, every one an agent of its own."""
    with tempfile.TemporaryDirectory() as tmp:
        root = Path(tmp, "repo")
        root.mkdir()
        workspace(root, projects, tests)
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
    if done.returncode or not re.search(rf"{projects * tests} passed", done.stdout):
        raise SystemExit(f"the run failed:\n{done.stdout}\n{done.stderr}")
    spent = sum(getattr(after[1], key) - getattr(before[1], key) for key in ("ru_utime", "ru_stime"))
    return Measured(spent, after[0] - before[0], projects * tests)


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
    parser.add_argument("--costs", help="controller,scheduler,project,bytes,collect: measure nothing")
    given = parser.parse_args(words)
    if given.costs:
        costs = Costs(*map(float, given.costs.split(",")))
    else:
        costs = measure(given.tests, given.projects)
    report(costs)
    return 0


def measure(tests: int, projects: int) -> Costs:
    """The costs of a run with 4 agents, and how well they tell those of one with 16."""
    each = tests // projects
    # what is there without a test, and what one project costs: runs of one test in each
    empty, small, large = run(4, 2, 1), run(4, projects, 1), run(4, projects, each)
    more = large.tests - small.tests
    costs = Costs(
        controller=1000 * (large.controller - small.controller) / more,
        scheduler=1000 * (large.scheduler - small.scheduler) / more,
        project=1000 * (small.controller - empty.controller) / (projects - 2),
        size=size(),
    )
    print(f"costs: {costs}")
    base = run(16, projects, 1)
    there = run(16, projects, 2 * each)
    for name, before, after, cost in (
        ("controller", base.controller, there.controller, costs.controller),
        ("scheduler", base.scheduler, there.scheduler, costs.scheduler),
    ):
        predicted = before + (there.tests - base.tests) * cost / 1000
        print(
            f"16 agents, {there.tests} tests, {name}: predicted {predicted:.2f}s, measured {after:.2f}s"
            f" ({after / predicted - 1:+.0%})"
        )
    return costs


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
