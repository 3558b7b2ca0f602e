"""A server that traces, forked from a process that has imported pytest under the tracer: for tests alone.

``--cached`` starts an interpreter that notes what is imported: two thirds of the time that a small run takes
that records something. Behind :mod:`.warm` such a server is forked from one that got as far once, and goes on
from there as if it had been started so. What depends on how an interpreter starts has one of its own, and so
have all whose variables were read by then and are others.

This file is run as it stands, in no module: in the process that forks, under the name of the worker's own
code, and in the controllers of runs, which ask it. So it imports what is imported in both.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
from typing import Any

AT_START = ("PYTHON", "PYTEST_", "COV", "LD_", "DYLD_", "LANG", "LC_", "TZ", "TMPDIR", "PATH")
"""How variables begin that an interpreter, a library in C or pytest reads while it starts."""
OF_TESTS, USUAL = ("PYTEST_", "COV"), {"COLUMNS": "120", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""What the process that runs the tests may have, and runs have not; what runs have, see ``space.py``."""
FOR_A_RUN = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
"""Signals that a run may handle, and so a program that it starts has as they are usually, or ignores."""
SAID_AT_EACH = ("PYTEST_CURRENT_TEST", "PYTEST_VERSION", "PYTEST_XDIST_WORKER")

# -- in the process that forks runs


def code_of(bootstrap: str, file: str, listening: int, folder: str) -> str:
    """What the process that forks servers is to run; ``bootstrap`` is what a server runs."""
    before = bootstrap.rpartition("forkserver.main(")[0]
    name = "pytest_monorepo_worker.traced"  # what the worker's own code asks for is nobody's input
    return (
        f"{before}with open({file!r}, encoding='utf-8') as s: s = compile(s.read(), {file!r}, 'exec')\n"
        f"m = {{'__name__': {name!r}}}\n"
        f"exec(s, m)\n"
        f"m['serve']({listening}, {folder!r}, tracer, forkserver)\n"
    )


class Ahead:
    """Starts the process that forks servers once the first run is asked for that may need one."""

    def __init__(self, processes: Any, file: str, folder: str) -> None:
        self.address = f"\0{folder}"  # abstract: no file
        self._processes, self._file, self._folder = processes, file, folder
        self._pid = self._alive = 0
        processes.start_interpreter = starting(processes.start_interpreter, self.address)

    def before(self, args: list[str]) -> None:
        if self._pid or not any(word.startswith("--cached") for word in args):
            return
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(self.address)
        listener.listen()
        alive, self._alive = os.pipe()
        folders = {"init": "/__init__.py", "folder": "", "inputs": ""}
        for name, module in (("init", "worker"), ("folder", "worker"), ("inputs", "inputs")):
            package = getattr(self._processes, f"{module}_package")
            folders[name] = os.path.dirname(package.__file__) + folders[name]
        bootstrap = self._processes._BOOTSTRAP.format(
            **folders, fd=-1, mode="fork", group=0, tmp="", unwanted=[], errors=-1
        )
        code = code_of(bootstrap, self._file, listener.fileno(), self._folder)
        self._pid = os.fork()
        if not self._pid:
            os.dup2(alive, 0)
            os.set_inheritable(listener.fileno(), True)
            os.chdir(self._folder)
            environ = {name: value for name, value in os.environ.items() if not name.startswith(OF_TESTS)}
            flags = self._processes.own_flags(sys.executable)
            os.execve(sys.executable, [sys.executable, *flags, "-c", code], {**environ, **USUAL})
        os.close(alive)
        listener.close()

    def let_go(self) -> None:
        """In a fork of this process, or at its end."""
        if self._pid:
            os.close(self._alive)

    def end(self) -> None:
        self.let_go()
        if self._pid:
            os.waitpid(self._pid, 0)


# -- in the controller of a run


def _suits(environ: dict[str, str], there: dict[str, str], read: Any) -> bool:
    """Whether a process with the variables ``there``, some of them ``read``, may go on with others."""
    odd = {name for name in {*environ, *there} if environ.get(name) != there.get(name)}
    return not any(name in read or name.startswith(AT_START) for name in odd.difference(SAID_AT_EACH))


class Forked:
    """What the pool needs of a process, as :class:`subprocess.Popen` has it."""

    def __init__(self, said: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._said = said

    def poll(self) -> int | None:
        """The exit code, or minus the signal; ``None`` while it lives."""
        return self._heard(0)

    def _heard(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._said], [], [], seconds)[0]:
            self.returncode = int(self._said.recv(64) or 1)
            self._said.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises :class:`subprocess.TimeoutExpired` where it lives on after ``timeout`` seconds."""
        if (code := self._heard(timeout)) is None:
            raise sys.modules["subprocess"].TimeoutExpired("traced server", timeout)
        return code

    def kill(self) -> None:
        """At once."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


def starting(usual: Any, address: str) -> Any:
    """In place of :func:`pytest_monorepo.run.workers.processes.start_interpreter`, the ``usual`` one."""

    def start(python: str, mode: str, channel: socket.socket, **given: Any) -> Any:
        odd = python != sys.executable or given.get("flags") or given.get("unwanted")
        if mode != "fork" or not given.get("traced") or odd:
            return usual(python, mode, channel, **given)
        ask = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with contextlib.ExitStack() as closing:
            closing.callback(ask.close)
            try:
                ask.connect(address)
            except OSError:  # it has not come to be
                return usual(python, mode, channel, **given)
            ignored = [number for number in FOR_A_RUN if signal.getsignal(number) is signal.SIG_IGN]
            where = {
                "cwd": os.getcwd(),
                "tmp": str(given["tmp"]),
                "group": os.getpgrp(),
                "session": os.getsid(0),
            }
            asked = json.dumps({**where, "environ": given["environ"], "ignored": ignored}).encode()
            stdin, stderr = given.get("stdin"), given.get("stderr")
            fds = [0 if stdin is None else stdin, 1, 2 if stderr is None else stderr, 2, channel.fileno()]
            socket.send_fds(ask, [asked], fds)
            pid = int(ask.recv(64) or 0)
            if not pid:
                return usual(python, mode, channel, **given)
            closing.pop_all()
        return Forked(ask, pid)

    return start


# -- in the process that forks


def serve(listening: int, folder: str, tracer: Any, forkserver: Any) -> None:
    """Get as far as a server does before it is known whose it is; then fork one for each who asks."""
    started = dict(os.environ)
    base_path = [one for one in sys.path if one]
    sys.argv[:] = ["pytest"]
    listener = socket.socket(fileno=listening)

    class Forking(forkserver.Server):  # type: ignore[misc]
        distributions: Any
        ready: Any

        def start_workers(self) -> None:
            tracer.pause()
            tracer.look = _looking(tracer)
            gc.collect()
            gc.freeze()
            if _forks(listener, lambda ask, fds: self.becomes(ask, fds), started, tracer):
                super().start_workers()
            else:
                self.orderly = True

        def becomes(self, ask: Any, fds: list[int]) -> None:
            """Go on as the server of the run that has asked, in a fork."""
            for fd in (self.wakeup, signal.set_wakeup_fd(-1)):
                os.close(fd)
            for end in (self.control, ours, listener):
                end.close()
            for number in FOR_A_RUN:
                usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
                signal.signal(number, signal.SIG_IGN if number in ask["ignored"] else usual)
            for own, fd in enumerate(fds[:3]):
                os.dup2(fd, own)
                os.close(fd)
            os.setpgid(0, 0)
            os.chdir(ask["cwd"])
            os.environ.clear()
            os.environ.update(ask["environ"])
            forkserver.Terminal.group, forkserver.Terminal.errors = ask["group"], fds[3]
            kept, ready = self.distributions, self.ready
            control = socket.socket(fileno=fds[4])
            super().__init__(control, base_path, [], ask["tmp"], tracer)
            self.distributions = kept
            self.ready = forkserver.protocol.Ready(os.getpid(), ready.python, ready.pytest)
            forkserver.guard.adopt_orphans()
            tracer.listen()

    ours, theirs = socket.socketpair()
    server = Forking(theirs, base_path, [], folder, tracer)
    try:
        server.serve()
    finally:
        server.end_all()
        if not server.orderly and server.tmp != folder:
            forkserver.shutil.rmtree(server.tmp, ignore_errors=True)


def _looking(tracer: Any) -> Any:
    """In place of :meth:`Tracer.look`: most is done here and now; what is otherwise by then, is then."""
    tracer.look()
    known, tracer._state = tracer._state, None

    def look() -> bool:
        if known is None or tracer._state is not None:
            return False
        tracer._state = known
        known.look()
        return True

    return look


def _forks(listener: socket.socket, becomes: Any, started: dict[str, str], tracer: Any) -> bool:
    """Until standard input is closed by the end of who has started this; true in each fork."""
    while True:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        readable = select.select([0, listener.fileno()], [], [])[0]
        if 0 in readable:
            return False
        asking = listener.accept()[0]
        with asking:
            data, fds, _, _ = socket.recv_fds(asking, 1 << 20, 5)
            ask = json.loads(data or b"{}")
            read = tracer._recorder.base
            # what lends a terminal joins the group of who started it, which is of another session there
            here = ask and ask["session"] == os.getsid(0)
            fits = here and not read.whole_environment and _suits(ask["environ"], started, read.variables)
            if fits and not os.fork():
                # who waits for the server is no parent of it, and hears of its end from here
                pid = os.fork()
                if not pid:
                    asking.close()
                    becomes(ask, fds)
                    return True
                _watch(asking, pid, [*fds, listener.fileno()])
            for fd in fds:
                os.close(fd)


def _watch(asking: socket.socket, pid: int, fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)
    with contextlib.suppress(OSError):  # nobody waits any more
        asking.send(b"%d" % pid)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        asking.send(b"%d" % code)
    os._exit(0)
