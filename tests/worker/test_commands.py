"""Commands reach a worker however early they come."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.run.workers import processes
from pytest_monorepo.worker import protocol, wire
from tests.patience import MINUTES

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="file descriptors are not handed over there")


def conversation(tmp: Path, job: protocol.Job, *commands: object) -> list[Any]:
    """What a fresh worker says when the commands come in one piece with its job."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = processes.start_interpreter(
                sys.executable, "spawn", theirs, environ=dict(os.environ), tmp=tmp
            )
        ours.sendall(b"".join(map(wire.encode, (job, *commands))))
        ours.settimeout(MINUTES)
        lines, said = wire.Lines(), []
        while data := ours.recv(1 << 16):
            said += lines.feed(data)
    process.wait(MINUTES)
    return said


def test_a_stop_that_comes_with_the_job_is_obeyed(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(): assert False\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    job = protocol.Job(
        root=str(tmp_path),
        project=".",
        folder=str(tmp_path),
        args=[],
        argv=["pytest"],
        pause=True,
        environ={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    said = conversation(tmp_path, job, protocol.Stop("enough"))
    assert not [message for message in said if isinstance(message, protocol.TestStarted)]
    finished = [message for message in said if isinstance(message, protocol.Finished)]
    assert [message.exitstatus for message in finished] == [pytest.ExitCode.INTERRUPTED]
