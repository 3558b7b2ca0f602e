"""A project's tests run by several workers: collected once, then forked siblings share one queue.

A sibling is forked before the first test and then waits; it costs next to nothing until the controller
gives it a slot. Between it and the fork stands a :mod:`.process.guard`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import platform
import signal
import socket
import sys
import weakref
from collections import deque
from typing import Any, Callable, Deque, Dict, Iterable, Iterator, List, Mapping, Optional

import pytest

from . import protocol
from .orders import Orders
from .process import guard
from .process.channel import Channel
from .process.forking import may_fork
from .process.terminal import flush_standard_streams

_NOTHING: Mapping[str, int] = {}


def groups_of(
    items: List[pytest.Item],
    mode: str,
    together: Mapping[str, int] = _NOTHING,
    in_steps: Callable[[pytest.Item], bool] = lambda item: False,
) -> List[int]:
    """For each item the number of the group that must run in one worker, as pytest-xdist groups them.

    ``file`` is ``--dist loadfile``, ``scope`` is ``loadscope``, ``test`` is ``load``; a
    ``xdist_group`` mark holds items together in any of them, as ``loadgroup`` does. ``together`` numbers
    files, by the first part of their node ids, that hold only together. Those ``in_steps`` are one test,
    whatever their parameters.
    """
    numbers: Dict[str, int] = {}
    groups = []
    for item in items:
        unit = together.get(item.nodeid.partition("::")[0])
        name = _group(item, mode, in_steps) if unit is None else f"together {unit}"
        groups.append(numbers.setdefault(name, len(numbers)))
    return groups


def _group(item: pytest.Item, mode: str, in_steps: Callable[[pytest.Item], bool]) -> str:
    # xdist 3.8 joins the names of several marks of one test; the nearest alone puts as much together, or more
    mark = item.get_closest_marker("xdist_group")
    if mark is not None:
        name = mark.args[0] if mark.args else mark.kwargs.get("name", "default")
        return f"group {name}"
    if mode == "test":
        return "test " + (item.nodeid.partition("[")[0] if in_steps(item) else item.nodeid)
    # a parameter may hold "::" of its own
    nodeid = item.nodeid.partition("[")[0]
    return nodeid.rpartition("::")[0] if mode == "scope" else nodeid.partition("::")[0]


def begin(config: pytest.Config, channel: Channel, orders: Orders, *, alone: bool = False) -> str:
    """Wait for the word, fork the siblings, and in each of them wait again for its own.

    Returns the worker's name, as pytest-xdist would call it. ``alone``: nobody else is to be forked.
    """
    word = orders.wait_for(protocol.Begin)
    fds, channel.fds = channel.fds, []
    if fds and (alone or not may_fork()):
        _close(fds)
        channel.send(protocol.CannotFork())
    elif fds:
        flush_standard_streams()
        with _unheard():
            sock = fork_siblings(fds, channel.close)
        if sock is not None:
            channel.replaced_by(sock)
            channel.send(protocol.Hello(os.getpid(), platform.python_version(), pytest.__version__))
            channel.flush()
            word = orders.wait_for(protocol.Begin)
            become_sibling(config, word.worker)
    return str(word.worker)


def run_queue(session: pytest.Session, orders: Orders) -> bool:
    """pytest's own test loop, with the items that the controller hands out."""
    pending: Deque[int] = deque()
    more = True
    while True:
        while more and len(pending) < 2:
            # the last test needs its successor: fixtures that both use are not torn down between them
            chunk = orders.next_chunk()
            more = bool(chunk)
            pending.extend(chunk)
            _stop_if_told(session)
        if not pending:
            return True
        item = session.items[pending.popleft()]
        following = session.items[pending[0]] if pending else None
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        _stop_if_told(session)


def _stop_if_told(session: pytest.Session) -> None:
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """The project's handler of ended children, which may reap any of them or all, hears of none of ours."""
    theirs = signal.getsignal(signal.SIGCHLD)
    if theirs is None:  # not set by Python, which could not set it again
        yield
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a guard stays with it
    try:
        yield
    finally:
        signal.signal(signal.SIGCHLD, theirs)


def fork_siblings(fds: List[int], close_own: Callable[[], None]) -> Optional[socket.socket]:
    """Fork a sibling for each channel; in a sibling the return value is its channel, here ``None``.

    ``close_own`` closes the channel of the process that forks, in those that are not it. Where a fork is
    refused there are fewer siblings: the channel closes, and the tests are for those that are there.
    """
    reading, writing = os.pipe()
    for index, fd in enumerate(fds):
        pid = _forked()
        if pid is None:
            _close(fds[index:])
            break
        if pid:
            os.waitpid(pid, 0)
            os.close(fd)
            continue
        try:
            os.setpgid(0, 0)  # before the worker runs a test that may end with its group killed
            close_own()
            _close([*fds[index + 1 :], reading])
            if os.fork():
                os._exit(0)  # so that no test ever sees the guard as a child of its process
            guard.watch_over_fork(fd)
            return socket.socket(fileno=fd)  # and "writing" stays open as long as it lives
        except BaseException:
            os._exit(1)  # nothing of the session must be ended twice
    os.close(writing)
    _siblings_live.append(reading)
    return None


def _forked() -> Optional[int]:
    """As :func:`os.fork`; ``None`` where the system, or an audit hook of the project's, refuses it."""
    try:
        return os.fork()
    except Exception as error:
        sys.stderr.write(f"no helper was forked: {error!r}\n")
        return None


def _close(fds: Iterable[int]) -> None:
    for fd in fds:
        os.close(fd)


_siblings_live: List[int] = []


def wait_for_siblings() -> None:
    """What the conftests made at their import is undone at exit, and the siblings use it as well."""
    while _siblings_live:
        fd = _siblings_live.pop()
        try:
            os.read(fd, 1)  # ends when all of them have
        except KeyboardInterrupt:
            return
        finally:
            os.close(fd)


def _forget_exit_functions() -> None:
    """Those registered before the fork are for the process that forked, to run when all have ended."""
    atexit._clear()  # undocumented, and the only way: each function would have to be known by itself
    registry: Any = getattr(weakref.finalize, "_registry", {})
    for finalizer in list(registry):
        finalizer.atexit = False
    for module, name in _STILL_AT_EXIT:
        function = getattr(sys.modules.get(module), name, None)
        if function is not None:
            atexit.register(function)
    atexit.register(getattr(weakref.finalize, "_exitfunc", lambda: None))


_STILL_AT_EXIT = (("logging", "shutdown"), ("multiprocessing.util", "_exit_function"))


def _forget_children() -> None:
    """multiprocessing ends those it knows at exit: daemons that the conftests started are the parent's."""
    children = getattr(sys.modules.get("multiprocessing.process"), "_children", None)
    if children:
        children.clear()


_INHERITED: List[Any] = []


def become_sibling(config: pytest.Config, worker: str) -> None:
    """After the fork: the parent's temporary files, folders and processes are the parent's."""
    _forget_exit_functions()
    _forget_children()
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        # Captured output goes to a file whose position parent and sibling share: ending the capture properly
        # would read and empty the parent's. It is suspended, so that 1 and 2 lead to the log already.
        # Private; tests/run/test_splitting.py fails when it moves.
        capture.suspend_global_capture(in_=True)  # or else a debugger would read from what forbids reading
        _INHERITED.append(capture._global_capturing)
        capture._global_capturing = None
        capture.start_global_capturing()
        capture.suspend_global_capture()
    factory = getattr(config, "_tmp_path_factory", None)  # private; tests/worker fails when it moves
    given = getattr(factory, "_given_basetemp", None)
    if factory is not None and given is not None:
        factory._given_basetemp = given.with_name(f"{given.name}-{worker}")
        factory._basetemp = None
