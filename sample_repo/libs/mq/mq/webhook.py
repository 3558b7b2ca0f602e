"""A subscriber in another process."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from .broker import Message


@dataclass(frozen=True)
class Webhook:
    """Posts messages to ``url``; an answer outside 2xx raises, so that the broker tries again."""

    url: str
    client: httpx.Client

    def __call__(self, message: Message) -> None:
        answer = self.client.post(self.url, json={"topic": message.topic, "body": message.body})
        answer.raise_for_status()
