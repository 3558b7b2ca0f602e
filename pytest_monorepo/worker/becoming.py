"""A process becomes the worker of one project, forked or fresh, and ends as one."""

from __future__ import annotations

import atexit
import faulthandler
import os
import signal
import socket
import threading
import traceback
from typing import Any, List, Optional, Sequence

from . import wire
from .process import environment
from .process.terminal import Terminal, flush_standard_streams


def prepare(
    sock: socket.socket, base_path: List[str], plugins: Sequence[Any] = (), tracer: Any = None
) -> Any:
    """Receive the job and make the process ready for it: a :class:`session.Run`."""
    lines = wire.Lines()
    messages: List[Any] = []
    while not messages:
        data = sock.recv(1 << 20)
        if not data:
            os._exit(1)
        messages = lines.feed(data)
    job, *already = messages
    if job.terminal:
        Terminal.use()
    else:
        if hasattr(os, "setpgid"):
            os.setpgid(0, 0)  # one process group a worker, so that what its tests leave behind can be ended
        Terminal.redirect(job.out, job.err)
    if tracer is not None and job.referee:
        tracer.call_referee(job.own_folders, job.root, [sock.fileno()])
    _answer_with_stacks(job.err)
    from . import session
    from .process import channel

    uninstalled = environment.prepare(job, base_path)
    if tracer is not None:
        tracer.begin(job.own_folders, job.root, job.shown, sole=job.sole, whole=job.whole)
    return session.Run(job, channel.Channel(sock, lines, already), plugins, tracer, uninstalled)


def end(worker: Any, code: int) -> int:
    from . import splitting

    code = worker.ended(code)
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
    shutdown: Any = getattr(threading, "_shutdown", None)
    # threads first: executors stop theirs here, and atexit would wait for their processes for ever
    steps = [shutdown, atexit._run_exitfuncs, flush_standard_streams]
    try:
        for step in filter(None, steps):
            try:
                step()
            except BaseException:
                traceback.print_exc()
    finally:
        os._exit(code & 0xFF)
