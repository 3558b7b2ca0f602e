"""A store that several machines share: what it has is fetched into the own folder, what was proved goes out.

Three kinds of objects, each signed with its name: ``slots/GROUP/N`` say which inputs to look at,
``bases/DIGEST`` which of them many results share, ``entries/KEY/NAME`` are results, or tombstones in their
place.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pytest_monorepo.results import shape
from pytest_monorepo.results.entry import Entry, decoded, packed, unpacked
from pytest_monorepo.results.lookup import Question
from pytest_monorepo.results.section import Section, digest
from pytest_monorepo.results.store import Store
from pytest_monorepo.results.written import Written

from .backend import Backend
from .errands import Errands
from .signing import Signing
from .slots import SLOTS, PathSet, Slot, placed

_ENTRY, _TOMBSTONE = b"entry\0", b"tombstone\0"
_BROKEN = (ValueError, KeyError, TypeError, AttributeError)


@dataclass
class Shared:
    """``store`` keeps what is found; ``max_age`` is in seconds; ``reads_only`` says why nothing is written.

    ``found`` and ``sent`` count results, ``hidden`` those that only who has the writers' key can compare.
    """

    backend: Backend
    signing: Signing
    errands: Errands
    store: Store
    max_age: float
    reads_only: str | None = None
    found: int = 0
    sent: int = 0
    hidden: int = 0
    _slots: dict[str, list[Slot | None]] = field(default_factory=dict)
    _bases: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    _damaged: set[str] = field(default_factory=set)

    @property
    def problem(self) -> str | None:
        """The run's one warning."""
        if self.errands.problem is None:
            return None
        return f"cached-store {self.backend.shown}: {self.errands.problem}; the run went on without it"

    # -- before the run

    def fetch(self, questions: Sequence[Question]) -> None:
        """Keep in the own folder what the store has for questions that this has no answer to."""
        self._read_slots({question.group for question in questions})
        wanted: dict[tuple[str, str], tuple[Question, Section | None]] = {}
        for question in questions:
            for slot in self._slots.get(question.group, ()):
                known = slot.sets.get(question.key) if slot is not None else None
                if known is not None and (named := self._named(question, known)) is not None:
                    wanted[question.key, named[0]] = (question, named[1])
        calls = [partial(self._read, _entry_at(*names)) for names in wanted]
        for (names, asked), data in zip(wanted.items(), self.errands.run(calls), strict=True):
            if data is not None:
                self._take(names[1], *asked, data)

    def _read_slots(self, groups: Iterable[str]) -> None:
        asked = [
            (group, number) for group in sorted(set(groups) - self._slots.keys()) for number in range(SLOTS)
        ]
        found = self.errands.run([partial(self._read, _slot_at(*at)) for at in asked])
        for (group, number), data in zip(asked, found, strict=True):
            self._slots.setdefault(group, [None] * SLOTS)[number] = self._slot(_slot_at(group, number), data)
        self._read_bases({known.base for group, _ in asked for known in self._known(group) if known.base})

    def _known(self, group: str) -> list[PathSet]:
        return [known for slot in self._slots[group] if slot is not None for known in slot.sets.values()]

    def _slot(self, name: str, data: bytes | None) -> Slot | None:
        try:
            return None if data is None else Slot.decoded(data)
        except _BROKEN:
            self._damaged.add(name)
            return None

    def _read_bases(self, digests: Iterable[str]) -> None:
        wanted = sorted(set(digests) - self._bases.keys())
        far = []
        for one in wanted:
            # a path set that was fetched once is kept beside the bases of results: both go by their content
            data = self.store.read_base(one)
            self._bases[one] = None if data is None else self._base(one, data)
            if self._bases[one] is None:
                far.append(one)
        found = self.errands.run([partial(self._read, _base_at(one)) for one in far])
        for one, data in zip(far, found, strict=True):
            self._bases[one] = None if data is None else self._base(one, data)
            if data is not None and self._bases[one] is not None:
                self.store.write_base(one, data)

    def _base(self, name: str, data: bytes) -> dict[str, Any] | None:
        try:
            plain = shape.checked(unpacked(data))
        except _BROKEN:
            return None
        return plain if digest(plain) == name else None

    def _named(self, question: Question, known: PathSet) -> tuple[str, Section | None] | None:
        """The name that a result with these inputs would have now, and the inputs that it shares."""
        base = self._bases.get(known.base) if known.base else None
        if known.base and base is None:
            return None
        if not self.signing.secret and not all(map(_is_open(question), filter(None, (known.own, base)))):
            self.hidden += 1
            return None
        shared = None if base is None else shape.valued(base, question.now)
        own = shape.valued(known.own, question.now)
        return shape.strong_name(own, "" if shared is None else shape.answers(shared)), shared

    def _take(self, name: str, question: Question, base: Section | None, data: bytes) -> None:
        """Keep a result that is what it claims to be."""
        if not data.startswith(_ENTRY):
            return
        plain = data[len(_ENTRY) :]
        shared = "" if base is None else shape.answers(base)
        try:
            entry = decoded(plain)
            entry.decoded_messages()
            same = shape.strong_name(entry.own, entry.base) == name and entry.base == shared
        except Exception:  # whatever it holds, it costs a result only
            same = False
        else:
            same = same and entry.project == question.project and self._is_young(entry)
        if not same:
            return
        if base is not None:
            self.store.write_base(shared, packed(base.plain()))
        self.store.write(question.key, name, plain)
        self.found += 1

    def _is_young(self, entry: Entry) -> bool:
        return -60 <= time.time() - entry.created <= self.max_age

    def _read(self, name: str) -> bytes | None:
        """What is signed as this name's."""
        raw = self.backend.get(name)
        if raw is None:
            return None
        body = self.signing.opened(name, raw)
        if body is None:
            self._damaged.add(name)
        return body

    # -- after the run

    def push(self, written: Sequence[Written]) -> None:
        """Put results into the store, then the path sets that lead to them."""
        if self.reads_only is not None or not written:
            return
        self._read_slots({one.question.group for one in written})
        bases = {_shape_of(one.base): one.base for one in written if one.base is not None}
        calls = [
            partial(self._put, _base_at(name), packed(shape.shape(base)))
            for name, base in bases.items()
            if self._bases.get(name) is None
        ]
        results = [
            partial(self._put, _entry_at(one.question.key, one.name), _ENTRY + one.entry.encoded())
            for one in written
        ]
        done = self.errands.run([*calls, *results])
        self.sent += sum(map(bool, done[len(calls) :]))
        self.errands.run(list(self._slot_calls(written)))

    def _slot_calls(self, written: Sequence[Written]) -> Iterable[partial[bool]]:
        groups: dict[str, dict[str, PathSet]] = {}
        for one in written:
            groups.setdefault(one.question.group, {})[one.question.key] = _path_set(one)
        for group, sets in groups.items():
            place = placed(self._slots.get(group, [None] * SLOTS), sets, random.randrange(SLOTS))
            if place is not None:
                yield partial(self._put, _slot_at(group, place[0]), place[1].encoded(), new=False)

    def drop(self, key: str, name: str, why: str) -> None:
        """Put a tombstone in a result's place: it is not written there again."""
        if self.reads_only is None:
            body = _TOMBSTONE + packed({"why": why, "created": time.time()})
            self.errands.run([partial(self._put, _entry_at(key, name), body, new=False)])

    def _put(self, name: str, body: bytes, *, new: bool = True) -> bool:
        """``new``: what is there stays, unless it is damaged."""
        self.backend.put(name, self.signing.sealed(name, body), new=new and name not in self._damaged)
        return True


def _path_set(one: Written) -> PathSet:
    return PathSet(shape.shape(one.entry.own), "" if one.base is None else _shape_of(one.base))


def _shape_of(base: Section) -> str:
    return digest(shape.shape(base))


def _is_open(question: Question) -> Any:
    """Whether a path set asks for nothing that only the writers can compare."""

    def test(plain: dict[str, Any]) -> bool:
        return not plain["environment"] and all(map(question.now.is_open, plain["variables"]))

    return test


def _slot_at(group: str, number: int) -> str:
    return f"slots/{group}/{number}"


def _base_at(name: str) -> str:
    return f"bases/{name}"


def _entry_at(key: str, name: str) -> str:
    return f"entries/{key}/{name}"
