"""The end of a fork server's connection."""

from __future__ import annotations

import socket
import sys

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
