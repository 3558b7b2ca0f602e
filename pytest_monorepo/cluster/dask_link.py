"""The way to a cluster's nodes by Dask: an event loop in a thread of its own.

Words go down by ``client.run``, one call at a time for each node and with all that is due; notes come up as
Dask's events; a worker is a task of its own, bound to its node, that Dask must not run twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import logging
import multiprocessing
import os
import queue
import signal
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pytest_monorepo.errors import MonorepoError, one_line

from .address import Address
from .link import Arrival, Come, Down, Fetched, Gone, Noted
from .node import service
from .words import Brief, Word

T = TypeVar("T")

_LOOK = 1.0
"""Seconds between two looks at which nodes there are."""

_SILENT = 30.0
"""Seconds that a node which has been asked for something may say nothing at all."""

_PATIENCE = 30.0
"""Seconds that the end of a run waits for nodes to end what they have."""


@dataclass
class _Node:
    """``due`` are words that wait for the call under way to return; after ``pulse`` seconds without any
    it hears that we live.
    """

    name: str
    address: str
    token: str
    pulse: float
    due: list[Word] = field(default_factory=list)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False


class DaskLink:
    """``arrivals`` gets what comes from the nodes. ``tmp`` is for what ``local:N`` starts.

    ``known`` are the addresses of nodes that are, or have been left out; ``welcome`` is told of others.
    ``trees`` are those that have begun to take in the code, with how many trees they keep, and no agent.
    """

    def __init__(self, address: Address, tmp: Path, arrivals: queue.SimpleQueue[Arrival]) -> None:
        self.address, self.tmp, self.arrivals = address, tmp, arrivals
        self.run_id = uuid.uuid4().hex
        # events stay with the scheduler for a while, 1,000 of each topic (2026.8: distributed.yaml,
        # low-level-log-length): few topics, so that many runs do not fill it
        self.topic = f"pytest-monorepo-{int(self.run_id[:4], 16) % 16}"
        self._client: Any = None
        self._cluster: Any = None
        self._nodes: dict[str, _Node] = {}
        self._futures: dict[int, tuple[str, Any]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self.known: set[str] = set()
        self.trees: dict[str, int] = {}
        self.welcome: Callable[[str], Coroutine[Any, Any, None]] | None = None
        self._closed = False
        self._loop = asyncio.new_event_loop()
        # of answers that nobody waits for any more, after which asyncio would print a traceback each
        self._loop.set_exception_handler(lambda *_: None)
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="pytest-monorepo dask", daemon=True
        )
        self._thread.start()

    # -- from the controller's thread

    def wait_for(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """What a coroutine returns that runs in the link's loop."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()
            raise

    def start(self, node: str, number: int, python: str, job: str) -> None:
        self._soon(self._start, node, number, python, job)

    def tell(self, node: str, words: Sequence[Word]) -> None:
        self._soon(self._tell, node, words)

    def fetch(self, node: str, number: int) -> None:
        self._soon(lambda: self._keep(self._fetch(node, number)))

    def dismiss(self, node: str) -> None:
        self._soon(lambda: self._keep(self._dismiss(node)))

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(Exception):
            self.wait_for(self._close(), _PATIENCE + 10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if not self._thread.is_alive():
            self._loop.close()

    def _soon(self, function: Any, *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody hears any more
            self._loop.call_soon_threadsafe(function, *args)

    # -- in the loop

    async def connect(self, slots: int, timeout: float) -> None:
        """Raises :class:`MonorepoError` where there is no scheduler to speak to."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a port that is taken, a library that warns of its future
            dask: Any = importlib.import_module("distributed")
            _silence_logs()
            try:
                target = await self._local(slots) if self.address.local else self.address.url
                self._client = await dask.Client(
                    target,
                    asynchronous=True,
                    set_as_default=False,
                    timeout=timeout,
                    name=f"pytest-monorepo-{self.run_id[:8]}",
                )
            except (OSError, ValueError, TypeError, RuntimeError) as error:
                raise MonorepoError(f"--cluster {self.address.word}: {one_line(error)}") from None
        self._client.subscribe_topic(self.topic, self._noted)
        self._keep(self._watch())

    async def _local(self, slots: int) -> Any:
        dask: Any = importlib.import_module("distributed")
        before = dict(os.environ)
        _hold_interrupts()
        self._cluster = await dask.LocalCluster(
            n_workers=self.address.local,
            threads_per_worker=slots,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
            local_directory=str(self.tmp / "dask"),
            # none: at 95 % of one a nanny ends the worker, our agent with it (2026.8: worker_memory.py)
            memory_limit=0,
            asynchronous=True,
        )
        _restore(before)
        return self._cluster

    async def addresses(self) -> Mapping[str, int]:
        """Dask's workers by their address, with their threads; raises ``TimeoutError`` without a word."""
        found: Mapping[str, int] = await asyncio.wait_for(self._client.nthreads(), _SILENT)
        return dict(found)

    async def call(self, address: str, function: Any, *args: Any) -> Any:
        """What a function of :mod:`.node.service` returns on a node; raises what it raises there.

        However long that takes; ``OSError`` where the node, or the scheduler, answers no more.
        """
        found = await self._alive([address], self._client.run(function, *args, workers=[address]))
        if address not in found:
            raise OSError(f"{address} is gone")
        return found[address]

    async def call_all(self, addresses: Sequence[str], function: Any, *args: Any) -> None:
        """Call it on several nodes at once; what is sent goes to the scheduler once."""
        await self._alive(addresses, self._client.run(function, *args, workers=list(addresses)))

    async def _alive(self, addresses: Sequence[str], answer: Any) -> Any:
        """The answer, as long as the nodes say meanwhile that they are there: Dask would wait for minutes."""
        asked = asyncio.ensure_future(answer)
        try:
            while not (await asyncio.wait({asked}, timeout=_SILENT / 2))[0]:
                pulse = self._client.run(service.alive, workers=list(addresses))
                await asyncio.wait_for(pulse, _SILENT)
            return asked.result()
        except asyncio.TimeoutError:
            raise OSError(f"silent for {_SILENT:g}s") from None
        finally:
            asked.cancel()

    async def open(self, name: str, address: str, brief: Brief, slots: int, keep: int) -> None:
        """Have the node work for this run."""
        node = self._nodes[name] = _Node(name, address, brief.token, brief.lease / 4)
        self.arrivals.put(Come(name, brief.token, slots))
        await self.call(address, service.open_agent, brief.text, self.run_id, keep)
        self.trees.pop(address, None)  # from now on its agent's
        self._keep(self._serve(node))

    def token(self, name: str) -> str:
        """A new one for the agent of a node; it begins with the topic of its notes."""
        return f"{self.topic}/{self.run_id}/{name}/{uuid.uuid4().hex[:8]}"

    def _noted(self, event: tuple[float, Any]) -> None:
        text = event[1]
        if isinstance(text, str) and self.run_id in text[:200]:  # another run may share the topic
            self.arrivals.put(Noted(text))

    # -- words

    def _start(self, name: str, number: int, python: str, job: str) -> None:
        node = self._nodes[name]
        future = self._client.submit(
            service.work,
            node.token,
            number,
            python,
            job,
            key=f"pytest-monorepo-{self.run_id[:8]}-{number}",
            workers=[node.address],
            # else Dask takes the workers named for a preference
            allow_other_workers=False,
            retries=0,
            pure=False,
        )
        self._futures[number] = name, future
        self._keep(self._forget(number, future))

    async def _forget(self, number: int, future: Any) -> None:
        """Its notes say how a worker ended; the task is only what Dask knows of it.

        One that fails has not begun: the scheduler reads it, too, and may have no pytest-monorepo.
        """
        failure: BaseException | None = None
        try:
            await future
        except Exception as error:  # whatever Dask makes of it
            failure = error
        name, _ = self._futures.pop(number, ("", None))
        if not name:
            return
        future.release()
        if failure is not None and self._client.status == "running":
            self.arrivals.put(Gone(name, f"cannot start a worker there: {one_line(failure)}"))

    def _tell(self, name: str, words: Sequence[Word]) -> None:
        node = self._nodes.get(name)
        if node is not None:
            node.due += words
            node.wake.set()

    async def _serve(self, node: _Node) -> None:
        """All words for one node, in order; and now and then the word that we live."""
        while not node.closed:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(node.wake.wait(), node.pulse)
            node.wake.clear()
            due, node.due = node.due, []
            try:
                known = await self.call(node.address, service.hear, node.token, json.dumps(due))
            except Exception as error:
                self.arrivals.put(Gone(node.name, f"does not hear: {one_line(error)}"))
                return
            if not known and not node.closed:
                self.arrivals.put(Gone(node.name, "its agent has ended"))
                return

    async def _fetch(self, name: str, number: int) -> None:
        node, files = self._nodes[name], None
        with contextlib.suppress(Exception):
            files = await self.call(node.address, service.fetch, node.token, number)
        self.arrivals.put(Fetched(name, number, files or None))

    async def _dismiss(self, name: str) -> None:
        node = self._nodes[name]
        node.closed = True
        node.wake.set()
        # Dask would run the tasks of a node that it has lost once more where another one takes its address
        theirs = [number for number, (owner, _) in self._futures.items() if owner == name]
        cancelled = [self._futures.pop(number)[1] for number in theirs]
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._client.cancel(cancelled, force=True), _PATIENCE)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.call(node.address, service.close_agent, node.token), _PATIENCE)

    # -- what there is

    async def _watch(self) -> None:
        """Dask knows at once when a node's process is gone, and the client when the scheduler is."""
        while not self._closed:
            await asyncio.sleep(_LOOK)
            if self._client.status != "running":
                self.arrivals.put(Down("the scheduler was lost"))
                return
            try:
                there = await self.addresses()
            except Exception:
                # OSError (as Dask's CommClosedError is) of a connection that breaks, TimeoutError of one
                # that hangs, whatever a scheduler raises that ends: the status says who is lost, or silence
                continue
            for node in self._nodes.values():
                if not node.closed and node.address not in there:
                    self.arrivals.put(Gone(node.name, "Dask has lost it"))
            for address in sorted(set(there) - self.known):
                self.known.add(address)
                if self.welcome is not None:
                    self._keep(self.welcome(address))

    def _keep(self, work: Coroutine[Any, Any, Any]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _close(self) -> None:
        until = time.monotonic() + _PATIENCE
        if self._client is not None and self._client.status == "running":
            await asyncio.wait(
                [self._loop.create_task(self._dismiss(n.name)) for n in self._nodes.values() if not n.closed]
                or [self._loop.create_task(asyncio.sleep(0))],
                timeout=_PATIENCE,
            )
            await self._close_trees()
        for task in self._tasks:
            task.cancel()
        for closing in (self._client, self._cluster):
            if closing is not None:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(closing.close(), max(1.0, until - time.monotonic()))

    async def _close_trees(self) -> None:
        """Who is interrupted while the code is sent, or made ready, leaves none of it behind."""
        calls = [self.call(node, service.close_tree, self.run_id, keep) for node, keep in self.trees.items()]
        with contextlib.suppress(Exception):
            await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), _PATIENCE)


def _hold_interrupts() -> None:
    """For whatever this thread starts, which inherits it; :func:`.node.service.facts` ends it there.

    Ctrl-C at a terminal is sent to all who were started there: Dask's workers would end with a traceback
    each, before our own have told what they ran.
    """
    if hasattr(signal, "pthread_sigmask"):
        # the first starts Python's resource tracker, which lifts it (multiprocessing/resource_tracker.py)
        multiprocessing.get_context("spawn").Lock()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _restore(before: Mapping[str, str]) -> None:
    """A nanny sets variables for its worker in its own process, which is ours (distributed 2026.8)."""
    for name in [name for name in os.environ if name not in before]:
        del os.environ[name]
    os.environ.update(before)


def _silence_logs() -> None:
    """What there is to say of a cluster is said by the run; Dask tells of each broken connection at length.

    Its configuration gives single loggers a level of their own ("distributed.client", distributed/config.py).
    """
    names = ("distributed", *logging.root.manager.loggerDict)
    for name in names:
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
