"""Which projects need not run: the story of one question, from the key to the answer and its reason."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pytest_monorepo.worker import protocol

from .compare import Now, differences
from .entry import Entry, decoded, unpacked
from .section import Section
from .store import Store


@dataclass(frozen=True)
class Question:
    """A project that could be replayed: ``key`` is its weak key's name, ``now`` what to compare with.

    ``seeded``: the options give hypothesis a seed.
    """

    project: str
    key: str
    now: Now
    seeded: bool = False


@dataclass(frozen=True)
class Answer:
    """``entry`` and its ``messages`` where the project need not run; else ``reasons`` why it does.

    ``bases`` are the inputs that the entry shares with others.
    """

    entry: Entry | None = None
    messages: tuple[Any, ...] = ()
    reasons: tuple[str, ...] = ()
    name: str = ""
    bases: tuple[Section, ...] = ()


@dataclass
class Lookup:
    """``max_age`` is in seconds."""

    store: Store
    max_age: float
    _bases: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    _sections: dict[str, Section | None] = field(default_factory=dict)

    def ask(self, question: Question) -> Answer:
        """The newest kept result whose inputs are all as they were."""
        reasons: tuple[str, ...] = ("no run with these options and this Python is kept",)
        for name, data in self.store.read(question.key):
            entry = _entry(data)
            if entry is None or entry.project != question.project:
                continue
            found = tuple(self._differences(entry, question.now))
            if not found:
                return self._hit(entry, question, name)
            if reasons[0].startswith("no run"):
                reasons = found
        return Answer(reasons=reasons)

    def _hit(self, entry: Entry, question: Question, name: str) -> Answer:
        try:
            messages = tuple(entry.decoded_messages())
        except (ValueError, protocol.ProtocolError):
            self.store.drop(question.key, name)
            return Answer(reasons=("what was kept is damaged",))
        self.store.used(question.key, name)
        section = self.section(entry.base) if entry.base else None
        return Answer(entry, messages, name=name, bases=() if section is None else (section,))

    def _differences(self, entry: Entry, now: Now) -> Iterable[str]:
        age = time.time() - entry.created
        if not 0 <= age + 60 <= self.max_age + 60:
            return ("what is kept is older than cached-max-age",)
        base = self._base(entry.base, now)
        return base or tuple(differences(entry.own, now))

    def _base(self, digest: str, now: Now) -> tuple[str, ...]:
        """What of the inputs that all of an interpreter's workers share has changed; asked once."""
        if not digest:
            return ()
        key = (digest, hash((now.places, tuple(sorted(now.environ.items())))))
        if key not in self._bases:
            section = self.section(digest)
            if section is None:
                self._bases[key] = ("what was kept is no longer whole",)
            else:
                self._bases[key] = tuple(differences(section, now))
        return self._bases[key]

    def section(self, digest: str) -> Section | None:
        """The shared inputs kept under a digest."""
        if digest not in self._sections:
            data = self.store.read_base(digest)
            try:
                self._sections[digest] = Section.of(unpacked(data)) if data is not None else None
            except (ValueError, KeyError, TypeError):
                self._sections[digest] = None
        return self._sections[digest]


def _entry(data: bytes) -> Entry | None:
    try:
        return decoded(data)
    except (ValueError, KeyError, TypeError):
        return None


def said(messages: Iterable[Any], kind: type) -> list[Any]:
    """Those of one kind."""
    return [message for message in messages if isinstance(message, kind)]
