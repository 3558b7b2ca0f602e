"""Processes as the pool sees them: every way to end is told, and none is left."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from pytest_monorepo.run.workers.events import Ended, Event, Said
from pytest_monorepo.run.workers.pool import Pool
from pytest_monorepo.run.workers.processes import describe_exit
from pytest_monorepo.worker import protocol
from tests.patience import FOREVER, MINUTES, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

MakePool = Callable[[bool], Pool]
Message = TypeVar("Message")
ENDLESS = f"import time\ndef test_a(): time.sleep({FOREVER})\n"


@pytest.fixture
def make_pool(tmp_path: Path) -> Iterator[MakePool]:
    pools = []

    def make(fork: bool) -> Pool:
        pools.append(Pool(tmp_path, fork=fork))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def job(folder: Path, code: str) -> protocol.Job:
    (folder / "test_it.py").write_text(code)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return protocol.Job(
        root=str(folder),
        project=".",
        folder=str(folder),
        args=["-p", "no:cacheprovider"],
        argv=["pytest"],
        as_module=True,
        out=str(folder / "out"),
        err=str(folder / "err"),
    )


def heard(pool: Pool) -> Iterator[Event]:
    end = time.monotonic() + MINUTES
    while time.monotonic() < end:
        yield from pool.wait(0.5)


def until_ended(pool: Pool, number: int) -> tuple[list[object], Ended]:
    said: list[object] = []
    for event in heard(pool):
        if isinstance(event, Ended) and event.worker == number:
            return said, event
        if isinstance(event, Said) and event.worker == number:
            said.append(event.message)
    raise AssertionError(f"no end, but {said}")


def until_said(pool: Pool, kind: type[Message]) -> Message:
    for event in heard(pool):
        if isinstance(event, Said) and isinstance(event.message, kind):
            return event.message
    raise AssertionError(f"no {kind.__name__}")


def kinds(said: list[object]) -> list[str]:
    return [type(message).__name__ for message in said]


@pytest.mark.parametrize("fork", [True, False])
def test_a_worker_says_hello_its_tests_and_its_end(tmp_path: Path, make_pool: MakePool, fork: bool) -> None:
    pool = make_pool(fork)
    number = pool.start(sys.executable, job(tmp_path, "def test_a(): pass\n"))
    said, ended = until_ended(pool, number)
    assert (ended.code, ended.reason) == (0, None)
    found = kinds(said)
    assert found[0] == "Hello"
    assert found[-1] == "Finished"
    assert [kind for kind in found if kind.startswith("Test")] == [
        "TestStarted", "TestReport", "TestReport", "TestReport", "TestFinished",
    ]  # fmt: skip


@pytest.mark.parametrize("fork", [True, False])
def test_a_killed_worker_is_told_by_its_signal(tmp_path: Path, make_pool: MakePool, fork: bool) -> None:
    pool = make_pool(fork)
    code = "import os, signal\ndef test_a(): os.kill(os.getpid(), signal.SIGKILL)\n"
    said, ended = until_ended(pool, pool.start(sys.executable, job(tmp_path, code)))
    assert ended.code == -signal.SIGKILL
    assert kinds(said)[-1] == "TestStarted"


def test_an_interpreter_that_is_none(tmp_path: Path, make_pool: MakePool) -> None:
    wrong = tmp_path / "python"
    wrong.write_text("#!/bin/sh\necho not a python >&2\nexit 3\n")
    wrong.chmod(0o755)
    pool = make_pool(True)
    said, ended = until_ended(pool, pool.start(str(wrong), job(tmp_path, "")))
    assert said == []
    assert ended.reason is not None
    assert str(wrong) in ended.reason
    assert "not a python" in ended.reason


def test_an_interpreter_that_is_not_there(tmp_path: Path, make_pool: MakePool) -> None:
    for fork in (True, False):
        pool = make_pool(fork)
        _, ended = until_ended(pool, pool.start(str(tmp_path / "nowhere"), job(tmp_path, "")))
        assert ended.reason is not None
        assert str(tmp_path / "nowhere") in ended.reason


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_another_thread_ends_a_wait_and_other_folders_and_variables_hold(tmp_path: Path) -> None:
    litter = tmp_path / "litter"
    litter.mkdir()
    with_home = {**os.environ, "FROM_AFAR": "1"}
    pool = Pool(tmp_path, fork=True, environ=with_home, litter=litter)
    try:
        wake = pool.waker()
        threading.Timer(0.05, wake).start()
        assert pool.wait(MINUTES) == []
        number = pool.start(
            sys.executable, job(tmp_path, "import os\ndef test_a(): os.environ['FROM_AFAR']\n"), "here"
        )
        assert pool.place_of(number) == ""
        assert pool.changes() == ()
        for _ in range(100_000):
            wake()  # more than a pipe holds, and nobody waits: never blocks
        said, end = until_ended(pool, number)
        assert end.code == 0
        assert isinstance(said[-1], protocol.Finished)
    finally:
        pool.close()
    wake()
    assert litter.is_dir()


def test_a_killed_server_ends_its_workers(tmp_path: Path, make_pool: MakePool) -> None:
    pool = make_pool(True)
    number = pool.start(sys.executable, job(tmp_path, ENDLESS))
    hello = until_said(pool, protocol.Hello)
    os.kill(int(Path(f"/proc/{hello.pid}/stat").read_text().rpartition(")")[2].split()[1]), signal.SIGKILL)
    _, ended = until_ended(pool, number)
    assert ended.reason is not None or ended.code != 0
    until(lambda: not _runs(hello.pid))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_closing_ends_what_runs(tmp_path: Path, make_pool: MakePool) -> None:
    pool = make_pool(True)
    pool.start(sys.executable, job(tmp_path, ENDLESS))
    hello = until_said(pool, protocol.Hello)
    until_said(pool, protocol.TestStarted)
    pool.close()
    until(lambda: not _runs(hello.pid))


@pytest.mark.parametrize(
    ("code", "words"),
    [(3, "exit code 3"), (-9, "killed by SIGKILL"), (-64, "killed by "), (-77, "signal 77")],
)
def test_exit_codes_in_words(code: int, words: str) -> None:
    assert words in describe_exit(code)
