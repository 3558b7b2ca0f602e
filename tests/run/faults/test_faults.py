"""Nothing that a test or plugin does hangs the run, loses a result or leaves a process behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from tests.patience import FOREVER
from tests.run.space import Run, Space

from .traces import Traces

pytestmark = [
    pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for processes in /proc"),
    pytest.mark.sampled("faulty", shared=True),
]

AROUND = """
import ctypes, os, resource, signal, socket, subprocess, sys, time
import pytest

def test_before(): pass

{}

def test_after(): pass
"""

DEADLY = {
    "segfault": "def test_it(): os.kill(os.getpid(), signal.SIGSEGV)",
    "native": "def test_it(): ctypes.string_at(0)",
    "exit0": "def test_it(): os._exit(0)",
    "exit7": "def test_it(): os._exit(7)",
    "killed": "def test_it(): os.kill(os.getpid(), signal.SIGKILL)",
    "group": "def test_it(): os.killpg(0, signal.SIGKILL)",
    "teardown": """
        @pytest.fixture
        def dies():
            yield
            os._exit(9)

        def test_it(dies): pass
        """,
    "garbage": """
        def test_it():
            for name in os.listdir("/proc/self/fd"):
                try:
                    if os.readlink("/proc/self/fd/" + name).startswith("socket:"):
                        os.write(int(name), b"no message\\n")
                except OSError:
                    pass
        """,
    "halfline": """
        def test_it():
            for name in os.listdir("/proc/self/fd"):
                try:
                    if os.readlink("/proc/self/fd/" + name).startswith("socket:"):
                        os.write(int(name), b'["TestReport", {"no')
                except OSError:
                    pass
        """,
    "forged": """
        def test_it():
            for name in os.listdir("/proc/self/fd"):
                try:
                    if os.readlink("/proc/self/fd/" + name).startswith("socket:"):
                        os.write(int(name), b'["TestReport", {"outcome": "passed"}]\\n')
                except OSError:
                    pass
        """,
    "closed": "def test_it(): os.closerange(3, 200)",
}
"""Each ends the worker in ``test_it``, which must fail; the tests around it must not."""

RAISING = {
    "configure": "def pytest_configure(): raise RuntimeError('in configure')",
    "sessionstart": "def pytest_sessionstart(): raise RuntimeError('in sessionstart')",
    "modifyitems": "def pytest_collection_modifyitems(): raise RuntimeError('in modifyitems')",
    "setup": "def pytest_runtest_logstart(): raise RuntimeError('in logstart')",
    "report": "def pytest_runtest_logreport(): raise RuntimeError('in logreport')",
    "sessionfinish": "def pytest_sessionfinish(): raise RuntimeError('in sessionfinish')",
    "unconfigure": "def pytest_unconfigure(): raise RuntimeError('in unconfigure')",
    "exits": "import os\ndef pytest_sessionfinish(): os._exit(3)",
    "nodisk": """
        import resource
        def pytest_sessionstart():
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        """,
}
"""Conftests of projects that must be told of as failed, whatever their tests say."""

MAIN = "tests/test_main.py"
VARIANTS = [
    ("--workers=2", "--monorepo-split=none"),
    ("--workers=3", "--monorepo-split=test"),
    pytest.param(("--workers=2", "--monorepo-start=spawn"), marks=pytest.mark.slow),
]


@dataclass(frozen=True)
class Faulty:
    run: Run
    traces: Traces

    def outcome(self, nodeid: str) -> list[str]:
        """Every word that ``-v`` printed for a test."""
        return re.findall(rf"^{re.escape(nodeid)} ([A-Z]+)", self.run.out, re.MULTILINE)

    def project_error(self, project: str) -> str:
        found = re.search(rf"^ERROR {project} - (.*)$", self.run.out, re.MULTILINE)
        return found[1] if found else ""


@pytest.fixture(scope="module", params=VARIANTS, ids=lambda args: " ".join(args))
def faulty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Faulty:
    """One run of a workspace in which each project has another fault."""
    root = tmp_path_factory.mktemp("faults") / "repo"
    root.mkdir()
    space = Space(root)
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    space.projects({name: AROUND.format(dedent(body).strip()) for name, body in DEADLY.items()})
    space.projects(dict.fromkeys(RAISING, "def test_it(): pass\n"))
    space.write({f"{name}/conftest.py": body for name, body in RAISING.items()})
    space.projects(
        {
            "good": "def test_it(): pass\n",
            "leaves": AROUND.format('def test_it(): subprocess.Popen(["sleep", "3600"])'),
            "escapes": AROUND.format(
                'def test_it(): subprocess.Popen(["sleep", "3601"], start_new_session=True)'
            ),
            "daemons": AROUND.format(
                "def test_it():\n"
                "    words = 'setsid sleep 3602 >/dev/null 2>&1 & echo $!'\n"
                "    pid = int(subprocess.check_output(['sh', '-c', words]))\n"
                "    while not open('/proc/%d/cmdline' % pid).read().startswith('sleep'):\n"
                "        time.sleep(0.01)"
            ),
            "forks": AROUND.format(
                "def test_it():\n    if os.fork() == 0:\n        os.setsid()\n        os.closerange(0, 100)\n"
                "        time.sleep(3600)\n        os._exit(0)"
            ),
            "dies-with-one": AROUND.format(
                'def test_it():\n    subprocess.Popen(["sleep", "3603"], start_new_session=True)\n'
                "    os.kill(os.getpid(), signal.SIGKILL)"
            ),
            "session": AROUND.format(
                "@pytest.fixture(scope='session', autouse=True)\ndef dies():\n    yield\n    os._exit(9)\n"
                "def test_it(): pass"
            ),
        }
    )
    traces = Traces(tmp_path_factory.mktemp("traces"), root)
    run = space.run(
        "-v", "-rA", *request.param, "--junitxml=out.xml", env={**traces.environ, "COLUMNS": "300"}
    )
    return Faulty(run, traces)


def test_the_run_fails_and_leaves_nothing(faulty: Faulty) -> None:
    assert faulty.run.code in (1, 3)
    faulty.traces.none()


def test_a_process_is_found_by_its_marker_or_where_it_works(tmp_path: Path) -> None:
    """A run that is forked shows the variables of what it was forked from (:mod:`tests.run.warm`)."""
    below = tmp_path / "workspace" / "project"
    below.mkdir(parents=True)
    traces = Traces(tmp_path / "tmp", tmp_path / "workspace")
    for given in ({"cwd": below}, {"env": {**os.environ, **traces.environ}}):
        process = subprocess.Popen(["sleep", str(FOREVER)], **given)
        try:
            assert traces.processes() == {process.pid: f"sleep {FOREVER}"}
        finally:
            process.kill()
            process.wait()
    assert not traces.processes()


@pytest.mark.parametrize("name", DEADLY)
def test_a_deadly_test_fails_and_its_neighbours_do_not(faulty: Faulty, name: str) -> None:
    assert faulty.outcome(f"{name}/{MAIN}::test_before") == ["PASSED"]
    assert "FAILED" in faulty.outcome(f"{name}/{MAIN}::test_it") + faulty.outcome(f"{name}/{MAIN}::test_it")
    assert faulty.outcome(f"{name}/{MAIN}::test_after") == ["PASSED"]


def test_the_way_it_ended_is_told(faulty: Faulty) -> None:
    failed = dict(re.findall(rf"^FAILED (\w+)/{MAIN}::test_it - (.*)$", faulty.run.out, re.MULTILINE))
    for name in ("segfault", "native"):
        assert "killed by SIGSEGV" in failed[name]
    for name in ("killed", "group"):
        assert "killed by SIGKILL" in failed[name]
    assert "exit code 7" in failed["exit7"]
    assert "exit code 0" in failed["exit0"]
    assert "spoke nonsense" in failed["garbage"]
    faulty.run.has("Fatal Python error: Segmentation fault", r'File ".*test_main\.py", line \d+ in test_it')


@pytest.mark.parametrize("name", RAISING)
def test_a_raising_hook_fails_its_project(faulty: Faulty, name: str) -> None:
    assert faulty.project_error(name)


def test_the_others_are_untouched(faulty: Faulty) -> None:
    assert faulty.outcome(f"good/{MAIN}::test_it") == ["PASSED"]
    assert "exits" in faulty.run.out
    assert faulty.outcome(f"exits/{MAIN}::test_it") == ["PASSED"]


def test_a_death_in_a_session_fixture_s_teardown(faulty: Faulty) -> None:
    tests = [faulty.outcome(f"session/{MAIN}::test_{name}") for name in ("before", "it", "after")]
    assert sum("FAILED" in words for words in tests) >= 1
    assert all(words for words in tests)


@pytest.mark.parametrize(
    ("project", "seconds"), [("leaves", 3600), ("escapes", 3601), ("daemons", 3602), ("dies-with-one", 3603)]
)
def test_what_tests_leave_running_is_named(faulty: Faulty, project: str, seconds: int) -> None:
    if seconds > 3600 and sys.platform != "linux":
        pytest.skip("a process that leaves its group is only found on Linux")
    told = rf"tests left processes running, which have been killed: sleep {seconds} \(pid \d+\)"
    assert re.search(rf"^{project}$\n(?:.*\n)?.*{told}", faulty.run.out, re.MULTILINE), faulty.run.out


@pytest.mark.parametrize("words", [[], ["--monorepo-start=spawn"], ["--workers=2", "--monorepo-split=file"]])
def test_a_program_that_a_test_runs_inherits_no_connection(space: Space, words: list[str]) -> None:
    listing = "import os; print(*(os.readlink(one.path) for one in os.scandir('/proc/self/fd')))"
    test = "import subprocess, sys\ndef test_it():\n    found = subprocess.run([sys.executable, '-c', %r],"
    test += " close_fds=False, stdout=subprocess.PIPE, text=True).stdout\n    assert 'socket' not in found\n"
    space.projects({"one": test % listing})
    space.write({"one/tests/test_2.py": test % listing})
    assert space.run(*words).counts == {"passed": 2}


LEFT_TO_EXIT = """
import time
from concurrent.futures import {kind}PoolExecutor

def work(where):
    time.sleep(0.3)
    with open(where, "w") as stream:
        stream.write("done")

def test_it():
    global executor
    executor = {kind}PoolExecutor(1)
    executor.submit(work, "{kind}.txt")
"""


def test_a_worker_waits_for_its_executors_as_python_does(space: Space) -> None:
    """Those that nobody has shut down; its children would be waited for by atexit for ever."""
    kinds = ["Process", "Thread"]
    space.projects({kind: LEFT_TO_EXIT.format(kind=kind) for kind in kinds})
    run = space.run("--idle-timeout=300")
    assert (run.code, run.counts) == (0, {"passed": 2}), run.out
    assert [(space.root / kind / f"{kind}.txt").read_text() for kind in kinds] == ["done", "done"]


def test_a_forked_process_in_a_session_of_its_own_is_named(faulty: Faulty) -> None:
    told = r"tests left processes running, which have been killed: \S*python.* \(pid \d+\)"
    assert re.search(rf"^forks$\n(?:.*\n)?.*{told}", faulty.run.out, re.MULTILINE), faulty.run.out


def test_every_test_has_one_case_in_junit(faulty: Faulty) -> None:
    assert faulty.run.junit is not None
    cases = [(c.get("classname"), c.get("name")) for c in ET.parse(faulty.run.junit).iter("testcase")]
    assert len(cases) == len(set(cases))
    for name in DEADLY:
        assert sum(1 for classname, _ in cases if str(classname).startswith(f"{name}.tests")) == 3


def test_one_line_tells_a_death(space: Space) -> None:
    space.projects({"one": "import os\ndef test_it(): os._exit(7)\n"})
    run = space.run("--tb=line")
    run.has(r"^one/tests/test_main\.py: worker ended while running this test \(")


# -- bounds


def test_restarts_are_bounded_and_what_did_not_run_is_listed(space: Space) -> None:
    deaths = "\n".join(f"def test_{n:02}(): os._exit(1)" for n in range(14))
    space.projects({"a": f"import os\n{deaths}\n", "b": "def test_it(): pass\n"})
    run = space.run("-v")
    assert run.code == 1
    assert run.counts == {"failed": 11, "passed": 1, "error": 1}
    run.has("3 tests did not run: their worker died 11 times", "a/tests/test_main.py::test_13")


@pytest.mark.parametrize("failing", [2, 1000])
def test_fork_failing(space: Space, tmp_path: Path, failing: int) -> None:
    space.projects({"a": "def test_it(): pass\n", "b": "def test_it(): pass\n"})
    patch = tmp_path / "patch"
    patch.mkdir()
    (patch / "sitecustomize.py").write_text(
        dedent(f"""
        import os
        real, left = os.fork, [{failing}]
        def fork():
            if left[0]:
                left[0] -= 1
                raise BlockingIOError(11, "no room")
            return real()
        os.fork = fork
        """)
    )
    path = os.pathsep.join([str(patch), space.environ()["PYTHONPATH"]])
    run = space.run("-v", env={"PYTHONPATH": path})
    if failing == 2:
        assert (run.code, run.counts) == (0, {"passed": 2})
    else:
        assert run.code == 1
        run.has("ERROR a - the fork server could not fork", "ERROR b - the fork server could not fork")


def test_hanging_tests_are_ended_and_named(space: Space) -> None:
    stubborn = """
        import signal, time
        def test_before(): pass
        def test_hangs():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            while True:
                try:
                    time.sleep(3600)
                except BaseException:
                    pass
        def test_after(): pass
        """
    space.projects({"a": dedent(stubborn), "b": "def test_it(): pass\n"})
    run = space.run("-v", "--idle-timeout=25")
    assert run.words["a/tests/test_main.py::test_hangs"] == "failed"
    assert run.words["a/tests/test_main.py::test_after"] == "passed"
    run.has("no word for 25s", r"test_main\.py\", line \d+ in test_hangs")
