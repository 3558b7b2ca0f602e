"""The end of a fork server's connection."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")


@pytest.mark.parametrize("unread", [b"", b"Ready"])
def test_a_controller_that_closes_is_gone_also_with_words_unread(unread: bytes) -> None:
    """Linux resets a connection whose other end is closed with something in it that nobody has read."""
    from pytest_monorepo.worker.forkserver import Server

    ours, theirs = socket.socketpair()
    server = Server.__new__(Server)
    server.control, server.fds = ours, []
    ours.sendall(unread)
    theirs.close()
    with ours:
        assert not server.receive()


def test_who_imports_for_others_is_forked_before_workers_are(tmp_path: Path) -> None:
    """Each with the descriptor that came with its word; workers wait until pytest has been started."""
    from pytest_monorepo.worker import protocol, wire
    from pytest_monorepo.worker.forkserver import Server

    forked = []

    class Noting(Server):
        def fork(self, number: int, fd: int, become: object) -> None:
            forked.append((number, os.fstat(fd).st_ino))
            os.close(fd)

    server = Noting.__new__(Noting)
    theirs, ours = socket.socketpair()
    server.control, server.fds, server.asked, server.lines = ours, [], [], wire.Lines()
    server.worker = server.tracer = None
    files = {number: (tmp_path / str(number)).open("w") for number in (1, -1, 2)}
    for number, file in files.items():
        share = protocol.Share(number, "/ws", ["numpy"], [], {}, "log")
        fork = protocol.Fork(number, False, False)
        socket.send_fds(theirs, [wire.encode(share if number < 0 else fork)], [file.fileno()])
    with ours, theirs:
        while len(server.asked) < 3:
            assert server.receive()
        known = {number: os.fstat(file.fileno()).st_ino for number, file in files.items()}
        assert not server.obey(protocol.Share)
        assert forked == [(-1, known[-1])]
        assert not server.obey(protocol.Fork, protocol.Share)
        assert forked[1:] == [(1, known[1]), (2, known[2])]
        assert not server.asked
    for file in files.values():
        file.close()
