"""Starts interpreters on the worker's code, with what holds for all of one run."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_monorepo.worker import protocol, wire

from . import ahead, processes
from .grandchild import Grandchild
from .server import Server


class Launcher:
    """``tmp`` is for log files; ``unwanted`` and ``traced`` see :func:`.processes.start_interpreter`.

    ``environ`` is the workers' environment, this process' own where nothing is said; ``litter`` is the folder
    that goes where this process was killed, ``tmp`` where nothing is said. ``flags`` are the interpreters'
    own, by their path, where they are not to have those of this process.
    """

    def __init__(
        self,
        tmp: Path,
        unwanted: Sequence[str] = (),
        *,
        traced: bool = False,
        environ: Mapping[str, str] | None = None,
        litter: Path | None = None,
        flags: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.tmp = tmp
        self.litter = litter or tmp
        self.traced = traced
        self._unwanted = unwanted
        self._flags = flags
        self._stdin = processes.own_stdin()
        self._environ = dict(os.environ if environ is None else environ)
        self._environ.pop("PYTEST_VERSION", None)  # the controller's; older pytests set none of their own

    def server(self, python: str, number: int) -> Server:
        """Start a fork server, its errors in a log of its own; raises ``OSError`` in words for the user."""
        log = self.tmp / f"server-{number}.log"
        here = python == sys.executable and not self.traced
        if here and (waiting := ahead.take()) is not None:
            log.touch()
            with contextlib.suppress(OSError):  # it is gone already; the pool hears of its end
                waiting.control.sendall(wire.encode(protocol.Serve(str(self.tmp), str(log))))
            return Server(python, waiting.control, waiting.process, log)
        ours, theirs = socket.socketpair()
        with theirs, log.open("wb") as stream:
            try:
                process = self._start(python, "fork", theirs, stderr=stream.fileno())
            except OSError:
                ours.close()
                raise
        return Server(python, ours, process, log)

    def sharing(
        self, parent: Server, number: int, root: Path, modules: Sequence[str]
    ) -> tuple[Server, Grandchild]:
        """Have ``parent`` fork a server that imports ``modules``; raises ``OSError`` in words for the user.

        It finds pytest imported, and shares the memory of that. ``root`` is the workspace's.
        """
        log = self.tmp / f"sharing-{-number}.log"
        log.touch()
        ours, theirs = socket.socketpair()
        order = protocol.Share(
            number, str(root), list(modules), list(self._unwanted), dict(self._environ), str(log)
        )
        with theirs:
            try:
                parent.share(order, theirs)
            except OSError:
                ours.close()
                raise
        process = Grandchild(ours)
        return Server(parent.python, ours, process, log), process

    def worker(self, python: str, channel: socket.socket) -> subprocess.Popen[bytes]:
        """Start a worker without a fork server; raises ``OSError`` in words for the user."""
        return self._start(python, "spawn", channel)

    def _start(
        self,
        python: str,
        mode: str,
        channel: socket.socket,
        stderr: int | None = None,
    ) -> subprocess.Popen[bytes]:
        try:
            return processes.start_interpreter(
                python,
                mode,
                channel,
                environ=self._environ,
                tmp=self.litter,
                stdin=self._stdin,
                stderr=stderr,
                unwanted=self._unwanted,
                traced=self.traced,
                flags=None if self._flags is None else self._flags.get(python, ()),
            )
        except OSError as error:
            mend = "to mend it, make its environment anew or use --python current"
            raise OSError(f"cannot start {python}: {error.strerror}; {mend}") from None

    def close(self) -> None:
        if self._stdin is not None:
            os.close(self._stdin)
            self._stdin = None
