"""A process that has imported pytest and its plugins once and forks a worker per project.

It stays single-threaded: a fork copies only the calling thread, and a lock some other thread held would
stay locked for ever. It speaks :mod:`protocol` over a Unix socket on which each worker's channel
arrives as a file descriptor. When the controller's end closes, for whatever reason, it ends every worker.
"""

from __future__ import annotations

import array
import atexit
import faulthandler
import gc
import os
import platform
import re
import select
import shlex
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from typing import Any, Dict, List, Optional, Sequence, Tuple

from . import guard, protocol
from .terminal import Terminal

OLDEST_PYTEST = (6, 2)


def complaint() -> Optional[str]:
    """Why no test can be run with this interpreter, and what mends it; ``None`` where all is well."""
    try:
        import pytest
    except ImportError as error:
        if error.name == "pytest":
            return f"pytest is not installed there; to mend it: {_install('')}"
        return f"its pytest cannot be imported ({error}); to mend it: {_install('--force-reinstall ')}"
    except Exception as error:
        return f"its pytest cannot be imported ({error!r}); to mend it: {_install('--force-reinstall ')}"
    version = str(getattr(pytest, "__version__", "0"))
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < OLDEST_PYTEST:
        return f"its pytest is {version}, and the oldest that works is 6.2; to mend it: {_install('')}"
    return None


def _install(option: str) -> str:
    from importlib.util import find_spec

    python = shlex.quote(sys.executable)
    # environments that uv makes have no pip
    command = f"{python} -m pip install" if find_spec("pip") else f"uv pip install --python {python}"
    return f'{command} {option}"pytest>=6.2"'


class _WarmedUp(BaseException):
    """Leaves ``pytest.main`` once all plugins are imported and before any of them is configured."""


def warm_up(unwanted: Sequence[str] = ()) -> Tuple[str, List[Any]]:
    """Import pytest and every installed plugin, as pytest itself would, assertion rewriting included.

    A real pytest start in an empty folder, stopped when it would load conftests: no plugin's
    configuration runs, so nothing of one project can stay behind for the others. Returns pytest's version
    and the installed distributions, so that workers need not search for their entry points again.
    ``unwanted`` are plugins to leave out, as ``no:NAME``; ``no:*`` all that are installed.
    """
    import pytest

    from . import session  # noqa: F401

    def stop() -> None:
        raise _WarmedUp

    class Stop:
        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_load_initial_conftests(self) -> Any:
            stop()
            yield

    words = [word for name in (*unwanted, "no:monorepo") for word in ("-p", name) if name != "no:*"]
    autoload = os.environ.get(_NO_AUTOLOAD)
    if "no:*" in unwanted:
        os.environ[_NO_AUTOLOAD] = "1"  # pytest before 8.4 has no option for it
    path = list(sys.path)
    before = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="pytest-monorepo-") as empty:
        ini = os.path.join(empty, "pytest.ini")
        with open(ini, "w") as stream:
            stream.write("[pytest]\n")
        os.chdir(empty)
        # What plugins print or warn of while they are imported, the controller's own start has shown already.
        Terminal.redirect(os.devnull, os.devnull)
        try:
            pytest.main(["-c", ini, *words], plugins=[Stop()])
        except _WarmedUp:
            pass
        finally:
            if autoload is None:
                os.environ.pop(_NO_AUTOLOAD, None)
            Terminal.restore()
            os.chdir(before)
            sys.path[:] = path
    return pytest.__version__, list(_distributions())


_NO_AUTOLOAD = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"


def _distributions() -> Any:
    from importlib.metadata import distributions

    return distributions()


def reuse_distributions(known: List[Any], base_path: List[str]) -> None:
    """Answer pytest's and pluggy's search for plugins from memory; restored before the first test.

    Only folders that the fork server did not search (a project's own ``*.egg-info``, say) are looked at.
    """
    import importlib.metadata as metadata

    original = metadata.distributions
    searched = set(base_path)

    def distributions(**kwargs: Any) -> Any:
        if kwargs:
            return original(**kwargs)
        new = [folder for folder in sys.path if folder not in searched]
        found = list(metadata.Distribution.discover(path=new)) if new else []
        return iter([*found, *known])

    metadata.distributions = distributions

    class Restore:
        def pytest_configure(self) -> None:
            metadata.distributions = original

    _EXTRA_PLUGINS.append(Restore())


_EXTRA_PLUGINS: List[Any] = []


class Server:
    def __init__(self, control: socket.socket, base_path: List[str], unwanted: Sequence[str]) -> None:
        self.control = control
        self.unwanted = unwanted
        self.base_path = base_path
        self.lines = protocol.Lines()
        self.fds: List[int] = []
        self.workers: Dict[int, int] = {}
        self.orderly = False
        self.distributions: List[Any] = []
        self.wakeup, wakeup_write = os.pipe()
        os.set_blocking(wakeup_write, False)
        os.set_blocking(self.wakeup, False)
        signal.set_wakeup_fd(wakeup_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # as it was when the controller started: a shell lets what runs in the background ignore it
        self.sigint = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def serve(self) -> None:
        """Until the controller's end closes; only a worker ever returns, through ``SystemExit``."""
        reason = complaint()
        if reason is None:
            try:
                version, self.distributions = warm_up(self.unwanted)
            except Exception:
                reason = traceback.format_exc(limit=-1).strip().splitlines()[-1]
        if reason is not None:
            self.say(protocol.CannotStart(reason))
            self.orderly = True
            return
        gc.collect()
        gc.freeze()
        self.say(protocol.Ready(os.getpid(), platform.python_version(), version))
        while True:
            control = self.control.fileno()
            readable = select.select([control, self.wakeup], [], [])[0]
            if self.wakeup in readable:
                os.read(self.wakeup, 4096)
                self.reap()
            if control in readable and not self.receive():
                return

    def say(self, message: object) -> None:
        try:
            self.control.sendall(protocol.encode(message))
        except OSError:
            pass  # the controller is gone; the next read says so

    def receive(self) -> bool:
        """Read requests and fork; false when the controller has closed its end."""
        fds = array.array("i")
        data, ancillary, _, _ = self.control.recvmsg(1 << 20, socket.CMSG_LEN(16 * fds.itemsize))
        self.fds += protocol.file_descriptors(ancillary)
        if not data:
            return False
        for message in self.lines.feed(data):
            if isinstance(message, protocol.Dismissed):
                self.orderly = True
                return False
            if isinstance(message, protocol.Fork):
                if message.measure:
                    from . import measure

                    measure.preload()
                self.fork(message.number, self.fds.pop(0))
        return True

    def fork(self, number: int, fd: int) -> None:
        pid = self.forked()
        if pid is None:
            os.close(fd)
            self.say(protocol.Forked(number, 0))
            return
        if pid == 0:
            self.become_worker(fd)
        os.close(fd)
        self.workers[pid] = number
        self.say(protocol.Forked(number, pid))

    def forked(self) -> Optional[int]:
        """As :func:`os.fork`; ``None`` where the system has no room for another process, now and soon."""
        for pause in (0.05, 0.2, 0.5, None):
            try:
                return os.fork()
            except OSError as error:
                sys.stderr.write(f"fork failed: {error}\n")
                if pause is not None:
                    time.sleep(pause)
                    self.reap()
        return None

    def become_worker(self, fd: int) -> None:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, self.sigint)
            self.control.close()
            os.close(self.wakeup)
            sock = socket.socket(fileno=fd)
            code = work(sock, self.base_path, self.distributions)
        except BaseException:
            traceback.print_exc()
        finally:
            leave(code)

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
                left = guard.end_group(pid)
                self.say(protocol.Exited(number, guard.exit_code(status), left))

    def end_all(self) -> None:
        for pid in self.workers:
            guard.kill(pid)


def work(sock: socket.socket, base_path: List[str], distributions: Optional[List[Any]]) -> int:
    """Receive the job, run it and return pytest's exit code. The same for forked and fresh workers."""
    lines = protocol.Lines()
    messages: List[Any] = []
    while not messages:
        data = sock.recv(1 << 20)
        if not data:
            return 1
        messages = lines.feed(data)
    job, *already = messages
    if job.terminal:
        Terminal.join_foreground()
    else:
        if hasattr(os, "setpgid"):
            os.setpgid(0, 0)  # one process group a worker, so that what its tests leave behind can be ended
        Terminal.redirect(job.out, job.err)
        _answer_with_stacks(job.err)
    from . import channel, environment, session, splitting

    environment.prepare(job, base_path)
    if distributions is not None:
        reuse_distributions(distributions, base_path)
    code = session.run(job, channel.Channel(sock, lines, already), _EXTRA_PLUGINS)
    splitting.wait_for_siblings()
    return code


STACKS: Optional[int] = getattr(signal, "SIGRTMAX", getattr(signal, "SIGUSR2", None))
"""The signal that makes a worker write its stacks; one that tests hardly use for themselves."""

_STREAMS: List[Any] = []


def _answer_with_stacks(log: str) -> None:
    if STACKS is not None and hasattr(faulthandler, "register"):
        stream = open(log, "ab")
        _STREAMS.append(stream)  # faulthandler keeps the descriptor only
        faulthandler.register(STACKS, file=stream, all_threads=True)


def leave(code: int) -> None:
    """End a forked worker as Python ends a process, without running the server's frames."""
    try:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code & 0xFF)


def main(fd: int, mode: str, group: int, tmp: str, unwanted: Sequence[str] = ()) -> None:
    """The process' entry point.

    ``fd`` is the socket to the controller, or -1 where it comes shared through standard input (Windows);
    ``mode`` is ``fork`` for a server or ``spawn`` for one fresh worker; ``group`` see :class:`Terminal`.
    ``tmp`` is the run's folder of temporary files, to remove where the controller was killed;
    ``unwanted`` see :func:`warm_up`.
    """
    base_path = [folder for folder in sys.path if folder]
    sys.argv[:] = ["pytest"]
    Terminal.group = group
    sock = socket.socket(fileno=fd) if fd >= 0 else _shared_socket()
    if mode == "spawn":
        if hasattr(os, "fork"):
            guard.watch_over_fork(sock.fileno(), tmp)
        reason = complaint()
        if reason:
            sock.sendall(protocol.encode(protocol.CannotStart(reason)))
            sys.exit(1)
        sys.exit(work(sock, base_path, None))
    server = Server(sock, base_path, unwanted)
    os.setpgid(0, 0)
    try:
        server.serve()
    finally:
        server.end_all()
        if not server.orderly:
            shutil.rmtree(tmp, ignore_errors=True)


def _shared_socket() -> socket.socket:
    return socket.fromshare(sys.stdin.buffer.read())  # type: ignore[attr-defined,no-any-return,unused-ignore]
