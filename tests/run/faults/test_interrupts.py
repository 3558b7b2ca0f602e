"""However a run is ended, what ran is reported, fixtures are torn down and no process is left."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.patience import FOREVER, MINUTES, until
from tests.run.space import Run, Space

from .traces import Traces

if sys.platform == "win32":
    pytest.skip("signals and process groups of POSIX", allow_module_level=True)

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for processes in /proc")

FINE = "def test_fine(): pass\n"
ENDS = "import pathlib\ndef pytest_unconfigure(): pathlib.Path('ended').touch()\n"
SLEEPS = f"""
import pathlib, subprocess, time, pytest

@pytest.fixture
def guarded():
    yield
    pathlib.Path("torn-down").touch()

def test_sleeps(guarded):
    subprocess.Popen(["sleep", "{FOREVER}"])
    pathlib.Path("started").touch()
    time.sleep({FOREVER})
"""
STUBBORN = f"""
import pathlib, signal, time

def test_ignores():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pathlib.Path("started").touch()
    time.sleep({FOREVER})
"""
NEVER_IMPATIENT = f"""
from pytest_monorepo.run import controller

assert controller.PATIENCE
controller.PATIENCE = {FOREVER}
"""
"""A plugin: only a second interrupt ends what ignores the first one."""
MODES = ["--monorepo-start=fork", pytest.param("--monorepo-start=spawn", marks=pytest.mark.slow)]
each_mode = pytest.mark.parametrize("mode", MODES)
one_mode = pytest.mark.sampled("mode", first=False)


class Background:
    """A run in the background that leaves ``traces``."""

    def __init__(self, space: Space, traces: Traces, *args: str) -> None:
        space.write({"never_impatient.py": NEVER_IMPATIENT})
        path = os.pathsep.join([space.environ()["PYTHONPATH"], str(space.root)])
        self.space = space
        self.process = space.start(
            "-v", "--workers=2", "-p", "never_impatient", *args, env={**traces.environ, "PYTHONPATH": path}
        )

    def makes(self, *files: str) -> None:
        """Wait for files of the workspace."""
        until(
            lambda: all((self.space.root / file).exists() for file in files),
            alive=lambda: self.process.poll() is None,
            shown=lambda: self.end().out,
        )

    def end(self) -> Run:
        out, _ = self.process.communicate(timeout=MINUTES)
        return Run(self.process.returncode, out.decode())


Start = Callable[..., Background]


@pytest.fixture
def traces(tmp_path: Path, space: Space) -> Traces:
    folder = tmp_path / "traces"
    folder.mkdir()
    return Traces(folder, space.root)


@pytest.fixture
def start(space: Space, traces: Traces) -> Iterator[Start]:
    runs = []

    def begin(*args: str) -> Background:
        runs.append(Background(space, traces, *args))
        return runs[-1]

    yield begin
    for pid in traces.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for run in runs:
        run.end()


@one_mode
@each_mode
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_with_a_report(
    space: Space, traces: Traces, start: Start, number: signal.Signals, mode: str
) -> None:
    space.projects({"a-fine": FINE, "sleeps": SLEEPS})
    space.write({"a-fine/conftest.py": ENDS})
    run = start(mode)
    run.makes("a-fine/ended", "sleeps/started")
    run.process.send_signal(number)
    ended = run.end()
    assert ended.code == 2, ended.out
    assert ended.words["a-fine/tests/test_main.py::test_fine"] == "passed"
    ended.has("! KeyboardInterrupt", "= 1 passed, 1 warning in")
    ended.lacks("INTERNALERROR", "ERROR collecting")
    assert (space.root / "sleeps/torn-down").exists()
    traces.none()


INTERRUPTS = """
import os, pytest, signal

class Interrupts:
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            os.kill(os.getpid(), signal.SIGINT)

def pytest_configure(config):
    if config.getoption("monorepo", False):  # the controller, no worker
        config.pluginmanager.register(Interrupts())
"""


def test_ctrl_c_while_a_result_is_told_loses_nothing(space: Space, traces: Traces, start: Start) -> None:
    """Its reports are out of the worker's channel by then, and nobody would say them again."""
    space.projects({"a": "def test_one(): pass\n"})
    space.write({"interrupts.py": INTERRUPTS})
    ended = start("-p", "interrupts").end()
    assert ended.code == 2, ended.out
    assert ended.words["a/tests/test_main.py::test_one"] == "passed"
    ended.has("! KeyboardInterrupt", "= 1 passed in")
    traces.none()


EARLY = """
import os, signal

def end():
    os.kill(os.getpid(), int(os.environ["NUMBER"]))

def pytest_load_initial_conftests():
    if os.environ["AT"] == "options":
        end()

def pytest_monorepo_projects():
    if os.environ["AT"] == "projects":
        end()
"""
SAID = "^KeyboardInterrupt{}: no test was run$"


@pytest.mark.sampled("number", first=False)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("words", "at"),
    [
        (["--monorepo-list"], "projects"),
        (["--monorepo-graph=json"], "projects"),
        (["--monorepo-list"], "options"),
        ([], "options"),
        ([], "projects"),
    ],
)
def test_before_the_session_it_is_said_in_a_line(
    space: Space, traces: Traces, words: list[str], at: str, number: signal.Signals
) -> None:
    space.projects({"fine": FINE})
    space.write({"early.py": EARLY})
    path = os.pathsep.join([space.environ()["PYTHONPATH"], str(space.root)])
    env = {**traces.environ, "PYTHONPATH": path, "NUMBER": str(int(number)), "AT": at}
    run = space.run("-p", "early", *words, env=env)
    assert run.code == 2, run.out
    if words or at == "options":
        run.has(SAID.format("" if number == signal.SIGINT else rf" \({number.name}\)"))
        assert len(run.out.splitlines()) == 1, run.out
    else:
        run.has("! KeyboardInterrupt")
        run.lacks("Traceback")
    traces.none()


@one_mode
@each_mode
def test_a_second_interrupt_ends_all_at_once(space: Space, traces: Traces, start: Start, mode: str) -> None:
    space.projects({"sleeps": SLEEPS, "stubborn": STUBBORN})
    run = start(mode)
    run.makes("sleeps/started", "stubborn/started")
    run.process.send_signal(signal.SIGINT)
    run.makes("sleeps/torn-down")
    assert run.process.poll() is None
    run.process.send_signal(signal.SIGINT)
    assert run.end().code == 2
    traces.none()


@one_mode
@each_mode
def test_a_killed_controller_leaves_nothing(space: Space, traces: Traces, start: Start, mode: str) -> None:
    space.projects({"sleeps": SLEEPS, "stubborn": STUBBORN})
    run = start(mode, "--monorepo-split=test")
    run.makes("sleeps/started", "stubborn/started")
    assert len(traces.processes()) >= 3
    run.process.kill()
    run.end()
    traces.none()


def test_a_killed_fork_server_takes_no_result_along(space: Space, traces: Traces, start: Start) -> None:
    space.projects({"a": STUBBORN, "b": STUBBORN})
    run = start("--monorepo-split=none")
    run.makes("a/started", "b/started")
    parents = {_parent(pid) for pid in traces.processes()}
    servers = [pid for pid in traces.processes() if pid in parents and pid != run.process.pid]
    assert servers
    for pid in servers:
        os.kill(pid, signal.SIGKILL)
    ended = run.end()
    assert ended.code == 1, ended.out
    assert ended.out.count("killed by SIGKILL") >= 2
    traces.none()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_the_terminals_interrupt_reaches_the_whole_group_once(
    space: Space, traces: Traces, start: Start
) -> None:
    space.projects({"sleeps": SLEEPS})
    run = start()
    run.makes("sleeps/started")
    os.killpg(run.process.pid, signal.SIGINT)
    ended = run.end()
    assert ended.code == 2
    ended.lacks("Traceback")
    traces.none()


def test_an_interrupt_in_a_test_is_that_projects(space: Space) -> None:
    space.projects({"exits": "import pytest\ndef test_x(): pytest.exit('enough')\n", "fine": FINE})
    run = space.run()
    run.has("ERROR collecting exits", "ended early: .*enough")
    assert run.counts == {"passed": 1, "error": 1}
    assert run.code == 1  # docs/reference/exit-codes.md: of several the others run all the same


def test_two_runs_at_once_do_not_disturb_each_other(space: Space, traces: Traces, start: Start) -> None:
    body = "import time\ndef test_it(tmp_path):\n    (tmp_path / 'x').write_text('')\n    time.sleep(0.2)\n"
    space.projects(dict.fromkeys(("a", "b", "c"), body))
    for run in [start(), start()]:
        ended = run.end()
        assert (ended.code, ended.counts) == (0, {"passed": 3}), ended.out
    traces.none()
