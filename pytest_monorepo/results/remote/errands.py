"""Calls that are made by threads, all of which together nobody waits for longer than a few seconds.

The threads are daemons: a store that hangs neither holds up the run nor the end of the process, as
``concurrent.futures`` would, which joins its threads there.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .backend import StoreError

T = TypeVar("T")

HANDS = 24
TRIES = 3
"""So many failures and no success: the store is down."""


@dataclass
class _Batch:
    """Calls that are waited for together."""

    left: int
    results: list[Any]
    over: threading.Event = field(default_factory=threading.Event)


@dataclass
class Errands:
    """``patience`` is what is left of the seconds that may be waited in all.

    ``problem`` is what went wrong first. Once it ``has_given_up``, nothing is called any more.
    """

    patience: float
    problem: str | None = None
    has_given_up: bool = False
    _calls: queue.SimpleQueue[tuple[_Batch, int, Callable[[], Any]]] = field(
        default_factory=queue.SimpleQueue
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: int = 0
    _successes: int = 0
    _failures: int = 0

    def run(self, calls: Sequence[Callable[[], T]]) -> list[T | None]:
        """What the calls return, in order; ``None`` for one that failed or was not waited for."""
        if self.has_given_up or not calls:
            return [None] * len(calls)
        begun = time.monotonic()
        batch = _Batch(len(calls), [None] * len(calls))
        for number, call in enumerate(calls):
            self._calls.put((batch, number, call))
        self._hire(len(calls))
        finished = batch.over.wait(max(0.0, self.patience))
        self.patience -= time.monotonic() - begun
        if not finished:
            self.give_up("did not answer in time")
        with self._lock:
            return list(batch.results)

    def _hire(self, calls: int) -> None:
        while self._threads < min(HANDS, calls):
            self._threads += 1
            threading.Thread(target=self._work, name="monorepo-store", daemon=True).start()

    def _work(self) -> None:
        while True:
            batch, number, call = self._calls.get()
            result: Any = None
            if not self.has_given_up:
                try:
                    result = call()
                    self._successes += 1
                except StoreError as error:
                    self._failed(str(error))
                except Exception as error:  # a file system's own thread may raise anything
                    self._failed(f"{type(error).__name__}: {error}")
            with self._lock:
                batch.results[number] = result
                batch.left -= 1
                if not batch.left or self.has_given_up:
                    batch.over.set()

    def _failed(self, problem: str) -> None:
        with self._lock:
            self._failures += 1
            self.problem = self.problem or problem
            if self._failures >= TRIES and not self._successes:
                self.has_given_up = True

    def give_up(self, problem: str) -> None:
        """Call nothing any more."""
        with self._lock:
            self.problem = self.problem or problem
            self.has_given_up = True
