"""A process that has started pytest once and forks a worker per project before options are parsed.

It stays single-threaded: a fork copies only the calling thread, and a lock some other thread held would
stay locked for ever. It speaks :mod:`protocol` over a Unix socket on which each worker's channel
arrives as a file descriptor. When the controller's end closes, for whatever reason, it ends every worker.
"""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import select
import shutil
import signal
import socket
import sys
import time
import traceback
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from . import becoming, protocol, warming, wire
from .process import environment, fixtures, forking, frozen, guard, interpreter, leaving
from .process.terminal import Terminal


class Server:
    """``unwanted`` see :func:`warming.warm_up`; ``None`` where pytest has been started here already.

    ``share`` are modules to import for all workers, behind the workspace's root.
    """

    def __init__(
        self,
        control: socket.socket,
        base_path: List[str],
        unwanted: Optional[Sequence[str]],
        tmp: str = "",
        tracer: Any = None,
        share: Sequence[str] = (),
    ) -> None:
        self.tmp = tmp
        self.share = share
        self.environ: Dict[str, str] = {}
        self.tracer = tracer
        self.pid = os.getpid()
        self.control = control
        self.unwanted = unwanted
        self.base_path = base_path
        self.lines = wire.Lines()
        self.fds: List[int] = []
        self.asked: List[Tuple[Any, int]] = []
        self.workers: Dict[int, int] = {}
        self.orderly = False
        self.distributions: Any = None
        self.worker: Any = None
        self.sharing: Optional[Server] = None
        self.wakeup, wakeup_write = os.pipe()
        os.set_blocking(wakeup_write, False)
        os.set_blocking(self.wakeup, False)
        signal.set_wakeup_fd(wakeup_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # as it was when the controller started: a shell lets what runs in the background ignore it
        self.sigint = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def serve(self) -> None:
        """Until the controller's end closes; only a worker ever returns, through ``SystemExit``."""
        if self.tracer is not None:
            self.tracer.listen()
        try:
            with frozen.uncollected():
                reason = interpreter.complaint()
                version = self.prepare() if reason is None else ""
        except leaving.Refused as refused:
            self.say(protocol.CannotShare(refused.module, refused.reason, refused.instead))
            self.orderly = True
            return
        except Exception:
            reason = traceback.format_exc(limit=-1).strip().splitlines()[-1]
        if reason is not None:
            self.say(protocol.CannotStart(reason))
            self.orderly = True
            return
        self.ready: Any = protocol.Ready(os.getpid(), platform.python_version(), version)
        self.start_workers()

    def prepare(self) -> str:
        """Do what no worker need do again; of a server that was forked from another most is done."""
        if self.distributions is not None:
            return self.warm_up()
        self.distributions = warming.Distributions(self.base_path)
        version = self.warm_up()
        fixtures.spare_searches(self.distributions.plugins)
        environment.installed(self.base_path)
        if self.tracer is not None and self.tracer.listens:
            from .plugins import collectors, turns  # noqa: F401  # which each worker needs

            collectors.is_patched(self.tracer.redefinitions)
        return version

    def warm_up(self) -> str:
        if self.unwanted is None:
            return warming.complete()
        return warming.warm_up(self.distributions, self.unwanted, self.import_shared, self.tmp)

    def import_shared(self) -> None:
        if self.share:
            from .preload import freed, importing

            freed.keep()
            root, *names = self.share
            self.say(protocol.Shared(*importing.import_all(names, root)))

    def start_workers(self) -> None:
        """Start pytest as far as that is the same for all projects, and fork the workers from there."""
        import pytest

        from . import session

        code = 1
        try:
            try:
                self.share_first()
                code = session.exit_code(lambda: pytest.main([], plugins=[_Waiting(self)]))
            except (_Afresh, _Shares) as way:
                way.left()
            if self.sharing is not None:
                code = self.sharing.serve_on()
            if self.worker is not None:
                if not self.worker.taken_over:
                    code = session.exit_code(self.worker.afresh)
                code = becoming.end(self.worker, code)
        except _Closed:
            pass
        except BaseException:
            if os.getpid() == self.pid:
                raise
            traceback.print_exc()
        finally:
            if os.getpid() != self.pid:
                becoming.leave(code)

    def share_first(self) -> None:
        """Who imports for others starts pytest itself: here that is not done until a worker is asked for."""
        while select.select([self.control], [], [], 0)[0]:
            self.hear()
        if any(isinstance(message, protocol.Share) for message, _ in self.asked):
            self.be_ready()
            while not any(isinstance(message, protocol.Fork) for message, _ in self.asked):
                self.obey(protocol.Share)
                self.hear()

    def listen(self) -> None:
        """Fork a worker whenever one is asked for; returns in each of them, with the job prepared."""
        if self.tracer is not None:
            self.tracer.keep_base(self.tmp)
        self.be_ready()
        while not self.obey(protocol.Fork, protocol.Share):
            self.hear()

    def be_ready(self) -> None:
        frozen.freeze(1 if self.unwanted is not None else 2)
        self.say(self.ready)

    def hear(self) -> None:
        """Wait for what is asked, and for the ends of workers."""
        readable = select.select([self.control.fileno(), self.wakeup], [], [])[0]
        if self.wakeup in readable:
            os.read(self.wakeup, 4096)
            self.reap()
        if self.control.fileno() in readable and not self.receive():
            raise _Closed

    def say(self, message: object) -> None:
        try:
            self.control.sendall(wire.encode(message))
        except OSError:
            pass  # the controller is gone; the next read says so

    def receive(self) -> bool:
        """Read what is asked for; false when the controller has closed its end."""
        try:
            data, fds = wire.received(self.control, 1 << 20, 16)
        except ConnectionResetError:  # closed with our words unread: the run had no need of a worker
            return False
        self.fds += fds
        if not data:
            return False
        for message in self.lines.feed(data):
            if isinstance(message, protocol.Dismissed):
                self.orderly = True
                return False
            if isinstance(message, protocol.Serve):
                self.tmp = message.tmp
                Terminal.errors = os.dup(2)
                log = os.open(message.log, os.O_WRONLY | os.O_APPEND)
                os.dup2(log, 2)
                os.close(log)
            if isinstance(message, (protocol.Fork, protocol.Share)):
                self.asked.append((message, self.fds.pop(0)))
        return True

    def obey(self, *kinds: type) -> bool:
        """Fork for what of these kinds is asked; true in a worker, where the rest is the server's."""
        wanted = [one for one in self.asked if isinstance(one[0], kinds)]
        while wanted and self.worker is None:
            message, fd = wanted.pop(0)
            self.asked.remove((message, fd))
            if isinstance(message, protocol.Share):
                self.fork(message.number, fd, functools.partial(self.become_server, message))
                continue
            if message.measure:
                from .coverage import measure

                measure.preload()
            if self.tracer is not None and not message.sole:
                self.look(self.tracer)
            self.fork(message.number, fd, self.become_worker)
        return self.worker is not None

    def look(self, tracer: Any) -> None:
        with frozen.uncollected():
            looked = tracer.look()
        if looked:
            frozen.freeze()

    def fork(self, number: int, fd: int, become: Callable[[int, int], None]) -> None:
        pid = forking.forked(self.reap)
        if pid == 0:
            self.let_go()
            become(number, fd)
            return
        os.close(fd)
        if pid is not None:
            self.workers[pid] = number
        self.say(protocol.Forked(number, pid or 0))

    def let_go(self) -> None:
        """In a fork, of what is the server's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, self.sigint)
        self.control.close()
        os.close(self.wakeup)
        for other in (*self.fds, *(fd for _, fd in self.asked)):
            os.close(other)

    def become_worker(self, number: int, fd: int) -> None:
        guard.carry(self.mark(number))
        plugins = [self.distributions.answer_searches()]
        self.worker = becoming.prepare(socket.socket(fileno=fd), self.base_path, plugins, self.tracer)
        if self.share:
            from .preload import harmless

            harmless.renew()

    def become_server(self, order: protocol.Share, number: int, fd: int) -> None:
        """What is imported must not find the pytest that has been started here."""
        os.setpgid(0, 0)
        log = os.open(order.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(log, 2)
        os.close(log)
        share = (order.root, *order.modules)
        self.sharing = Server(socket.socket(fileno=fd), self.base_path, order.unwanted, self.tmp, share=share)
        self.sharing.distributions, self.sharing.environ = self.distributions, order.environ
        raise _Shares

    def serve_on(self) -> int:
        """Serve in the process of another server's fork, as in one that was started for it."""
        os.environ.clear()
        os.environ.update(self.environ)
        sys.path[:] = self.base_path
        _serve(self)
        return 0

    def reap(self) -> None:
        while self.workers:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            number = self.workers.pop(pid, None)
            if number is not None:
                left = [*guard.end_group(pid), *guard.end_adopted(self.workers, self.mark(number))]
                self.say(protocol.Exited(number, guard.exit_code(status), left))

    def mark(self, number: int) -> str:
        """What tells a worker's descendants from others', and from those of a run in one of its tests."""
        return f"{self.pid}.{number}"

    def end_all(self) -> None:
        """Kill the workers; a server of ours is let end its own first, unless it imports and hears nobody."""
        for pid in [pid for pid, number in self.workers.items() if number > 0]:
            guard.kill(pid)
        until = time.monotonic() + _PATIENCE
        while min(self.workers.values(), default=0) < 0 and time.monotonic() < until:
            self.reap()
            time.sleep(0.002)
        for pid in self.workers:
            guard.kill(pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)  # what it leaves is ours from then on
        guard.end_adopted()


_PATIENCE = 2.0
"""Seconds in which a server ends whose connection is closed, at any load."""


class _Waiting:
    """The plugin with which pytest halts where it would parse its options, until a worker has some."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def pytest_cmdline_parse(self, pluginmanager: Any, args: List[str]) -> None:
        self.server.listen()
        pluginmanager.unregister(self)
        worker = self.server.worker
        if any(map(pluginmanager.has_plugin, _blocked(worker.job.args))):
            raise _Afresh
        worker.take_over(pluginmanager, args)


class _Closed(leaving.Leaving):
    """The controller's end of the socket is."""


class _Shares(leaving.Leaving):
    """This process is to be a server that imports modules for its workers."""


class _Afresh(leaving.Leaving):
    """The started pytest has loaded what a worker is to run without."""


def _blocked(words: Sequence[str]) -> List[str]:
    """The plugins that a command line blocks: ``-p no:NAME`` and ``-pno:NAME``."""
    joined = " ".join(words).replace("-p ", "-p")
    return [word[len("-pno:") :] for word in joined.split() if word.startswith("-pno:")]


def main(
    fd: int,
    mode: str,
    group: int,
    tmp: str,
    unwanted: Sequence[str] = (),
    tracer: Any = None,
    errors: int = -1,
) -> None:
    """The process' entry point.

    ``fd`` is the socket to the controller, or -1 where it comes shared through standard input (Windows);
    ``mode`` is ``fork`` for a server or ``spawn`` for one fresh worker; ``group`` and ``errors`` see
    :class:`Terminal`.
    ``tmp`` is the run's folder of temporary files, to remove where the controller was killed;
    ``unwanted`` see :func:`warming.warm_up`;
    ``tracer`` is a :class:`pytest_monorepo.inputs.start.Tracer`.
    """
    base_path = [folder for folder in sys.path if folder]
    sys.argv[:] = ["pytest"]
    Terminal.group, Terminal.errors = group, errors
    if errors >= 0:
        os.set_inheritable(errors, False)
    shared: Any = getattr(socket, "fromshare", None)  # Windows
    sock = socket.socket(fileno=fd) if fd >= 0 else shared(sys.stdin.buffer.read())
    sock.set_inheritable(False)
    if mode == "spawn":
        if hasattr(os, "fork"):
            guard.watch_over_fork(sock.fileno(), tmp)
        reason = interpreter.complaint()
        if reason:
            sock.sendall(wire.encode(protocol.CannotStart(reason)))
            sys.exit(1)
        from . import session

        if tracer is not None:
            tracer.listen()
        worker = becoming.prepare(sock, base_path, (), tracer)
        sys.exit(becoming.end(worker, session.exit_code(worker.afresh)))
    os.setpgid(0, 0)
    _serve(Server(sock, base_path, unwanted, tmp, tracer))


def go_on(fd: int, group: int, base_path: List[str]) -> None:
    """The entry of a process that was forked where pytest had loaded its plugins; it is in its own group.

    ``base_path`` is the ``sys.path`` that a fresh interpreter would have.
    """
    words = getattr(sys, "orig_argv", [])  # Python 3.10
    del words[len(words) - len(sys.argv) + 1 :]  # what the controller was told is for the controller
    sys.argv[:] = ["pytest"]
    Terminal.group = group
    _serve(Server(socket.socket(fileno=fd), [folder for folder in base_path if folder], None))
    becoming.leave(0)


def _serve(server: Server) -> None:
    guard.adopt_orphans()
    try:
        server.serve()
    finally:
        server.end_all()
        if server.tmp and not server.orderly:
            shutil.rmtree(server.tmp, ignore_errors=True)
