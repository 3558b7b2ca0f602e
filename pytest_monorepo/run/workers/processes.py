"""Where platforms differ: starting interpreters, handing sockets over, ending process groups."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest_monorepo.inputs as inputs_package
import pytest_monorepo.worker as worker_package

# The worker's code is loaded by path under a name of its own: its interpreter need not have us installed,
# and the controller's site-packages must not get on its sys.path.
_BOOTSTRAP = """\
import sys
if sys.version_info < (3, 8):
    import json, os
    reason = ("it is Python %d.%d, and the oldest that works is 3.8; to mend it, make its environment anew"
        " with a newer Python" % sys.version_info[:2])
    os.write({fd}, (json.dumps(["CannotStart", reason]) + "\\n").encode("ascii"))
    sys.exit(1)
import gc
often = gc.get_threshold()
gc.set_threshold(0)  # what is imported here stays
sys.path[:] = [p for p in sys.path if p]
import importlib.util as u
s = u.spec_from_file_location("pytest_monorepo_worker", {init!r}, submodule_search_locations=[{folder!r}])
sys.modules[s.name] = m = u.module_from_spec(s)
s.loader.exec_module(m)
tracer = None
if {inputs!r}:
    s = u.spec_from_file_location(
        "pytest_monorepo_inputs", {inputs!r} + "/__init__.py", submodule_search_locations=[{inputs!r}]
    )
    sys.modules[s.name] = m = u.module_from_spec(s)
    s.loader.exec_module(m)
    from pytest_monorepo_inputs import start
    tracer = start.Tracer()
from pytest_monorepo_worker import forkserver
gc.set_threshold(*often)
forkserver.main({fd}, {mode!r}, {group}, {tmp!r}, {unwanted!r}, tracer, {errors})
"""


def can_fork() -> bool:
    return hasattr(os, "fork") and hasattr(socket, "SCM_RIGHTS") and sys.platform != "win32"


def start_interpreter(
    python: str,
    mode: str,
    channel: socket.socket,
    *,
    environ: dict[str, str],
    tmp: Path,
    stdin: int | None = None,
    stderr: int | None = None,
    unwanted: Sequence[str] = (),
    traced: bool = False,
    flags: Sequence[str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``python`` on the worker's code with an end of ``channel``; ``mode`` is ``fork`` or ``spawn``.

    ``stdin`` is what a debugger in it may read from, ``None`` for ours; ``stderr`` is its log, and what has
    the terminal writes to ours all the same; ``tmp`` is removed by it where the
    controller was killed; ``unwanted`` are plugins not to import, as ``no:NAME``, or ``no:*`` for all that
    are installed. ``traced``: it notes what the tests read. ``flags`` are its own where it is another
    machine's process that asks, ``None`` for ours.
    """
    folder = str(Path(worker_package.__file__).parent)
    windows = sys.platform == "win32"
    errors = None if stderr is None else _duplicate(2)
    code = _BOOTSTRAP.format(
        init=os.path.join(folder, "__init__.py"),
        folder=folder,
        fd=-1 if windows else channel.fileno(),
        mode=mode,
        group=0 if windows else os.getpgrp(),
        tmp=str(tmp),
        unwanted=list(unwanted),
        inputs=str(Path(inputs_package.__file__).parent) if traced else "",
        errors=-1 if errors is None else errors,
    )
    try:
        process = subprocess.Popen(
            [python, *(own_flags(python) if flags is None else flags), "-c", code],
            env=environ,
            stdin=subprocess.PIPE if windows else stdin,
            stderr=stderr,
            pass_fds=() if windows else (channel.fileno(), *([] if errors is None else [errors])),
        )
    finally:
        if errors is not None:
            os.close(errors)
    if windows:
        assert process.stdin is not None
        # on Windows a socket is shared with one process, by its id (docs.python.org: socket.share)
        process.stdin.write(channel.share(process.pid))  # type: ignore[attr-defined,unused-ignore]
        process.stdin.close()
    return process


def own_stdin() -> int | None:
    """Standard input as it is now: once pytest captures, descriptor 0 reads nothing until the end."""
    return _duplicate(0)


def _duplicate(fd: int) -> int | None:
    try:
        return os.dup(fd)
    except OSError:  # closed
        return None


def own_flags(python: str) -> list[str]:
    """Our own interpreter's ``-W``, ``-X``, ``-O`` and so on, which hold for the tests."""
    # private, and the one place that knows how sys.flags are spelled; without it the flags are left out
    flags: list[str] = getattr(subprocess, "_args_from_interpreter_flags", list)()  # as multiprocessing does
    # the one of them that Python 3.8 to 3.10 do not know
    return [flag for flag in flags if python == sys.executable or flag != "-P"]


def end_group(pid: int) -> None:
    """Kill a worker and everything in its process group."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            # Windows has no process groups to kill: /T ends those that it has started, too
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(pid)], capture_output=True, check=False)
        elif _in_our_group(pid):
            os.kill(pid, signal.SIGKILL)  # it has the terminal, in the controller's own group
        else:
            os.killpg(pid, signal.SIGKILL)


def _in_our_group(pid: int) -> bool:
    try:
        return os.getpgid(pid) == os.getpgrp()
    except ProcessLookupError:
        return False  # it is gone, what it started may live on in its own group


def interrupt(pid: int) -> None:
    """Ctrl-C for one process."""
    with contextlib.suppress(OSError):
        # on Windows any other number would end the process at once (docs.python.org: os.kill)
        os.kill(pid, getattr(signal, "CTRL_C_EVENT", signal.SIGINT))


def ask_for_stacks(pid: int) -> None:
    """Where there is a signal for it, the worker's ``faulthandler`` answers."""
    from pytest_monorepo.worker import becoming

    if becoming.STACKS is not None:
        with contextlib.suppress(OSError):
            os.kill(pid, becoming.STACKS)


def exit_code_of(process: subprocess.Popen[bytes]) -> int:
    """Of a process that has closed its channel; one that hangs in its exit is killed."""
    try:
        return process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def describe_exit(code: int) -> str:
    """An exit code, or minus a signal, in words: ``"killed by SIGSEGV"``, ``"exit code 3"``."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
