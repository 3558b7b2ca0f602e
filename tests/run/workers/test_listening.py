"""What the controller takes from a worker and from a fork server, as values: no process is started."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_monorepo.run.workers.processes import describe_exit
from pytest_monorepo.run.workers.server import Server
from pytest_monorepo.run.workers.worker import Worker
from pytest_monorepo.worker import protocol, wire

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals, and sockets in messages")

HELLO = protocol.Hello(7, "3.11.0", "9.0")
STARTED = protocol.TestStarted("a::t", ("a", 1, "t"))


def lines(*messages: object) -> bytes:
    return b"".join(map(wire.encode, messages))


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def worker(ends: tuple[socket.socket, socket.socket]) -> Worker:
    return Worker(1, ends[0])


def test_what_a_worker_says_is_for_others(worker: Worker) -> None:
    assert worker.heard(lines(HELLO, STARTED)) == [
        HELLO,
        protocol.TestStarted("a::t", ["a", 1, "t"]),  # type: ignore[arg-type]  # JSON has no tuples
    ]
    assert worker.pid == 7


def test_what_its_guard_says_is_its_end(worker: Worker) -> None:
    assert worker.heard(lines(protocol.Exited(0, -9, [[12, "sleep"]]))) == []
    assert (worker.code, worker.left_behind, worker.reason) == (-9, [[12, "sleep"]], None)


def test_one_that_cannot_start_says_why(worker: Worker) -> None:
    assert worker.heard(lines(protocol.CannotStart("no pytest"))) == []
    assert (worker.reason, worker.code) == ("no pytest", None)


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_words_may_come_in_pieces(worker: Worker, cut: int) -> None:
    data = lines(HELLO, protocol.NextWanted())
    assert [*worker.heard(data[:cut]), *worker.heard(data[cut:])] == [HELLO, protocol.NextWanted()]


@pytest.mark.parametrize(
    "message",
    [
        protocol.Stop("x"),
        protocol.Go(),
        protocol.Run([1]),
        protocol.Begin("gw1"),
        protocol.Dismissed(),
        protocol.TerminalGranted(),
        protocol.Fork(1),
        protocol.Ready(1, "3.11", "9"),
        protocol.Forked(1, 2),
        protocol.Job("/r", "a", "/r/a", [], []),
    ],
    ids=lambda message: type(message).__name__,
)
def test_what_is_not_for_a_worker_to_say_is_refused_and_what_came_before_is_kept(
    worker: Worker, message: object
) -> None:
    with pytest.raises(protocol.ProtocolError, match=type(message).__name__) as caught:
        worker.heard(lines(HELLO, message, STARTED))
    assert caught.value.before == [HELLO]


@pytest.mark.parametrize(
    "nonsense", [b"hello\n", b"[]\n", b'["Hello"]\n', b'["Node", 1]\n', b"\xff\n", b"\n"]
)
def test_nonsense_is_refused_and_what_came_before_is_kept(worker: Worker, nonsense: bytes) -> None:
    with pytest.raises(protocol.ProtocolError) as caught:
        worker.heard(lines(HELLO) + nonsense)
    assert caught.value.before == [HELLO]


# -- a fork server


class Process:
    """A process that has ended, or that does not end."""

    def __init__(self, code: int | None) -> None:
        self.returncode = code

    def wait(self, timeout: float) -> int:
        if self.returncode is None:
            raise subprocess.TimeoutExpired("python", timeout)
        return self.returncode


def server(control: Any, log: Path, code: int | None = None) -> Server:
    return Server("/env/python", control, Process(code), log)  # type: ignore[arg-type]


def test_a_server_tells_of_itself_and_of_workers(tmp_path: Path) -> None:
    one = server(None, tmp_path)
    ready, forked, exited = (
        protocol.Ready(3, "3.11", "9.0"),
        protocol.Forked(1, 44),
        protocol.Exited(1, 0, []),
    )
    assert list(one.heard(lines(ready, forked, exited))) == [forked, exited]
    assert (one.ready, one.failure) == (ready, None)
    assert list(one.heard(lines(protocol.CannotStart("no pytest there")))) == []
    assert one.failure == one.why_it_ended() == "/env/python: no pytest there"


@pytest.mark.parametrize(
    ("code", "log", "words"),
    [
        (1, "Traceback:\nImportError: no pytest\n\n", "ended early (exit code 1): ImportError: no pytest"),
        (3, "", "ended early (exit code 3)"),
        (-9, " \n", "ended early (killed by SIGKILL)"),
        (None, "hm\n", "ended early (no answer): hm"),
        (1, "\udcff", "ended early (exit code 1): "),
    ],
)
def test_why_a_server_ended(tmp_path: Path, code: int | None, log: str, words: str) -> None:
    (tmp_path / "log").write_bytes(log.encode("utf-8", "surrogateescape"))
    assert server(None, tmp_path / "log", code).why_it_ended().startswith(f"/env/python {words}")


def test_a_server_that_is_gone_is_asked_for_nothing(
    tmp_path: Path, ends: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = ends
    (tmp_path / "log").write_text("killed\n")
    failed = server(ours, tmp_path / "log")
    failed.failure = "/env/python: no pytest there"
    with pytest.raises(OSError, match="no pytest there"):
        failed.fork(1, theirs, measure=False, sole=False)
    theirs.close()
    with pytest.raises(OSError, match=r"ended early \(exit code 1\): killed"):
        server(ours, tmp_path / "log", 1).fork(1, SimpleNamespace(fileno=lambda: 0), measure=True, sole=True)  # type: ignore[arg-type]
    server(ours, tmp_path / "log", 1).dismiss()
    assert ours.fileno() == -1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "exit code 0"),
        (1, "exit code 1"),
        (255, "exit code 255"),
        (-9, "killed by SIGKILL"),
        (-11, "killed by SIGSEGV"),
        (-6, "killed by SIGABRT"),
        (-15, "killed by SIGTERM"),
        (-99, "killed by signal 99"),
    ],
)
def test_an_exit_in_words(code: int, words: str) -> None:
    assert describe_exit(code) == words
