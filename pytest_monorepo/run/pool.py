"""Worker processes: started, listened to, buried. What they say and how they end comes out as events."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_monorepo.worker import protocol

from . import processes


@dataclass(frozen=True)
class Said:
    """A worker sent a message."""

    worker: int
    message: Any


@dataclass(frozen=True)
class Ended:
    """A worker's process is gone and everything it sent has been delivered.

    ``code`` is its exit code or minus the signal; ``reason`` is set where it never came to run.
    """

    worker: int
    code: int
    reason: str | None = None


Event = Said | Ended

MOST_SIBLINGS = 64


@dataclass
class _Worker:
    number: int
    channel: socket.socket
    lines: protocol.Lines = field(default_factory=protocol.Lines)
    pid: int = 0
    process: subprocess.Popen[bytes] | None = None
    open: bool = True
    code: int | None = None
    reason: str | None = None
    sibling: bool = False

    def heard(self, data: bytes) -> list[Any]:
        """The messages in ``data`` that are for others; raises :class:`protocol.ProtocolError`."""
        messages = []
        for message in self.lines.feed(data):
            if isinstance(message, protocol.Exited):
                self.code = message.code  # a sibling's guard, which is the last to speak
            else:
                messages.append(message)
            if isinstance(message, protocol.Hello):
                self.pid = message.pid
        return messages


@dataclass
class _Server:
    """A fork server. ``waiting`` holds jobs until it is ready; ``failure`` says why it never will be."""

    python: str
    control: socket.socket
    process: subprocess.Popen[bytes]
    log: Path
    lines: protocol.Lines = field(default_factory=protocol.Lines)
    ready: protocol.Ready | None = None
    failure: str | None = None


class Pool:
    """Starts workers and reports what becomes of them. Not thread-safe; ``tmp`` is for log files."""

    def __init__(self, tmp: Path, *, fork: bool) -> None:
        self.tmp = tmp
        self.fork = fork and processes.can_fork()
        self._selector = selectors.DefaultSelector()
        self._servers: dict[str, _Server] = {}
        self._workers: dict[int, _Worker] = {}
        self._count = 0
        self._environ = dict(os.environ)
        self._ready: list[Event] = []

    # -- starting

    def prepare(self, python: str) -> None:
        """Start the interpreter's fork server ahead of its first job, where there is forking."""
        if self.fork and python not in self._servers:
            ours, theirs = socket.socketpair()
            log = self.tmp / f"server-{len(self._servers)}.log"
            with theirs, log.open("wb") as stream:
                try:
                    process = processes.start_interpreter(
                        python, "fork", theirs, environ=self._environ, stderr=stream.fileno()
                    )
                except OSError as error:
                    ours.close()
                    raise OSError(f"cannot start {python}: {error.strerror}") from None
            server = _Server(python, ours, process, log)
            self._servers[python] = server
            self._selector.register(ours, selectors.EVENT_READ, server)

    def start(self, python: str, job: protocol.Job) -> int:
        """Start a worker on ``job`` and return its number; its end is always told by :class:`Ended`."""
        self._count += 1
        ours, theirs = socket.socketpair()
        worker = _Worker(self._count, ours)
        self._workers[worker.number] = worker
        with theirs:
            try:
                self._launch(python, worker, theirs, measure=job.coverage is not None)
                ours.sendall(protocol.encode(job))
            except OSError as error:
                worker.reason = str(error)
                self._bury(worker, 1)
                return worker.number
        self._selector.register(ours, selectors.EVENT_READ, worker)
        return worker.number

    def _launch(self, python: str, worker: _Worker, theirs: socket.socket, *, measure: bool) -> None:
        if not self.fork:
            worker.process = processes.start_interpreter(python, "spawn", theirs, environ=self._environ)
            worker.pid = worker.process.pid
            return
        self.prepare(python)
        server = self._servers[python]
        if server.failure:
            raise OSError(server.failure)
        request = protocol.encode(protocol.Fork(worker.number, measure))
        try:
            socket.send_fds(server.control, [request], [theirs.fileno()])
        except OSError:
            raise OSError(self._why_server_ended(server)) from None

    def begin(self, number: int, message: protocol.Begin, siblings: int) -> list[int]:
        """Tell a worker to start its tests, and to fork siblings first; returns the siblings' numbers."""
        worker = self._workers.get(number)
        if worker is None or not self.fork or siblings < 1:
            self.send(number, message)
            return []
        pairs = [socket.socketpair() for _ in range(min(siblings, MOST_SIBLINGS))]
        try:
            fds = [theirs.fileno() for _, theirs in pairs]
            socket.send_fds(worker.channel, [protocol.encode(message)], fds)
        except OSError:
            for ours, theirs in pairs:
                ours.close()
                theirs.close()
            return []
        numbers = []
        for ours, theirs in pairs:
            theirs.close()
            self._count += 1
            sibling = _Worker(self._count, ours, sibling=True)
            self._workers[sibling.number] = sibling
            self._selector.register(ours, selectors.EVENT_READ, sibling)
            numbers.append(sibling.number)
        return numbers

    # -- talking

    def send(self, number: int, message: object) -> None:
        """Tell a worker; one that is gone already hears nothing."""
        worker = self._workers.get(number)
        if worker is not None:
            with contextlib.suppress(OSError):
                worker.channel.sendall(protocol.encode(message))

    def wait(self, timeout: float | None) -> list[Event]:
        """What happened since the last call; waits at most ``timeout`` seconds (``None``: for ever)."""
        if self._ready:
            timeout = 0
        for key, _ in self._selector.select(self._poll_interval(timeout)):
            if isinstance(key.data, _Server):
                self._hear_server(key.data)
            elif isinstance(key.data, _Worker):
                self._hear_worker(key.data)
        for worker in list(self._workers.values()):
            if worker.process is not None and worker.code is None:
                worker.code = worker.process.poll()
            if worker.code is not None:
                self._bury(worker, worker.code)
        events, self._ready = self._ready, []
        return events

    def _poll_interval(self, timeout: float | None) -> float | None:
        # Without a fork server nobody tells of a death whose channel some grandchild still holds open.
        if any(worker.process is not None for worker in self._workers.values()):
            return 0.1 if timeout is None else min(timeout, 0.1)
        return timeout

    def _hear_worker(self, worker: _Worker) -> None:
        try:
            data = worker.channel.recv(1 << 20)
        except OSError:
            data = b""
        if not data:
            if worker.open:
                worker.open = False
                self._selector.unregister(worker.channel)
            if worker.process is not None:
                worker.code = _wait_for(worker.process)
            elif worker.sibling and worker.code is None:
                worker.code = 1  # never forked, or its guard is dead as well
            return
        try:
            self._ready += [Said(worker.number, message) for message in worker.heard(data)]
        except protocol.ProtocolError as error:
            worker.reason = f"spoke nonsense: {error}"
            self.kill(worker.number)

    def _hear_server(self, server: _Server) -> None:
        try:
            data = server.control.recv(1 << 20)
        except OSError:
            data = b""
        if not data:
            self._server_ended(server)
            return
        for message in server.lines.feed(data):
            if isinstance(message, protocol.Ready):
                server.ready = message
            elif isinstance(message, protocol.CannotStart):
                server.failure = f"{server.python}: {message.reason}"
            elif isinstance(message, protocol.Forked):
                self._forked(message)
            elif isinstance(message, protocol.Exited) and message.number in self._workers:
                self._workers[message.number].code = message.code

    def _forked(self, message: protocol.Forked) -> None:
        worker = self._workers.get(message.number)
        if worker is not None:
            worker.pid = message.pid
            if not message.pid:
                worker.reason, worker.code = "the fork server could not fork: out of memory or processes", 1

    def _server_ended(self, server: _Server) -> None:
        self._selector.unregister(server.control)
        server.control.close()
        server.failure = self._why_server_ended(server)
        if self._servers.get(server.python) is server and server.ready is not None:
            del self._servers[server.python]  # it lived once: the next job gets a new one
        for worker in self._workers.values():
            if worker.process is None and worker.code is None and not worker.sibling:
                worker.code, worker.reason = 1, server.failure

    def _why_server_ended(self, server: _Server) -> str:
        if server.failure:
            return server.failure
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(5)
        tail = server.log.read_text(errors="replace").strip().splitlines()[-1:]
        code = server.process.returncode
        how = processes.describe_exit(code) if code is not None else "no answer"
        return f"{server.python} ended early ({how})" + (f": {tail[0]}" if tail else "")

    def _bury(self, worker: _Worker, code: int) -> None:
        """Deliver what is still in the channel, then the end."""
        if worker.open and worker.reason is None:
            worker.channel.setblocking(False)
            with contextlib.suppress(OSError, protocol.ProtocolError):
                while data := worker.channel.recv(1 << 20):
                    self._ready += [Said(worker.number, message) for message in worker.heard(data)]
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(worker.channel)
        worker.channel.close()
        if worker.process is not None and hasattr(os, "killpg"):
            processes.end_group(worker.pid)  # what its tests left running
        del self._workers[worker.number]
        self._ready.append(Ended(worker.number, code, worker.reason))

    # -- ending

    def interrupt(self, number: int) -> None:
        """Let a worker's running test see a ``KeyboardInterrupt``."""
        worker = self._workers.get(number)
        if worker is not None and worker.pid:
            processes.interrupt(worker.pid)

    def kill(self, number: int) -> None:
        """End a worker's whole process group at once."""
        worker = self._workers.get(number)
        if worker is not None and worker.pid:
            processes.end_group(worker.pid)

    def dump_stacks(self, number: int) -> None:
        """Let a worker write the stacks of its threads to its log."""
        worker = self._workers.get(number)
        if worker is not None and worker.pid:
            processes.ask_for_stacks(worker.pid)

    def close(self, patience: float = 5.0) -> None:
        """Leave no process behind."""
        for worker in self._workers.values():
            if worker.pid:
                processes.end_group(worker.pid)
            worker.channel.close()
        for server in self._servers.values():
            server.control.close()
        until = time.monotonic() + patience
        spawned = [worker.process for worker in self._workers.values() if worker.process]
        for process in [*(server.process for server in self._servers.values()), *spawned]:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._workers.clear()
        self._servers.clear()
        self._selector.close()

    def versions(self, python: str) -> Mapping[str, str]:
        """Python and pytest versions of a fork server that is ready; empty where unknown."""
        server = self._servers.get(python)
        if server is None or server.ready is None:
            return {}
        return {"python": server.ready.python, "pytest": server.ready.pytest}


def _wait_for(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process that has closed its channel; one that hangs in its exit is killed."""
    try:
        return process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
