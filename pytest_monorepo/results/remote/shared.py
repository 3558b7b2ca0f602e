"""A store that several machines share: what it has is fetched into the own folder, what was proved goes out.

Three kinds of objects, each signed with its name: ``slots/GROUP/N`` say which inputs to look at,
``bases/DIGEST`` which inputs many results share, ``entries/KEY/NAME`` are results, or tombstones in their
place.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pytest_monorepo.results.entries import shape
from pytest_monorepo.results.entries.entry import Entry, decoded, packed, unpacked
from pytest_monorepo.results.entries.store import Store
from pytest_monorepo.results.keeping.book import Written
from pytest_monorepo.results.replays.lookup import Question
from pytest_monorepo.results.values.compare import Now
from pytest_monorepo.results.values.section import Section, digest

from .backend import Backend, StoreError
from .errands import Errands
from .signing import Signing
from .slots import SLOTS, PathSet, Slot, ones, placed

_ENTRY, _TOMBSTONE = b"entry\0", b"tombstone\0"
_TOMBSTONES = 1_000
"""Bytes that none of them has; a result has many more."""
_BROKEN = (ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True)
class _Wanted:
    """A result to look for: for whom, and the inputs that it must have."""

    question: Question
    own: Section
    bases: tuple[Section, ...]


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
    _answers: dict[tuple[int, int], Section] = field(default_factory=dict)

    @property
    def problem(self) -> str | None:
        """The run's one warning."""
        if self.errands.problem is None:
            return None
        return f"cached-store {self.backend.shown}: {self.errands.problem}; the run went on without it"

    # -- before the run

    def fetch(self, questions: Sequence[Question]) -> None:
        """Keep in the own folder what the store has for projects that this does not answer for whole."""
        self._read_slots({question.key for question in questions})
        wanted: dict[tuple[str, str], _Wanted] = {}
        for question in questions:
            for slot in self._slots.get(question.key, ()):
                if slot is not None:
                    wanted.update(self._wanted(question, slot))
        calls = [partial(self._read, _entry_at(*names)) for names in wanted]
        for (names, asked), data in zip(wanted.items(), self.errands.run(calls), strict=True):
            if data is not None:
                self._take(*names, asked, data)

    def _read_slots(self, groups: Iterable[str]) -> None:
        new = sorted(set(groups) - self._slots.keys())
        if new and not self._slots:
            self._prepare()
        asked = [(group, number) for group in new for number in range(SLOTS)]
        found = self.errands.run([partial(self._read, _slot_at(*at)) for at in asked])
        for (group, number), data in zip(asked, found, strict=True):
            slots = self._slots.setdefault(group, [None] * SLOTS)
            slots[number] = self._slot(data)
        self._read_bases({base for group in new for known in self._known(group) for base in known.bases})

    def _prepare(self) -> None:
        """Importing s3fs takes a second of this machine's own, which is not the store's to lose."""
        try:
            self.backend.prepare()
        except StoreError as error:
            self.errands.give_up(str(error))

    def _known(self, group: str) -> list[PathSet]:
        return [known for slot in self._slots[group] if slot is not None for known in slot.sets.values()]

    def _slot(self, data: bytes | None) -> Slot | None:
        try:
            return None if data is None else Slot.decoded(data)
        except _BROKEN:
            return None

    def _read_bases(self, digests: Iterable[str]) -> None:
        far = []
        for one in sorted(set(digests) - self._bases.keys()):
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

    def _sections(self, question: Question, known: PathSet) -> tuple[Section, tuple[Section, ...]] | None:
        """The inputs of a result as they are now: its own, and those that it shares."""
        bases = [self._bases.get(name) for name in known.bases]
        shared = [base for base in bases if base is not None]
        if len(shared) < len(bases):
            return None
        if not self.signing.secret and not all(map(_is_open(question), (known.own, *shared))):
            self.hidden += 1
            return None
        return shape.valued(known.own, question.now), tuple(
            self._valued(base, question.now) for base in shared
        )

    def _wanted(self, question: Question, slot: Slot) -> dict[tuple[str, str], _Wanted]:
        """What a slot's path sets lead to, by key and name: of those that hold only together all, or none."""
        found = {
            key: _Wanted(question, *sections)
            for key, known in slot.sets.items()
            if (sections := self._sections(question, known)) is not None
        }
        names = {key: shape.strong_name(wanted.own, wanted.bases) for key, wanted in found.items()}
        groups: dict[str, dict[str, str]] = {}
        for key, name in names.items():
            groups.setdefault(slot.sets[key].ones, {})[key] = name
        alone = groups.pop("", {})
        named = {(key, name): found[key] for key, name in alone.items()}
        for group, members in groups.items():
            if ones(members) == group:
                beside = shape.beside(members)
                for key in members:
                    named[key, shape.strong_name(found[key].own, found[key].bases, beside)] = found[key]
        return named

    def _valued(self, base: dict[str, Any], now: Now) -> Section:
        """Many results share these."""
        key = (id(base), now.facing(base["variables"], everything=base["environment"]))
        if key not in self._answers:
            self._answers[key] = shape.valued(base, now)
        return self._answers[key]

    def _take(self, key: str, name: str, wanted: _Wanted, data: bytes) -> None:
        """Keep a result that is what it claims to be."""
        if not data.startswith(_ENTRY):
            return
        plain = data[len(_ENTRY) :]
        try:
            entry = decoded(plain)
            entry.decoded_messages()
            good = self._is_for(wanted, entry)
        except Exception:  # whatever it holds, it costs a result only
            return
        if good:
            for base, section in zip(entry.bases, wanted.bases, strict=True):
                self.store.write_base(base, packed(section.plain()))
            self.store.write(key, name, plain)
            self.found += 1

    def _is_for(self, wanted: _Wanted, entry: Entry) -> bool:
        return (
            entry.project == wanted.question.project
            and -60 <= time.time() - entry.created <= self.max_age
            and len(entry.bases) == len(wanted.bases)
            and entry.own.answers == wanted.own.answers
        )

    def _read(self, name: str) -> bytes | None:
        """What is signed as this name's."""
        raw = self.backend.get(name)
        if raw is None:
            return None
        return self.signing.opened(name, raw)

    # -- after the run

    def push(self, written: Sequence[Written]) -> None:
        """Put results into the store, then the path sets that lead to them."""
        if self.reads_only is not None or not written:
            return
        self._read_slots({one.question.key for one in written})
        shapes = {name: base for one in written for base, name in _shapes(one)}
        bases = [
            partial(self._put, _base_at(name), packed(base))
            for name, base in shapes.items()
            if self._bases.get(name) is None
        ]
        results = [
            partial(self._put, _entry_at(one.key, _name(one)), _ENTRY + one.entry.encoded())
            for one in written
        ]
        done = self.errands.run([*bases, *results])
        self.sent += sum(map(bool, done[len(bases) :]))
        self.errands.run(list(self._slot_calls(written)))

    def _slot_calls(self, written: Sequence[Written]) -> Iterable[partial[bool]]:
        groups: dict[str, dict[str, PathSet]] = {}
        together: dict[tuple[str, str], list[str]] = {}
        for one in written:
            if one.entry.beside:
                together.setdefault((one.question.key, one.entry.beside), []).append(one.key)
        named = {group: ones(keys) for group, keys in together.items()}
        for one in written:
            bases = tuple(name for _, name in _shapes(one))
            known = PathSet(
                shape.shape(one.entry.own), bases, named.get((one.question.key, one.entry.beside), "")
            )
            groups.setdefault(one.question.key, {})[one.key] = known
        for group, sets in groups.items():
            place = placed(self._slots.get(group, [None] * SLOTS), sets, random.randrange(SLOTS))
            if place is not None:
                yield partial(self._put, _slot_at(group, place[0]), place[1].encoded(), new=False)

    def drop(self, dropped: Written, why: str) -> None:
        """Put a tombstone in a result's place: it is not written there again."""
        if self.reads_only is None:
            body = _TOMBSTONE + packed({"why": why, "created": time.time()})
            at = _entry_at(dropped.key, _name(dropped))
            self.errands.run([partial(self._put, at, body, new=False)])

    def dropped(self, sizes: Mapping[str, tuple[float, int]]) -> list[int]:
        """The bytes of each tombstone, of objects with these (times and) sizes."""
        small = [
            name for name, (_, size) in sizes.items() if name.startswith("entries/") and size <= _TOMBSTONES
        ]
        found = self.errands.run([partial(self._read, name) for name in small])
        told = zip(small, found, strict=True)
        return [sizes[name][1] for name, data in told if data is not None and data.startswith(_TOMBSTONE)]

    def _put(self, name: str, body: bytes, *, new: bool = True) -> bool:
        """``new``: what is there stays, unless it is damaged or somebody else's.

        Where the store cannot refuse a second one, there is a moment in which the later writer wins.
        """
        there = self.backend.get(name) if new else None
        if there is None:
            self.backend.put(name, self.signing.sealed(name, body), new=new)
        elif self.signing.opened(name, there) is None:
            self.backend.put(name, self.signing.sealed(name, body), new=False)
        return True


def _name(one: Written) -> str:
    return shape.strong_name(one.entry.own, one.bases, one.entry.beside)


def _shapes(one: Written) -> list[tuple[dict[str, Any], str]]:
    """The shared path sets, each with its digest."""
    return [(plain, digest(plain)) for plain in map(shape.shape, one.bases)]


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
