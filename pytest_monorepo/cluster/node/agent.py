"""A node's agent: our own pool of workers, in a thread of the node's Dask worker.

Tests run in the pool's processes, never in Dask's: what kills its process kills one of ours. Where the agent
hears nothing for a lease's time it ends everything, whoever is to blame: a controller that was killed says no
good-bye, and a machine that was stopped does not know for how long.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from pytest_monorepo.cluster import words
from pytest_monorepo.cluster.places import Places
from pytest_monorepo.cluster.tree.lock import Lock
from pytest_monorepo.cluster.words import Brief, Item, Word
from pytest_monorepo.run.workers.events import Ended, Said
from pytest_monorepo.run.workers.pool import Pool
from pytest_monorepo.worker import protocol, wire

from . import clocks
from .gathering import LONGEST, Gathering, join
from .holding import Holding
from .leavings import MOST_INLINE, File, Leavings, packed
from .reading import Reading

_HOLD = 1.0
"""Seconds for which the end of a worker that somebody has killed is kept back.

Who stops a machine or its container kills one process after the other (Kubernetes after its grace period),
in whatever order: a worker that went with its machine is no test that kills its process.
"""

_KILLED = (-signal.SIGTERM, -9)


class Agent:
    """``say`` sends a note; :meth:`hear` and :meth:`start` may be called from any thread.

    ``ended`` is called when nothing of it is left.
    """

    def __init__(
        self, brief: Brief, say: Callable[[str], None], ended: Callable[[], None] = lambda: None
    ) -> None:
        self.brief = brief
        self.places = Places(brief.folders)
        self._say, self._ended = say, ended
        self._inbox: list[Word] = []
        self._lock = threading.Lock()
        self._heard_at = time.monotonic()
        self._said_at = 0.0
        self._notes = 0
        self._closing = False
        self._here: dict[int, int] = {}
        self._there: dict[int, int] = {}
        self._early: dict[int, list[Word]] = {}
        self._gone: set[int] = set()
        self._holdings: dict[int, Holding] = {}
        self._leavings: dict[int, Leavings] = {}
        self._ends: dict[int, Future[int]] = {}
        self._tickets: dict[int, list[File]] = {}
        self._held: list[tuple[float, Item]] = []
        self._gathering = Gathering()
        self._ended_by_us: set[int] = set()
        for folder in (brief.tmp, *brief.folders.values()):
            Path(folder).mkdir(parents=True, exist_ok=True)
        # a later run on this machine removes what nobody locks any more
        self._lock_of_folder = Lock.taken(Path(brief.tmp) / "lock")
        self._pool = Pool(
            Path(brief.tmp),
            fork=brief.fork,
            autoload=brief.autoload,
            unwanted=brief.unwanted,
            traced=brief.traced,
            environ=_environment(brief),
            litter=Path(brief.litter or brief.tmp),
            flags={self._python(python): flags for python, flags in brief.flags.items()},
        )
        self._reading = Reading(brief, self.places)
        self._wake = self._pool.waker()
        self._thread = threading.Thread(target=self._run, name=f"pytest-monorepo {brief.node}", daemon=True)
        self._thread.start()

    # -- from other threads

    def hear(self, text: str) -> None:
        """Words of the controller; an empty list says only that it lives."""
        found: list[Word] = json.loads(text)
        with self._lock:
            self._heard_at = time.monotonic()
            self._inbox += found
        self._wake()

    def start(self, number: int, python: str, job: str) -> Future[int]:
        """Start a worker; the future has its exit code when it has ended."""
        end: Future[int] = Future()
        with self._lock:
            if self._closing:
                end.set_result(1)
                return end
            self._ends[number] = end
            self._inbox.append(["start", number, python, job])
        self._wake()
        return end

    def fetch(self, ticket: int) -> list[File]:
        """What a worker has left, once."""
        with self._lock:
            return self._tickets.pop(ticket, [])

    def close(self) -> None:
        """End everything; returns at once, and :meth:`join` when it is done."""
        self._closing = True
        self._wake()

    def join(self, timeout: float | None = None) -> bool:
        """Whether nothing is left of it."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # -- the agent's own thread

    def _run(self) -> None:
        try:
            while not self._closing:
                self._turn()
            # a machine that wakes hears first that it is dismissed: what was said meanwhile is an answer
            events = self._pool.wait(0.0)
            self._gathering.add(events, self._items(events), time.monotonic())
            if rest := self._gathering.rest():
                self._tell(rest)
        except Exception:
            self._tell([["fault", traceback.format_exc()]])
        finally:
            self._end_everything()

    def _turn(self) -> None:
        with self._lock:
            inbox, self._inbox = self._inbox, []
        for word in inbox:
            self._obey(word)
        events = self._pool.wait(self._patience())
        now = time.monotonic()
        self._gathering.add(events, self._items(events), now)
        due = self._gathering.taken(now)
        if due or now - self._said_at >= self.brief.tick:
            self._tell(due or self._gathering.rest())
        # after what the workers have said: where the machine was stopped, that is the other answer
        if time.monotonic() - self._heard_at > self.brief.lease:
            self._closing = True

    def _patience(self) -> float:
        """Seconds until something is to be told, whatever workers say."""
        least = min(self.brief.tick, _HOLD) if self._held else self.brief.tick
        return min(least, LONGEST) if self._gathering.items else least

    def _tell(self, items: Iterable[Item]) -> None:
        self._notes += 1
        self._said_at = time.monotonic()
        self._say(words.note(self.brief.token, self._notes, list(items)))

    def _end_everything(self) -> None:
        with self._lock:
            self._closing = True
            ends, self._ends = self._ends, {}
        try:
            self._pool.close()
        finally:
            for end in ends.values():
                end.set_result(1)
            shutil.rmtree(self.brief.tmp, ignore_errors=True)
            if self._lock_of_folder is not None:
                self._lock_of_folder.release()
            self._ended()

    # -- words

    def _obey(self, word: Word) -> None:
        kind, *rest = word
        if kind == "start":
            self._start(*rest)
        elif kind == "retire":
            self._pool.retire(self._python(rest[0]))
        elif rest[0] in self._here:
            self._tell_worker(kind, self._here[rest[0]], *rest[1:])
        elif rest[0] not in self._gone:
            # Dask hands out the start of a worker in its own time
            self._early.setdefault(rest[0], []).append(word)

    def _tell_worker(self, kind: str, local: int, *rest: Any) -> None:
        match kind:
            case "begin":
                self._begin(local, *rest)
            case "send":
                self._pool.send(local, wire.decode(rest[0].encode("ascii")))
            case "interrupt":
                self._pool.interrupt(local)
            case "kill":
                self._ended_by_us.add(local)
                self._pool.kill(local)
            case "stacks":
                self._pool.dump_stacks(local)
            case "reject":
                self._pool.reject(local, *rest)

    def _start(self, number: int, python: str, line: str) -> None:
        job = wire.decode(self.places.here(line).encode("ascii"))
        assert isinstance(job, protocol.Job)
        there, python = python, self._python(python)
        self._reading.began = self._reading.began or time.time_ns()
        if not job.as_module and job.argv:
            script = os.path.join(os.path.dirname(python), os.path.basename(job.argv[0]))
            job = job._replace(argv=[script, *job.argv[1:]])
        for file in (job.out, job.err):
            os.makedirs(os.path.dirname(file), exist_ok=True)
        leavings = Leavings(job, self.places, (there, python), self._reading.files)
        self._know(number, self._pool.start(python, job), leavings)
        for word in self._early.pop(number, []):
            self._obey(word)

    def _python(self, there: str) -> str:
        return self.brief.pythons.get(there, there)

    def _begin(self, local: int, line: str, numbers: list[int]) -> None:
        begin = wire.decode(line.encode("ascii"))
        found = self._pool.begin(local, begin, len(numbers))
        leavings = self._leavings[local]
        for number, sibling in zip(numbers, found, strict=False):
            self._know(number, sibling, leavings)
        if len(found) < len(numbers):
            never = numbers[len(found) :]
            self._gone.update(never)
            self._tell([["ended", number, 1, None, [], []] for number in never])

    def _know(self, number: int, local: int, leavings: Leavings) -> None:
        self._here[number], self._there[local] = local, number
        self._holdings[local], self._leavings[local] = Holding(), leavings

    # -- what became of workers

    def _items(self, events: Iterable[Said | Ended]) -> list[Item]:
        items: list[Item] = []
        for event in events:
            if isinstance(event, Said):
                self._add_said(items, event.worker, self._holdings[event.worker].heard(event.message))
            else:
                self._add_said(items, event.worker, self._holdings[event.worker].rest())
                end = self._end(event)
                if event.worker not in self._ended_by_us and (event.code in _KILLED or event.reason):
                    self._held.append((time.monotonic() + _HOLD, end))
                else:
                    items.append(end)
        return items + self._due()

    def _due(self) -> list[Item]:
        now = time.monotonic()
        due = [item for at, item in self._held if at <= now]
        self._held = [(at, item) for at, item in self._held if at > now]
        return due

    def _add_said(self, items: list[Item], local: int, messages: list[Any]) -> None:
        told = (self._as_told(local, message) for message in messages)
        lines = [self.places.home(wire.encode(message).decode("ascii")) for message in told]
        if not lines:
            return
        join(items, ["said", self._there[local], lines])

    def _as_told(self, local: int, message: Any) -> Any:
        if not isinstance(message, protocol.Traced):
            return clocks.as_here(message, self.brief.ahead)
        leavings = self._leavings[local]
        return self._reading.told(message, leavings.job.root, *leavings.python)

    def _end(self, event: Ended) -> Item:
        number = self._there.pop(event.worker)
        del self._here[number], self._holdings[event.worker]
        self._gone.add(number)
        files = self._leavings.pop(event.worker).collect()
        with self._lock:
            end = self._ends.pop(number, None)
            if ticket := sum(len(content) for _, content in files) > MOST_INLINE:
                self._tickets[number] = files
        if end is not None:
            end.set_result(event.code)
        left = [list(pair) for pair in event.left_behind]
        reason = None if event.reason is None else self.places.home(event.reason)
        return ["ended", number, event.code, reason, left, number if ticket else packed(files)]


def _environment(brief: Brief) -> dict[str, str]:
    own = {} if brief.whole_environ else dict(os.environ)
    for name in brief.without:
        own.pop(name, None)
    return {**own, **brief.environ}
