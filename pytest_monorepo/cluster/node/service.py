"""What Dask runs on a node for us: short functions, each by its name, that find the agent of a run.

Dask pickles only their names and arguments of text, numbers and bytes; they are looked up in the node's own
installation of this package, which the fingerprint says is ours.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import socket
import sys
import threading
import time
from typing import Any

from pytest_monorepo.cluster.tree.repository import Repository
from pytest_monorepo.cluster.words import Brief

from .agent import Agent
from .trees import Trees, compare, fingerprints

_AGENTS: dict[str, Agent] = {}
_TREES = Trees()


def facts(dask_worker: Any) -> dict[str, Any]:
    """Who this is: Dask hands its worker to a parameter of this name."""
    _ignore_interrupts()
    return {
        "host": socket.gethostname(),
        "name": str(dask_worker.name),
        "slots": int(dask_worker.state.nthreads),
        "scratch": os.path.realpath(os.path.dirname(dask_worker.local_directory)),
        "python": sys.executable,
        "pid": os.getpid(),
        "clock": time.time(),
        "without": _of_dask(),
    }


def _ignore_interrupts() -> None:
    """Where the link has held Ctrl-C back, which this must not do for the processes that are started here."""
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        return
    if signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        # no SIG_IGN, which a new program would inherit (execve(2))
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def alive() -> bool:
    """Whatever else takes long here is in a thread."""
    return True


def _of_dask() -> list[str]:
    """Variables that a nanny has given its worker for Dask's sake: plain pytest would not have them there."""
    config: Any = importlib.import_module("dask.config")
    names = [name for name in os.environ if name.startswith("DASK_INTERNAL")]
    for key in ("pre-spawn-environ", "environ"):
        given = config.get(f"distributed.nanny.{key}", {})
        names += [name for name, value in given.items() if os.environ.get(name) == str(value)]
    # the nanny's own seed (distributed/nanny.py: 6640); the controller's, if it has one, is sent
    return [*names, "DASK_PARENT", "PYTHONHASHSEED"]


async def open_tree(run: str, base: str, data: bytes, keep: int) -> list[str]:
    """Begin to take in the code; the digests of what is lacking."""
    return await asyncio.to_thread(_TREES.open, run, base, data, keep)


async def take_pack(run: str, pack: bytes) -> None:
    await asyncio.to_thread(_TREES.take, run, pack)


async def finish_tree(run: str, git: dict[str, Any] | None, setup: str | None) -> tuple[str, list[str]]:
    """The workspace's root here, and notes; raises where the tree is not what was sent."""
    repository = Repository.told(git) if git is not None else None
    return await asyncio.to_thread(_TREES.finish, run, repository, setup)


async def close_tree(run: str, keep: int) -> None:
    await asyncio.to_thread(_TREES.close, run, keep)


async def compare_tree(folder: str, data: bytes) -> str:
    return await asyncio.to_thread(compare, folder, data)


async def ask_fingerprints(
    pythons: list[tuple[str, bool]], home: str, root: str
) -> dict[str, tuple[str | None, str | None]]:
    return await asyncio.to_thread(fingerprints, pythons, home, root)


def open_agent(brief: str, run: str, keep: int, dask_worker: Any) -> None:
    """Make this node work for a run; notes go to the topic that the token begins with."""
    told = Brief.of(brief)
    topic = told.token.partition("/")[0]

    def say(note: str) -> None:
        dask_worker.log_event(topic, note)

    def ended() -> None:
        _AGENTS.pop(told.token, None)
        _TREES.close(run, keep)

    _TREES.claimed(run)
    _AGENTS[told.token] = Agent(told, say, ended)


def hear(token: str, words: str) -> bool:
    """Words for the agent; whether there is one."""
    agent = _AGENTS.get(token)
    if agent is not None:
        agent.hear(words)
    return agent is not None


async def work(token: str, number: int, python: str, job: str) -> int:
    """The task of one worker: lasts as long as it does, and gives its exit code.

    Dask itself runs a task again elsewhere whose node it has lost; there, nobody knows the token.
    """
    agent = _AGENTS.get(token)
    if agent is None:
        return 1
    return await asyncio.wrap_future(agent.start(number, python, job))


def fetch(token: str, ticket: int) -> list[tuple[str, bytes]]:
    agent = _AGENTS.get(token)
    return [] if agent is None else agent.fetch(ticket)


async def close_agent(token: str) -> bool:
    """End the agent with everything of it; whether it is gone."""
    agent = _AGENTS.get(token)
    if agent is None:
        return True
    agent.close()
    return await asyncio.to_thread(agent.join, 20.0)
