"""A process that only watches another one: sees it end, tells how, ends it when the controller is gone.

It stands between the controller and a worker that no fork server watches: a forked sibling, or one that was
started afresh. It imports no pytest and runs no code of the project.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import sys
import time
from typing import Any, Collection, Dict, List

from .. import protocol, wire

_GRACE = 0.1
"""Seconds for helpers that end by themselves once their worker is gone, like multiprocessing's tracker."""


def watch_over_fork(fd: int, tmp: str = "") -> None:
    """Fork; return in the child, in a process group of its own. The calling process becomes its guard.

    ``fd`` is the worker's end of its channel. ``tmp`` is the run's folder of temporary files, to remove where
    the controller was killed.
    """
    controller = os.getppid()
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        return
    _drop_mark()
    adopt_orphans()
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.setpgid(0, 0)
        channel = socket.socket(fileno=fd)
        status = _wait(child, channel)
        left = [*end_group(child), *end_adopted()]
        channel.sendall(wire.encode(protocol.Exited(0, exit_code(status), left)))
    except OSError:
        end_adopted()
        if tmp and _is_orphan(controller):
            shutil.rmtree(tmp, ignore_errors=True)
    finally:
        os._exit(0)


def _is_orphan(parent: int) -> bool:
    time.sleep(0.2)  # a process that is killed closes its files a moment before it is gone
    return os.getppid() != parent


def _wait(child: int, channel: socket.socket) -> int:
    watch = select.poll()
    watch.register(channel, 0)  # hang-ups only: the words are for the child
    while True:
        if watch.poll(100):
            kill(child)
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status


def kill(pid: int) -> None:
    """End a worker and its process group; with the terminal it is in another's and has none of its own."""
    _kill(pid)
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)


def exit_code(status: int) -> int:
    """Of :func:`os.waitpid`'s status: the exit code, or minus the signal."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def end_group(group: int) -> List[List[Any]]:
    """Kill what is left of the process group of a worker that has ended; (process id, command) of each."""
    left: List[List[Any]] = []
    if _kill(group, 0):
        until = time.monotonic() + _GRACE
        left = _members(group)
        while left and time.monotonic() < until:
            time.sleep(0.01)
            left = _members(group)
        _kill(group)
    return left


MARK = "PYTEST_MONOREPO_WORKER"
"""In the environment of a worker and of what it starts, and among its mapped files: whose they are."""

_SET_CHILD_SUBREAPER = 36  # prctl(2)


def adopt_orphans() -> None:
    """Have what descendants leave running become children of this process, whatever session it is in.

    Linux only: elsewhere a process that leaves the worker's process group is not found again.
    """
    if sys.platform != "linux":
        return
    before = set(sys.modules)
    try:
        import ctypes

        libc = ctypes.CDLL(None)
        libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        libc.mmap.restype = ctypes.c_void_p
        libc.munmap.argtypes = ctypes.c_void_p, ctypes.c_size_t
        _LIBC.append(libc)
    except (ImportError, OSError, AttributeError):
        pass
    for name in set(sys.modules) - before:
        del sys.modules[name]  # what is forked from here is to import it itself where it wants to


_LIBC: List[Any] = []
_MAPPED: List[int] = []
_PROT_READ = _MAP_SHARED = 1  # mmap(2)


def carry(mark: str) -> None:
    """Mark this process and what it starts or forks, for :func:`end_adopted` in another."""
    os.environ[MARK] = mark
    # The system shows the environment that a process was started with: a fork of ours has the server's. It
    # does show the names of mapped files, and a daemon that closes all its files keeps those.
    if _LIBC and hasattr(os, "memfd_create"):
        with contextlib.suppress(OSError):
            fd = os.memfd_create(_marked(mark))
            _MAPPED.append(_LIBC[0].mmap(None, 1, _PROT_READ, _MAP_SHARED, fd, 0))
            os.close(fd)


def _drop_mark() -> None:
    while _MAPPED:
        _LIBC[0].munmap(_MAPPED.pop(), 1)


def _marked(mark: str) -> str:
    return f"{MARK}={mark}"


def end_adopted(keep: Collection[int] = (), mark: str = "") -> List[List[Any]]:
    """Kill adopted processes, each with its group; (process id, command) of each.

    ``keep`` are children of another kind; with ``mark`` only those that :func:`carry` it.
    """
    left: Dict[int, str] = {}
    until = time.monotonic() + _GRACE
    found = _adopted(keep, mark)
    while found and time.monotonic() < until + 1:
        if time.monotonic() > until:
            for pid in found:
                left[pid] = command(pid)
                group = _group_of(pid)
                if group not in (0, os.getpgrp()):
                    _kill(group)
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
        found = _adopted(keep, mark)
    return [[pid, words] for pid, words in left.items()]


def _adopted(keep: Collection[int], mark: str) -> List[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as stream:
            pids = set(map(int, stream.read().split()))
    except OSError:
        return []
    return [pid for pid in pids - set(keep) if _group_of(pid) and (not mark or _has(pid, mark))]


def _has(pid: int, mark: str) -> bool:
    marked = _marked(mark).encode()
    try:
        with open(f"/proc/{pid}/environ", "rb") as stream:
            if marked in stream.read().split(b"\0"):
                return True
        with open(f"/proc/{pid}/maps", "rb") as stream:
            return b"/memfd:%s " % marked in stream.read()
    except OSError:
        return False


def _kill(group: int, number: int = signal.SIGKILL) -> bool:
    """Whether there was anybody to send the signal to."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _members(group: int) -> List[List[Any]]:
    """The living processes of a group, where the system has ``/proc``; elsewhere a single nameless one."""
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return [[group, "unknown"]] if _kill(group, 0) else []
    return [[pid, command(pid)] for pid in pids if _group_of(pid) == group]


def _group_of(pid: int) -> int:
    """0 for a process that is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            # the name before the parenthesis may hold anything
            state, _, group = stream.read().rpartition(b")")[2].split()[:3]
    except (OSError, ValueError):
        return 0
    return 0 if state in b"ZX" else int(group)


def command(pid: int) -> str:
    """A process' command line, shortened; its name where it has none."""
    for name in ("cmdline", "comm"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as stream:
                words = b" ".join(stream.read().replace(b"\0", b" ").split())
        except OSError:
            break
        if words:
            return words[:200].decode("utf-8", "replace")
    return "unknown"
