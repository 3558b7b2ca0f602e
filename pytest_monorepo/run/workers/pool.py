"""Worker processes: started, listened to, buried. What they say and how they end comes out as events."""

from __future__ import annotations

import contextlib
import select
import selectors
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from pytest_monorepo.worker import protocol, wire

from . import processes
from .events import Ended, Event, Said
from .grandchild import Grandchild
from .launcher import Launcher
from .server import Process, Server
from .signals import interrupts
from .worker import Worker

Sharing = tuple[str, ...]
"""The modules that a fork server has imported for its workers."""

# as many descriptors as one message carries are 253 (SCM_MAX_FD, unix(7)), and the worker makes room
MOST_SIBLINGS = 64


class Pool:
    """Starts workers and reports what becomes of them. Not thread-safe; ``tmp`` is for log files.

    ``autoload`` is off where pytest is to load no installed plugin, ``unwanted`` are ``no:NAME`` of single
    ones: a fork server imports none of them. ``traced``: its workers note what their tests read.
    """

    def __init__(
        self,
        tmp: Path,
        *,
        fork: bool,
        autoload: bool = True,
        unwanted: Sequence[str] = (),
        traced: bool = False,
        environ: Mapping[str, str] | None = None,
        litter: Path | None = None,
        flags: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.traced = traced
        unwanted = unwanted if autoload else ("no:*", *unwanted)
        self._launcher = Launcher(tmp, unwanted, traced=traced, environ=environ, litter=litter, flags=flags)
        self.fork = fork and processes.can_fork()
        self._selector = selectors.DefaultSelector()
        self._servers: dict[str, Server] = {}
        self._sharing: dict[tuple[str, Sharing], Server] = {}
        self._grandchildren: dict[int, Grandchild] = {}
        self._workers: dict[int, Worker] = {}
        self._dismissed: list[Process] = []
        self._count = 0
        self._ready: list[Event] = []
        self._wakers: list[socket.socket] = []

    # -- starting

    def prepare(self, python: str) -> None:
        """Start the interpreter's fork server ahead of its first job, where there is forking."""
        if self.fork and python not in self._servers:
            server = self._launcher.server(python, len(self._servers))
            self._servers[python] = server
            self._selector.register(server.control, selectors.EVENT_READ, server)

    def share(self, python: str, root: Path, modules: Sharing) -> Server | None:
        """The fork server that imports ``modules`` for its workers; ``None`` where there is no forking.

        ``root`` is the workspace's. Raises ``OSError`` as :meth:`start` tells.
        """
        key = (python, modules)
        if self.fork and key not in self._sharing:
            self.prepare(python)
            number = -1 - len(self._grandchildren)  # workers count up
            server, process = self._launcher.sharing(self._servers[python], number, root, modules)
            self._sharing[key], self._grandchildren[number] = server, process
            self._selector.register(server.control, selectors.EVENT_READ, server)
        return self._sharing.get(key)

    def attend(self, server: Server, seconds: float) -> None:
        """Wait for a server to be ready, or to fail, and hear nobody else meanwhile."""
        until = time.monotonic() + seconds
        while server.ready is None and server.failure is None and (left := until - time.monotonic()) > 0:
            if select.select([server.control], [], [], left)[0]:
                self._hear_server(server)

    def start(self, python: str, job: protocol.Job, place: str = "", shared: Sharing = ()) -> int:
        """Start a worker on ``job`` and return its number; its end is always told by :class:`Ended`.

        There is one ``place``, this machine. ``shared`` names the server of :meth:`share`, which is ready.
        """
        self._count += 1
        ours, theirs = socket.socketpair()
        worker = Worker(self._count, ours)
        self._workers[worker.number] = worker
        with theirs:
            try:
                self._launch(python, worker, theirs, shared, job)
            except OSError as error:
                worker.reason = str(error)
                self._bury(worker, 1)
                return worker.number
        with contextlib.suppress(OSError):  # it is gone already; its end will be told
            ours.sendall(wire.encode(job))
        self._selector.register(ours, selectors.EVENT_READ, worker)
        return worker.number

    def _launch(
        self, python: str, worker: Worker, theirs: socket.socket, shared: Sharing, job: protocol.Job
    ) -> None:
        if not self.fork:
            worker.process = self._launcher.worker(python, theirs)
            worker.pid = worker.process.pid
            return
        self.prepare(python)
        worker.server = self._sharing[python, shared] if shared else self._servers[python]
        worker.server.fork(worker.number, theirs, measure=job.coverage is not None, sole=job.sole)

    def begin(self, number: int, message: protocol.Begin, siblings: int) -> list[int]:
        """Tell a worker to start its tests, and to fork siblings first; returns the siblings' numbers."""
        worker = self._workers.get(number)
        if worker is None or not self.fork or siblings < 1:
            self.send(number, message)
            return []
        pairs = [socket.socketpair() for _ in range(min(siblings, MOST_SIBLINGS))]
        try:
            fds = [theirs.fileno() for _, theirs in pairs]
            socket.send_fds(worker.channel, [wire.encode(message)], fds)
        except OSError:
            for ours, theirs in pairs:
                ours.close()
                theirs.close()
            return []
        numbers = []
        for ours, theirs in pairs:
            theirs.close()
            self._count += 1
            sibling = Worker(self._count, ours, sibling=True)
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
                worker.channel.sendall(wire.encode(message))

    def place_of(self, number: int) -> str:
        return ""

    def waker(self) -> Callable[[], None]:
        """What another thread calls to end a :meth:`wait`; takes no word of it."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        self._selector.register(ours, selectors.EVENT_READ, ours)
        self._wakers += [ours, theirs]

        def wake() -> None:
            with contextlib.suppress(OSError):  # full: it wakes up anyway; or closed
                theirs.send(b"\0")

        return wake

    def wait(self, timeout: float | None) -> list[Event]:
        """What happened since the last call; waits at most ``timeout`` seconds (``None``: for ever)."""
        if self._ready:
            timeout = 0
        with interrupts.audible():
            keys = self._selector.select(self._poll_interval(timeout))
        for key, _ in keys:
            if isinstance(key.data, Server):
                self._hear_server(key.data)
            elif isinstance(key.data, Worker):
                self._hear_worker(key.data)
            else:
                key.data.recv(4096)
        for worker in list(self._workers.values()):
            if worker.process is not None and worker.code is None:
                worker.code = worker.process.poll()
            if worker.code is not None:
                self._bury(worker, worker.code)
        events, self._ready = self._ready, []
        return events

    def changes(self) -> tuple[()]:
        """This machine neither comes nor goes."""
        return ()

    def _poll_interval(self, timeout: float | None) -> float | None:
        # Without a fork server nobody tells of a death whose channel some grandchild still holds open.
        if any(worker.process is not None for worker in self._workers.values()):
            return 0.1 if timeout is None else min(timeout, 0.1)
        return timeout

    def _hear_worker(self, worker: Worker) -> None:
        if not (data := _received(worker.channel)):
            self._close_ears(worker)
            if worker.process is not None and worker.code is None:
                worker.code = processes.exit_code_of(worker.process)
            elif worker.sibling and worker.code is None:
                worker.code = 1  # never forked, or its guard is dead as well
                self.kill(worker.number)
            return
        self._take_in(worker, data)

    def _take_in(self, worker: Worker, data: bytes) -> None:
        try:
            self._ready += [Said(worker.number, message) for message in worker.heard(data)]
        except protocol.ProtocolError as error:
            self._ready += [Said(worker.number, message) for message in error.before]
            self.reject(worker.number, str(error))

    def _close_ears(self, worker: Worker) -> None:
        if worker.open:
            worker.open = False
            self._selector.unregister(worker.channel)

    def reject(self, number: int, error: str) -> None:
        """End a worker whose words make no sense; nothing more of it is delivered but its end."""
        worker = self._workers.get(number)
        if worker is None or worker.reason is not None:
            return
        worker.reason = f"spoke nonsense, or a test wrote to its connection: {error}"
        self._close_ears(worker)
        with contextlib.suppress(OSError):
            worker.channel.shutdown(socket.SHUT_RDWR)  # ends it also where its process is not known yet
        self.kill(number)
        if worker.sibling and worker.code is None:
            worker.code = 1

    def _hear_server(self, server: Server) -> None:
        # that one has spoken may be heard already, with how another ended that it has forked
        if (data := server.received()) is None:
            return
        if not data:
            self._server_ended(server)
            return
        for message in server.heard(data):
            if isinstance(message, protocol.Forked):
                self._forked(message)
            elif message.number in self._workers:
                worker = self._workers[message.number]
                worker.code, worker.left_behind = message.code, message.left_behind
            elif message.number in self._grandchildren:
                self._grandchildren[message.number].returncode = message.code

    def _forked(self, message: protocol.Forked) -> None:
        if message.number in self._grandchildren:
            self._grandchildren[message.number].told(message.pid)
        worker = self._workers.get(message.number)
        if worker is not None:
            worker.pid = message.pid
            if worker.reason is not None:
                self.kill(worker.number)
            if not message.pid:
                worker.reason, worker.code = "the fork server could not fork: out of memory or processes", 1

    def _server_ended(self, server: Server) -> None:
        self._selector.unregister(server.control)
        server.control.close()
        if isinstance(server.process, Grandchild):
            self._hear_how_it_ended(server.process, self._servers.get(server.python))
        server.failure = server.why_it_ended()
        if self._servers.get(server.python) is server and server.ready is not None:
            del self._servers[server.python]  # it lived once: the next job gets a new one
        for worker in self._workers.values():
            if worker.server is server and worker.code is None:
                self.kill(worker.number)
                worker.code, worker.reason = 1, worker.reason or server.failure

    def _hear_how_it_ended(self, child: Grandchild, parent: Server | None) -> None:
        until = time.monotonic() + 1.0
        while child.returncode is None and parent is not None and parent.failure is None:
            if not select.select([parent.control], [], [], max(0.0, until - time.monotonic()))[0]:
                return
            self._hear_server(parent)

    def _bury(self, worker: Worker, code: int) -> None:
        """Deliver what is still in the channel, then the end."""
        if worker.open and worker.reason is None:
            worker.channel.setblocking(False)
            with contextlib.suppress(OSError):
                while data := worker.channel.recv(1 << 20):
                    self._take_in(worker, data)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(worker.channel)
        worker.channel.close()
        if worker.process is not None and code:
            processes.end_group(worker.pid)  # its guard did not live to do it
        if worker.process is not None:
            # a guard speaks before it exits itself
            self._dismissed = [process for process in self._dismissed if process.poll() is None]
            self._dismissed.append(worker.process)
        del self._workers[worker.number]
        if worker.code is not None:
            code = worker.code  # a guard may have told more than its own exit code just now
        self._ready.append(Ended(worker.number, code, worker.reason, worker.left_behind))

    # -- ending

    def retire_sharing(self, used: Iterable[Server]) -> None:
        """End the servers that import modules for nobody."""
        kept = list(used)
        for key in [key for key, server in self._sharing.items() if server not in kept]:
            self._dismiss(self._sharing.pop(key))

    def retire(self, python: str) -> None:
        """End the interpreter's fork servers that have no worker any more."""
        used = [worker.server for worker in self._workers.values()]
        for key, server in list(self._sharing.items()):
            if key[0] == python and server not in used:
                self._dismiss(self._sharing.pop(key))
        kept = any(key[0] == python for key in self._sharing)  # they end with the one that has forked them
        if not kept and (plain := self._servers.get(python)) is not None and plain not in used:
            self._dismiss(self._servers.pop(python))

    def _dismiss(self, server: Server) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(server.control)
        server.dismiss()
        if isinstance(server.process, Grandchild) and server.ready is None:
            server.process.kill()  # it imports, and hears nobody
            server.failure = server.failure or "nobody needs it any more"
        self._dismissed.append(server.process)

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
        until = time.monotonic() + patience
        for server in (*self._sharing.values(), *self._servers.values()):
            self._dismiss(server)
        spawned = [worker.process for worker in self._workers.values() if worker.process]
        for process in [*self._dismissed, *spawned]:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._workers.clear()
        self._servers.clear()
        self._sharing.clear()
        self._dismissed.clear()
        for waker in self._wakers:
            waker.close()
        self._wakers.clear()
        self._selector.close()
        self._launcher.close()

    def versions(self, python: str) -> Mapping[str, str]:
        """Python and pytest versions of a fork server that is ready; empty where unknown."""
        server = self._servers.get(python)
        if server is None or server.ready is None:
            return {}
        return {"python": server.ready.python, "pytest": server.ready.pytest}


def _received(channel: socket.socket) -> bytes:
    """What has come; empty where the other end is closed, or was closed with words of ours unread."""
    try:
        return channel.recv(1 << 20)
    except OSError:
        return b""
