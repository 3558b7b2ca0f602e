"""Reading many files by several processes at once: a CI without a kept cache reads all of them each time.

The processes are forked, so that they know what is known here and are there at once; each ends with its
answer. Where forking is not safe, or a process fails, whoever asks reads for himself.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from pytest_monorepo import limits
from pytest_monorepo.worker.process import forking
from pytest_monorepo.writing import write_all

# bytes for each process: what takes about half a second to read, where it takes some ten milliseconds to fork
_WORTH = 500_000
_MOST = 8


class _Helper(NamedTuple):
    pid: int
    answer: int


def shares(sizes: Sequence[tuple[str, int]]) -> list[list[str]]:
    """The paths as they are divided, a list for each process; one list where that is all too little."""
    number = min(_MOST, sum(size for _, size in sizes) // _WORTH, len(sizes))
    if number > 1:  # else nothing needs to be asked
        number = min(number, limits.cores()) if _may_fork() else 1
    found: list[list[str]] = [[] for _ in range(max(number, 1))]
    loads = [0] * len(found)
    # the largest first, each to whoever has least
    for path, size in sorted(sizes, key=lambda one: one[1], reverse=True):
        least = loads.index(min(loads))
        found[least].append(path)
        loads[least] += size
    return found


@contextmanager
def helping(
    parts: Sequence[Sequence[str]], read: Callable[[str], Any]
) -> Iterator[Callable[[], Iterator[tuple[str, Any]]]]:
    """A process for each of the ``parts``; what is given then waits for what they read, as plain data.

    Nothing is said of what a process that failed should have read. None outlives the block.
    """
    helpers: list[_Helper] = []
    try:
        for part in parts:
            with suppress(OSError):  # the system has no room for another one
                helpers.append(_started(part, read, [helper.answer for helper in helpers]))
        yield lambda: (pair for helper in helpers for pair in _answer(helper))
    finally:
        for helper in helpers:
            os.close(helper.answer)
            with suppress(OSError):
                os.kill(helper.pid, signal.SIGKILL)
            with suppress(OSError):
                os.waitpid(helper.pid, 0)


def _started(part: Sequence[str], read: Callable[[str], Any], others: Sequence[int]) -> _Helper:
    """``others`` are where the answers of those before are read."""
    here, there = os.pipe()
    above = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        os.close(here)
        os.close(there)
        raise
    if pid:
        os.close(there)
        return _Helper(pid, here)
    # nothing of the parent's is to run here, whatever happens: no handler at exit, no buffer written twice
    try:
        # where the parent is killed none would read, and whoever writes would wait for good
        for end in (here, *others):
            os.close(end)
        found = []
        for path in part:
            if os.getppid() != above:
                break
            found.append((path, read(path)))
        else:
            write_all(there, json.dumps(found).encode("ascii"))
    finally:
        os._exit(0)


def _answer(helper: _Helper) -> list[tuple[str, Any]]:
    parts = []
    while part := os.read(helper.answer, 1 << 16):
        parts.append(part)
    try:
        return [(path, found) for path, found in json.loads(b"".join(parts))]
    except ValueError:
        return []


def _may_fork() -> bool:
    # macOS: libraries of the system may have threads of their own that nothing here tells of
    return sys.platform != "darwin" and forking.may_fork() and not forking.is_watched()
