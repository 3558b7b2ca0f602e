"""The workers of a cluster's nodes, as the controller's loop knows those of this machine."""

from __future__ import annotations

import itertools
import json
import queue
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_monorepo.run.workers.events import Ended, FromWorker, Said
from pytest_monorepo.run.workers.interface import Broken, Change, Joined, Late, Lost
from pytest_monorepo.run.workers.signals import interrupts
from pytest_monorepo.worker import protocol, wire

from .link import Arrival, Come, Down, Fetched, Gone, Link, Noted
from .node import leavings, reading
from .words import Item, Word

_STEP = 0.5
"""Seconds between two looks at who is silent."""

_ASLEEP = 5.0
"""Seconds after which nobody was silent but us: this process was stopped, or had no time."""


@dataclass
class Node:
    """``heard_at`` is when its last note came in order, by the monotonic clock; ``notes`` is its number.

    ``early`` are those that came before their turn.
    """

    name: str
    slots: int
    heard_at: float
    notes: int = 0
    early: dict[int, Sequence[Item]] = field(default_factory=dict)
    lost: str | None = None

    def in_order(self, number: int, items: Sequence[Item], now: float) -> list[Item]:
        """The items whose turn it is, of this note and of those that waited for it."""
        self.early[number] = items
        found: list[Item] = []
        while self.notes + 1 in self.early:
            self.notes += 1
            self.heard_at = now
            found += self.early.pop(self.notes)
        return found


class ClusterPool:
    """``arrivals`` is what the link puts in; ``silence`` is after how many seconds a node counts as lost.

    ``since`` is when the code was sent, in nanoseconds since the epoch: what changes here later is not what
    the nodes measure. ``own`` is what every job is told of the workspace's own code.
    """

    fork = True

    def __init__(
        self,
        link: Link,
        arrivals: queue.SimpleQueue[Arrival],
        *,
        silence: float = 30.0,
        since: Callable[[], int] = time.time_ns,
        clock: Callable[[], float] = time.monotonic,
        traced: bool = False,
    ) -> None:
        self._link, self._arrivals = link, arrivals
        self.silence, self.since, self._clock = silence, since, clock
        self.traced = traced
        self.own: dict[str, object] | None = None
        self._numbers = itertools.count(1)
        self._nodes: dict[str, Node] = {}
        self._tokens: dict[str, str] = {}
        self._workers: dict[int, str] = {}
        self._formerly: dict[int, str] = {}
        self._reasons: dict[int, str] = {}
        self._ends: dict[int, Ended] = {}
        self._changes: list[Change] = []
        self._told: list[Change] = []
        self._events: list[Said | Ended] = []
        self._broken = False
        self._looked_at = clock()

    # -- starting

    def start(self, python: str, job: protocol.Job, place: str = "", shared: tuple[str, ...] = ()) -> int:
        """Start a worker on the node ``place``, or on any; its end is always told by :class:`Ended`."""
        number = next(self._numbers)
        place = place or next(iter(self.slots), "")
        self._workers[number] = place
        if self._is_lost(place):
            self._lose(number, place)
        else:
            self._link.start(place, number, python, _line(job._replace(own=self.own)))
        return number

    def begin(self, number: int, message: protocol.Begin, siblings: int) -> list[int]:
        """Tell a worker to start its tests, and to fork siblings first; returns the siblings' numbers."""
        place = self._workers.get(number)
        if place is None:
            return []
        found = [next(self._numbers) for _ in range(max(0, siblings))]
        self._workers.update(dict.fromkeys(found, place))
        self._link.tell(place, [["begin", number, _line(message), found]])
        return found

    def place_of(self, number: int) -> str:
        return self._workers.get(number) or self._formerly.get(number, "")

    def opened(self) -> None:
        """Take in the nodes that are there from the beginning; they are no change."""
        self._take_in(0.0)
        self._changes.clear()

    @property
    def slots(self) -> Mapping[str, int]:
        """How many workers each node has room for."""
        return {name: node.slots for name, node in self._nodes.items() if not self._is_lost(name)}

    # -- talking

    def send(self, number: int, message: object) -> None:
        self._tell(number, "send", _line(message))

    def interrupt(self, number: int) -> None:
        self._tell(number, "interrupt")

    def kill(self, number: int) -> None:
        self._tell(number, "kill")

    def dump_stacks(self, number: int) -> None:
        self._tell(number, "stacks")

    def reject(self, number: int, error: str) -> None:
        self._tell(number, "reject", error)

    def retire(self, python: str) -> None:
        for name in self.slots:
            self._link.tell(name, [["retire", python]])

    def _tell(self, number: int, kind: str, *rest: object) -> None:
        place = self._workers.get(number)
        if place is not None:
            word: Word = [kind, number, *rest]
            self._link.tell(place, [word])

    # -- listening

    def wait(self, timeout: float | None) -> list[Said | Ended]:
        """What happened since the last call; waits at most ``timeout`` seconds (``None``: for ever)."""
        until = None if timeout is None else self._clock() + timeout
        while not (self._events or self._changes):
            left = _STEP if until is None else min(_STEP, until - self._clock())
            self._take_in(max(0.0, left))
            interrupts.check()
            self._look_for_silence()
            if until is not None and self._clock() >= until:
                break
        self._told, self._changes = self._changes, []
        events, self._events = self._events, []
        return events

    def changes(self) -> Sequence[Change]:
        told, self._told = self._told, []
        return told

    def _take_in(self, timeout: float) -> None:
        try:
            arrival = self._arrivals.get(timeout=timeout) if timeout else self._arrivals.get_nowait()
            while True:
                self._arrived(arrival)
                arrival = self._arrivals.get_nowait()
        except queue.Empty:
            return

    def _arrived(self, arrival: Arrival) -> None:
        match arrival:
            case Noted():
                self._noted(arrival.text)
            case Fetched():
                self._fetched(arrival)
            case Gone():
                self._lose_node(arrival.node, arrival.reason)
            case Come():
                self._nodes[arrival.node] = Node(arrival.node, arrival.slots, self._clock())
                self._tokens[arrival.token] = arrival.node
                self._changes.append(Joined(arrival.node, arrival.slots))
            case Down():
                self._break(arrival.reason)

    def _noted(self, text: str) -> None:
        note = json.loads(text)
        node = self._nodes.get(self._tokens.get(note["node"], ""))
        if node is None:
            return
        if node.lost is not None and not note["items"]:
            self._link.dismiss(node.name)  # it has woken up, and is not waited for any more
        for item in node.in_order(note["note"], note["items"], self._clock()):
            self._take(node, item)

    def _take(self, node: Node, item: Item) -> None:
        kind, *rest = item
        if kind == "said":
            try:
                for line in rest[1]:
                    self._said(node, rest[0], line)
            except protocol.ProtocolError as error:
                self._lose_node(node.name, f"spoke nonsense: {error}")
        elif kind == "ended":
            self._ended(node, *rest)
        elif kind == "fault":
            self._lose_node(node.name, f"its agent failed: {rest[0]}")

    def _said(self, node: Node, number: int, line: str) -> None:
        message = wire.decode(line.encode("ascii"))
        if isinstance(message, protocol.Traced):
            message = reading.opened(message)
        if not isinstance(message, FromWorker):
            self.reject(number, f"{type(message).__name__} is not for a worker to say")
        elif node.lost is not None:
            self._changes.append(Late(number, node.name, message))
        elif number in self._workers:
            self._events.append(Said(number, self._as_here(message)))

    def _as_here(self, message: FromWorker) -> FromWorker:
        if isinstance(message, protocol.Finished) and message.coverage is not None:
            message.coverage["started"] = self.since()
        return message

    def _ended(
        self,
        node: Node,
        number: int,
        code: int,
        reason: str | None,
        left: list[list[object]],
        files: list[list[str]] | int,
    ) -> None:
        if self._workers.get(number) != node.name:
            return
        self._ends[number] = Ended(number, code, reason, left)
        if isinstance(files, int):
            self._link.fetch(node.name, number)
        else:
            self._bury(number, leavings.unpacked(files))

    def _fetched(self, arrival: Fetched) -> None:
        if arrival.number not in self._ends:
            return
        if arrival.files is None:
            self._lose_node(arrival.node, "what its worker has left could not be fetched")
        else:
            self._bury(arrival.number, list(arrival.files))

    def _bury(self, number: int, files: list[leavings.File]) -> None:
        leavings.write(files)
        del self._workers[number]
        self._events.append(self._ends.pop(number))

    # -- losing

    def _look_for_silence(self) -> None:
        now = self._clock()
        if now - self._looked_at > _ASLEEP:
            for node in self._nodes.values():
                node.heard_at = now
        self._looked_at = now
        for node in list(self._nodes.values()):
            if not self._is_lost(node.name) and now - node.heard_at > self.silence:
                self._lose_node(node.name, f"silent for {self.silence:g}s")

    def _is_lost(self, name: str) -> bool:
        node = self._nodes.get(name)
        return self._broken or node is None or node.lost is not None

    def _lose_node(self, name: str, reason: str) -> None:
        node = self._nodes.get(name)
        if node is None or node.lost is not None or self._broken:
            return
        node.lost = reason
        self._changes.append(Lost(name, reason))
        self._link.dismiss(name)
        for number in [number for number, place in self._workers.items() if place == name]:
            self._lose(number, name)

    def _lose(self, number: int, place: str) -> None:
        self._ends.pop(number, None)
        self._formerly[number] = self._workers.pop(number)
        self._events.append(Ended(number, 1, None, (), lost=place or "the cluster"))

    def _break(self, reason: str) -> None:
        if self._broken:
            return
        self._broken = True
        self._changes.append(Broken(reason))
        for number, place in list(self._workers.items()):
            self._lose(number, place)

    # -- ending

    def close(self) -> None:
        """Leave no process behind."""
        self._link.close()


def _line(message: object) -> str:
    return wire.encode(message).decode("ascii")
