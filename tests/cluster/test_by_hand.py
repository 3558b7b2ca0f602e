"""Three nodes by the command lines of ``docs/how-to/cluster.md``: the same answers, and what faults leave."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.patience import FOREVER, MINUTES, until
from tests.run.space import MANIFEST, Run, Space

from .machines import Machines, machines, need_dask

need_dask()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]

# a machine with much other work may say nothing for some seconds
SETTINGS = "[tool.pytest-monorepo]\ncluster-silence = 15\ncluster-keep = 1\n"
TEST = """\
import os, time, pytest

def mark(name):
    with open({marks!r} + "/" + name + "-" + str(os.getpid()), "w"): pass

@pytest.mark.parametrize("number", range(5))
def test_it(number):
    mark("{project}-%d" % number)
    deadline = time.monotonic() + {most}
    while number == 2 and not os.path.exists({marks!r} + "/go") and time.monotonic() < deadline:
        time.sleep(0.05)
"""

# a machine may be lost between the begin of a test and the word of it (LONGEST of cluster/node/gathering.py)
HEARS = """\
import sys, uuid
import pytest
from pytest_monorepo.run.control.running import Running

started = Running.started

def heard(self, talk, message):
    started(self, talk, message)
    project, number = message.nodeid.partition("/")[0], message.nodeid[-2]
    with open({marks!r} + "/heard-" + project + "-" + number + "-" + uuid.uuid4().hex, "w"): pass

if __name__ == "__main__":  # the processes that Dask spawns import it as well
    Running.started = heard
    sys.exit(pytest.main())
"""


class Hearing(Space):
    """A workspace whose controller marks what it has heard of."""

    def command(self, *args: str) -> list[str]:
        return [sys.executable, str(self.root.parent / "hears.py"), *args]


class Stage:
    """A workspace of projects whose third test waits until the fault has happened."""

    def __init__(self, tmp: Path, names: Sequence[str] = ("a", "b", "c")) -> None:
        self.marks = tmp / "marks"
        self.marks.mkdir()
        root = tmp / "repo"
        root.mkdir()
        self.space = Hearing(root)
        (tmp / "hears.py").write_text(HEARS.format(marks=str(self.marks)))
        self.space.write({"pyproject.toml": SETTINGS})
        self.names = names
        for name in self.names:
            text = TEST.format(marks=str(self.marks), project=name, most=FOREVER)
            self.space.write(
                {f"{name}/pyproject.toml": MANIFEST.format(name=name), f"{name}/tests/test_{name}.py": text}
            )

    @property
    def tests(self) -> set[str]:
        return {
            f"{name}/tests/test_{name}.py::test_it[{number}]" for name in self.names for number in range(5)
        }

    def waiting(self) -> bool:
        """Every project is in the middle, and the controller knows it."""
        return all(self.heard(name) for name in self.names)

    def heard(self, name: str) -> int:
        """How often the controller has heard that the test in the middle has begun."""
        return len(list(self.marks.glob(f"heard-{name}-2-*")))

    def run(self, there: Machines, fault: object = None) -> Run:
        """The run, with a fault in its middle."""
        for mark in self.marks.iterdir():
            mark.unlink()
        if fault is None:
            (self.marks / "go").touch()
        process = self.space.start("-v", "--cluster", str(there.file))
        try:
            if callable(fault):
                until(
                    lambda: self.waiting() or process.poll() is not None,
                    shown=lambda: "the tests are in the middle",
                )
                fault()
                (self.marks / "go").touch()
            out, _ = process.communicate(timeout=MINUTES)
        finally:
            process.kill()
        return Run(process.returncode, out.decode())


def ended(there: Machines) -> None:
    until(lambda: not there.workers() and not there.left(), shown=lambda: (there.workers(), there.left()))


def test_three_nodes_give_the_same_answers_and_survive_faults(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    with machines(tmp_path / "dask", 3) as there:
        run = stage.run(there)
        run.has(r"monorepo: 3 projects, 3 workers on 3 nodes")
        assert (run.code, set(run.words), run.counts) == (0, stage.tests, {"passed": 15}), run.out
        ended(there)

        # a machine that goes, with all that is on it, and one that comes
        def change() -> None:
            there.signal(1, signal.SIGKILL)
            new = there.add()
            until(lambda: there.works(new), shown=there.logs)

        run = stage.run(there, change)
        run.has(r"= machines =", r"was lost: ", r"test_it\[2\]: repeated on .* after .* was lost")
        run.has(r"has joined, with 1 worker")
        assert (run.code, run.counts) == (0, {"passed": 15}), run.out
        assert set(run.words) == stage.tests
        ended(there)

        # one that stops and wakes up when all is over
        run = stage.run(there, lambda: there.signal(2, signal.SIGSTOP))
        run.has(r"was lost: silent for 15s", r"repeated on .* after .* was lost")
        assert (run.code, run.counts) == (0, {"passed": 15}), run.out
        there.signal(2, signal.SIGCONT)
        ended(there)

        # no scheduler: what ran is told, what did not is named
        run = stage.run(there, lambda: there.signal(0, signal.SIGKILL))
        assert run.code == 3, run.out
        run.has(r"the scheduler was lost")
        named = set(re.findall(r"^(\S+::test_it\[\d\])$", run.out, re.MULTILINE))
        assert {nodeid for nodeid, word in run.words.items() if word == "passed"} | named == stage.tests
        assert not set(run.words) & named
        ended(there)


def test_a_test_that_loses_two_machines_fails_by_name(tmp_path: Path) -> None:
    stage = Stage(tmp_path, names=("a",))
    lost: list[int] = []

    def runs() -> list[int]:
        """The machines on which the test in the middle has begun, by the processes that have told so."""
        pids = {int(mark.name.rpartition("-")[2]) for mark in stage.marks.glob("a-2-*")}
        return [number for number in (1, 2, 3) if pids & set(there.pids(number))]

    def twice() -> None:
        for _ in range(2):
            until(lambda: stage.heard("a") > len(lost) and bool(runs()), shown=there.logs)
            lost.extend(runs())
            there.signal(lost[-1], signal.SIGKILL)
            until(lambda: not there.pids(lost[-1]))

    with machines(tmp_path / "dask", 3) as there:
        run = stage.run(there, twice)
        assert len(set(lost)) == 2
        assert (run.code, run.counts) == (1, {"passed": 4, "failed": 1}), run.out
        run.has(
            r"^a/tests/test_a\.py::test_it\[2\] FAILED",
            r"was lost while running this test, and then \S+ was$",
        )
        assert set(run.words) == stage.tests
        ended(there)


def test_a_controller_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    with machines(tmp_path / "dask", 1) as there:
        process = stage.space.start("--cluster", str(there.file))
        until(lambda: any(map(stage.heard, stage.names)), lambda: process.poll() is None)
        assert there.workers()
        process.kill()
        process.communicate()
        ended(there)
