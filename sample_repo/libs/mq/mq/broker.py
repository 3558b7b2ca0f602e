"""A broker inside the process: synchronous, ordered, and it never loses a message silently."""

from __future__ import annotations

import functools
import json
import logging
import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    topic: str
    body: Any


@dataclass(frozen=True)
class DeadLetter:
    """A message that a subscriber refused on every attempt, and the last reason."""

    message: Message
    attempts: int
    reason: str


Subscriber = Callable[[Message], None]


class Broker:
    """Hands every published body to the topic's subscribers, ``attempts`` times at most."""

    def __init__(self, attempts: int = 3) -> None:
        if attempts < 1:
            raise ValueError(f"attempts is {attempts}, at least 1 is needed")
        self.attempts = attempts
        self.dead_letters: list[DeadLetter] = []
        self._subscribers: dict[str, list[Subscriber]] = defaultdict(list)

    def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        self._subscribers[topic].append(subscriber)

    def publish(self, topic: str, body: Any) -> int:
        """Deliver ``body`` and return how many subscribers took it.

        Every subscriber gets its own copy, as it would over a wire, so the body must be JSON.
        """
        wire = json.dumps(body)
        return sum(
            self._deliver(subscriber, Message(topic, json.loads(wire)))
            for subscriber in self._subscribers[topic]
        )

    def _deliver(self, subscriber: Subscriber, message: Message) -> bool:
        for attempt in range(1, self.attempts + 1):
            try:
                subscriber(message)
            except Exception as error:
                log.warning(
                    "%s: attempt %d of %d failed: %s",
                    message.topic,
                    attempt,
                    self.attempts,
                    error,
                )
                reason = str(error)
            else:
                return True
        self.dead_letters.append(DeadLetter(message, self.attempts, reason))
        return False


@functools.cache
def default_broker() -> Broker:
    """The broker of this process; ``MQ_ATTEMPTS`` is read once, when it is first asked for."""
    return Broker(attempts=int(os.environ.get("MQ_ATTEMPTS", "3")))
