"""However a run is ended, what ran is reported, fixtures are torn down and no process is left."""

from __future__ import annotations

import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .space import Run, Space

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

FINE = "def test_fine(): pass\n"
SLEEPS = """
import os, pathlib, subprocess, time, pytest

@pytest.fixture
def guarded():
    yield
    pathlib.Path("torn-down").write_text("yes")

def test_sleeps(guarded):
    subprocess.Popen(["sleep", "300"])
    pathlib.Path("started").write_text("yes")
    time.sleep(60)
"""
STUBBORN = """
import pathlib, signal, time

def test_ignores():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pathlib.Path("started").write_text("yes")
    time.sleep(60)
"""


class Background:
    """A run in the background; every process of it carries a mark in its environment."""

    def __init__(self, space: Space, *args: str) -> None:
        self.mark = uuid.uuid4().hex
        self.space = space
        self.process = space.start(*args, env={"RUN_MARK": self.mark})

    def wait_for(self, condition: Callable[[], bool]) -> None:
        until = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < until, "it did not come to that"
            assert self.process.poll() is None, self.process.communicate()[0].decode()
            time.sleep(0.02)

    def end(self) -> Run:
        out, _ = self.process.communicate(timeout=30)
        return Run(self.process.returncode, out.decode())

    def alive(self) -> dict[int, str]:
        """The command lines of its processes."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    marked = self.mark.encode() in (entry / "environ").read_bytes()
                    if marked and " Z " not in (entry / "stat").read_text():
                        command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                        found[int(entry.name)] = command
                except OSError:
                    pass
        return found

    def nothing_left(self) -> None:
        until = time.monotonic() + 5
        while (left := self.alive()) and time.monotonic() < until:
            time.sleep(0.05)
        assert not left


Start = Callable[..., Background]


@pytest.fixture
def start(space: Space) -> Iterator[Start]:
    runs = []

    def begin(*args: str) -> Background:
        runs.append(Background(space, *args))
        return runs[-1]

    yield begin
    for run in runs:
        for pid in run.alive():
            os.kill(pid, signal.SIGKILL)
        run.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_with_a_report(space: Space, start: Start, number: signal.Signals) -> None:
    space.projects({"a-fine": FINE, "sleeps": SLEEPS})
    run = start("-v")
    run.wait_for((space.root / "sleeps/started").exists)
    time.sleep(0.3)
    run.process.send_signal(number)
    ended = run.end()
    run.nothing_left()
    assert ended.code == 2
    assert ended.words["a-fine/tests/test_main.py::test_fine"] == "passed"
    ended.has("! KeyboardInterrupt", "= 1 passed, 1 warning in")
    ended.lacks("INTERNALERROR", "ERROR collecting")
    assert (space.root / "sleeps/torn-down").read_text() == "yes"


def test_a_spawned_run_is_ended_too(space: Space, start: Start) -> None:
    space.projects({"sleeps": SLEEPS})
    run = start("--monorepo-start=spawn")
    run.wait_for((space.root / "sleeps/started").exists)
    run.process.send_signal(signal.SIGINT)
    assert run.end().code == 2
    run.nothing_left()
    assert (space.root / "sleeps/torn-down").read_text() == "yes"


def test_a_second_interrupt_ends_all_at_once(space: Space, start: Start) -> None:
    space.projects({"stubborn": STUBBORN, "fine": FINE})
    run = start()
    run.wait_for((space.root / "stubborn/started").exists)
    began = time.monotonic()
    run.process.send_signal(signal.SIGINT)
    time.sleep(1)
    run.process.send_signal(signal.SIGINT)
    assert run.end().code == 2
    assert time.monotonic() - began < 6
    run.nothing_left()


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_a_killed_controller_leaves_nothing(space: Space, start: Start, how: str) -> None:
    space.projects({"sleeps": SLEEPS, "stubborn": STUBBORN})
    run = start(f"--monorepo-start={how}")
    run.wait_for(lambda: all((space.root / f"{p}/started").exists() for p in ("sleeps", "stubborn")))
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.wait(10)
    run.nothing_left()


def test_an_interrupt_in_a_test_is_that_projects(space: Space) -> None:
    space.projects({"exits": "import pytest\ndef test_x(): pytest.exit('enough')\n", "fine": FINE})
    run = space.run()
    run.has("ERROR collecting exits", "ended early: .*enough")
    assert run.counts == {"passed": 1, "error": 1}
    assert run.code == 2


def test_the_terminals_interrupt_reaches_the_whole_group_once(space: Space, start: Start) -> None:
    space.projects({"sleeps": SLEEPS})
    run = start()
    run.wait_for((space.root / "sleeps/started").exists)
    os.killpg(run.process.pid, signal.SIGINT)
    ended = run.end()
    assert ended.code == 2
    ended.lacks("Traceback")
    run.nothing_left()


def test_nothing_stays_in_the_temp_folder(space: Space, start: Start, tmp_path: Path) -> None:
    space.projects({"fine": FINE})
    temp = tmp_path / "temp"
    temp.mkdir()
    run = space.run(env={"TMPDIR": str(temp)})
    assert run.code == 0
    assert [entry.name for entry in temp.iterdir() if not entry.name.startswith("pytest-of-")] == []
