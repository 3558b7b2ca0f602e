"""How far one run on a cluster reaches: costs measured here, and a simulation of a thousand workers.

    python -m benchmarks.scale                 # measure with 4 and 16 agents, compare, simulate
    python -m benchmarks.scale --tests 4000    # of each measured run
    python -m benchmarks.scale --costs 0.3,0.1,1,0.2,0.3,2,2.5,600   # simulate with these, measure nothing

Runs on Dask processes by hand, with 4 agents and with 16. What controller and scheduler take has three
parts: one for each test, one for each note, in which an agent tells what its workers have said meanwhile,
and one for each second that the run lasts: Dask looks after itself all the time, and of that little is for
each agent, from which it hears the less often the more there are (heartbeat_interval in
distributed/scheduler.py, 2026.8). Three runs with 4 agents tell the three: tests that do nothing, with many
to a note; tests that sleep longer than a note waits, with one; and few that sleep long. They predict the
run with 16, of which tests, notes and seconds are counted: what is printed as *predicted* and *measured* is
that. Processor time, because a machine with two cores and other jobs shows no other time twice. The
simulation hands a million tests to a thousand workers as the controller does, project by project, gathers
what the workers of a node say as agents do, and lets every note pass through the scheduler and then the
controller, one at a time, at these costs.
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
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_monorepo.cluster.node.agent import Agent
from pytest_monorepo.cluster.node.gathering import LONGEST
from pytest_monorepo.cluster.words import Brief
from pytest_monorepo.worker import protocol, wire
from tests.cluster.machines import Machines, machines

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Counts:
    tests: float
    notes: float
    seconds: float

    def __sub__(self, other: Counts) -> Counts:
        return Counts(self.tests - other.tests, self.notes - other.notes, self.seconds - other.seconds)


@dataclass(frozen=True)
class Share:
    """Milliseconds of a process' processor time for each ``test``, ``note`` and ``second`` of the run."""

    test: float
    note: float
    second: float

    def of(self, counts: Counts) -> float:
        """In seconds."""
        return (counts.tests * self.test + counts.notes * self.note + counts.seconds * self.second) / 1000

    @classmethod
    def among(cls, *runs: tuple[float, Counts]) -> Share:
        """From the seconds and counts of three runs beyond those of others: three equations."""
        rows = [[told.tests, told.notes, told.seconds, 1000 * spent] for spent, told in runs]
        whole = _determinant(rows, 0, 1, 2)
        return cls(*(_determinant(rows, *at) / whole for at in ((3, 1, 2), (0, 3, 2), (0, 1, 3))))


def _determinant(rows: Sequence[Sequence[float]], a: int, b: int, c: int) -> float:
    first, second, third = rows
    return (
        first[a] * (second[b] * third[c] - second[c] * third[b])
        - first[b] * (second[a] * third[c] - second[c] * third[a])
        + first[c] * (second[a] * third[b] - second[b] * third[a])
    )


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


@dataclass
class Way:
    """What notes pass through one by one, the scheduler and then the controller; each is free again ``at``.

    ``idle`` is the share of each one's time that goes without any note.
    """

    costs: Costs
    at: list[float] = field(default_factory=lambda: [0.0, 0.0])
    spent: list[float] = field(default_factory=lambda: [0.0, 0.0])

    @property
    def shares(self) -> tuple[Share, Share]:
        return self.costs.scheduler, self.costs.controller

    @property
    def idle(self) -> list[float]:
        return [share.second / 1000 for share in self.shares]

    def passes(self, now: float, tests: int) -> float:
        """A note that is sent now; when the controller has heard it."""
        for place, share in enumerate(self.shares):
            now = self._takes(place, now, share.of(Counts(tests, 1, 0)))
        return now

    def begins(self, now: float) -> float:
        """The controller hands out a project; when it has."""
        return self._takes(1, now, self.costs.project / 1000)

    def _takes(self, place: int, now: float, seconds: float) -> float:
        self.spent[place] += seconds
        self.at[place] = max(self.at[place], now) + seconds / (1 - self.idle[place])
        return self.at[place]


def simulate(
    costs: Costs, workers: int, tests: int, seconds: float, per_project: int, per_agent: int
) -> Outcome:
    """``tests`` of ``seconds`` each, ``per_project`` of them in a project that one worker runs.

    An agent has ``per_agent`` workers and gathers what they say.
    """
    left = tests // per_project
    way = Way(costs)
    busy = end = 0.0
    waiting: dict[int, tuple[float, int]] = {}
    # in the order of time: a worker says a word of a test, and has so many left; or an agent's note is due
    heap = [(0.0, number, 0) for number in range(min(workers, left))]
    while heap:
        at, number, more = heapq.heappop(heap)
        if number < 0:
            if -number in waiting and waiting[-number][0] == at:
                end = way.passes(at, waiting.pop(-number)[1])
            continue
        agent = 1 + number // per_agent
        if at:
            due, told = waiting.get(agent, (at + LONGEST, 0))
            waiting[agent] = due, told + 1
            if not told:
                heapq.heappush(heap, (due, -agent, 0))
        if more:  # of a pass nobody waits for an answer
            heapq.heappush(heap, (at + seconds, number, more - 1))
            continue
        if at:  # the end of a project is told at once
            end = at = way.passes(at, waiting.pop(agent)[1])
        if left:
            left -= 1
            begin = way.begins(at) + COLLECT / 1000
            heapq.heappush(heap, (begin + seconds, number, per_project - 1))
            busy += COLLECT / 1000 + per_project * seconds
    used = [spent / end + idle for spent, idle in zip(way.spent, way.idle, strict=True)]
    return Outcome(end, busy / (end * workers), used[1], used[0], tests * costs.size * 8 / end / 1e6)


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


def run(there: Machines, projects: int, tests: int, pause: float = 0.0) -> Measured:
    """One run on Dask workers of one thread each, every one an agent of its own."""
    with tempfile.TemporaryDirectory() as tmp:
        workspace(Path(tmp), projects, tests, pause)
        command = ("-p", "pytest_monorepo.plugin", "--monorepo", "-q", "-p", "no:cacheprovider")
        scheduler, earlier = there.processes[0].pid, set(notes(there))
        before = time.monotonic(), processor_time(scheduler), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *command, "--cluster", str(there.file)],
            cwd=tmp,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        after = time.monotonic(), processor_time(scheduler), resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or not re.search(rf"{projects * tests} passed", done.stdout):
        raise SystemExit(f"the run failed:\n{done.stdout}\n{done.stderr}")
    told = sum(number for token, number in notes(there).items() if token not in earlier)
    spent = sum(getattr(after[2], key) - getattr(before[2], key) for key in ("ru_utime", "ru_stime"))
    counts = Counts(projects * tests, told, after[0] - before[0])
    found = Measured(spent, after[1] - before[1], counts)
    print(f"  {len(there.processes) - 1} agents: {found}", flush=True)
    return found


def notes(there: Machines) -> dict[str, int]:
    """How many each agent has said: they are numbered, and the scheduler keeps the last of each topic."""
    dask: Any = importlib.import_module("distributed")
    last: dict[str, int] = {}
    with dask.Client(scheduler_file=str(there.file), set_as_default=False) as client:
        for topic in range(16):
            for _, text in client.get_events(f"pytest-monorepo-{topic}"):
                note = json.loads(text)
                last[note["node"]] = max(note["note"], last.get(note["node"], 0))
    return last


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
    named = "controller's test, note and second, scheduler's likewise, project, bytes: measure nothing"
    parser.add_argument("--costs", help=named)
    given = parser.parse_args(words)
    if given.costs:
        numbers = [float(number) for number in given.costs.split(",")]
        costs = Costs(Share(*numbers[:3]), Share(*numbers[3:6]), *numbers[6:])
    else:
        costs = measure(given.tests, given.projects)
    report(costs)
    return 0


def measure(tests: int, projects: int) -> Costs:
    """The costs of runs with 4 agents, and how well they tell those of one with 16."""
    each = tests // projects
    with tempfile.TemporaryDirectory() as tmp, machines(Path(tmp), 4) as there:
        run(there, 2, 1)  # imports
        # without a test, and what one project costs; agents that wait, many tests to a note, one to a note
        empty, small = run(there, 2, 1), run(there, projects, 1)
        idle, short = run(there, 4, 1, WAIT), run(there, projects, 2 * each)
        long = run(there, projects, each // 2, PAUSE)
    pairs = ((idle, empty), (short, small), (long, small))
    costs = Costs(
        Share.among(
            *((one.controller - other.controller, one.counts - other.counts) for one, other in pairs)
        ),
        Share.among(*((one.scheduler - other.scheduler, one.counts - other.counts) for one, other in pairs)),
        1000 * (small.controller - empty.controller) / (projects - 2),
        size(),
    )
    print(f"costs: {costs}")
    with tempfile.TemporaryDirectory() as tmp, machines(Path(tmp), 16) as there:
        base, whole = run(there, projects, 1), run(there, projects, 2 * each)
    for name, before, after, cost in (
        ("controller", base.controller, whole.controller, costs.controller),
        ("scheduler", base.scheduler, whole.scheduler, costs.scheduler),
    ):
        predicted = before + cost.of(whole.counts - base.counts)
        off = f"({after / predicted - 1:+.0%})"
        print(f"16 agents, {name}: predicted {predicted:.2f}s, measured {after:.2f}s {off}")
    return costs


PAUSE = 0.06
"""Seconds that a test sleeps so that its end has a note of its own: longer than a note waits."""

WAIT = 20.0
"""Seconds that agents wait for the end of a test, to tell what they cost by that."""

PER_AGENT = 16
"""Workers of a node in the simulation."""

COLLECT = 300.0
"""Assumed: milliseconds of a worker until a project's first test begins (fork, configuration, collection)."""


def report(costs: Costs) -> None:
    print(f"\n1,000,000 tests in projects of 1,000, on 1,000 workers, {PER_AGENT} to a node:")
    for seconds in (0.01, 0.1, 0.5, 1.0, 5.0):
        found = simulate(costs, 1000, 1_000_000, seconds, 1000, PER_AGENT)
        ideal = 1_000_000 * seconds / 1000
        print(
            f"  {seconds:5.2f}s a test: {found.seconds:8.1f}s ({found.seconds / ideal:5.1f} x ideal), busy:"
            f" workers {found.workers:4.0%}, controller {found.controller:4.0%},"
            f" scheduler {found.scheduler:4.0%}; network {found.network:.1f} Mbit/s; limit: {found.limit}"
        )


if __name__ == "__main__":
    sys.exit(main())
