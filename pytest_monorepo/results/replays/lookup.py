"""Which files need not run: the story of one question, from the key to the answer and its reason."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from pytest_monorepo.results.entries import whys
from pytest_monorepo.results.entries.entry import Entry, decoded, unpacked
from pytest_monorepo.results.entries.key import of_file, of_leavings, of_record
from pytest_monorepo.results.entries.store import Store
from pytest_monorepo.results.values.compare import Now, differences
from pytest_monorepo.results.values.section import Section
from pytest_monorepo.value import value
from pytest_monorepo.worker import protocol


@value(frozen=True)
class Question:
    """A project whose files could be replayed: ``key`` is its weak key's name, ``now`` what to compare with.

    ``weak`` is the key itself. ``seeded``: the options give hypothesis a seed. ``declared``: settings or
    hooks declare further inputs.
    """

    project: str
    key: str
    now: Now
    seeded: bool = False
    declared: bool = False
    weak: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unknown(self) -> str:
        """Why a file runs of which nothing is kept under the key."""
        if self.declared:
            return "no run with these options, this Python and these declared inputs is kept"
        return "no run with these options and this Python is kept"


@value(frozen=True)
class Answer:
    """``entry`` and its ``messages`` where the file need not run; else ``reasons`` why it does.

    ``bases`` are the inputs that the entry shares with others.
    """

    entry: Entry | None = None
    messages: tuple[Any, ...] = ()
    reasons: tuple[str, ...] = ()
    name: str = ""
    bases: tuple[Section, ...] = ()


@value(frozen=False)
class Lookup:
    """``max_age`` is in seconds."""

    store: Store
    max_age: float
    _bases: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    _sections: dict[str, Section | None] = field(default_factory=dict)
    _whys: dict[str, dict[str, str]] = field(default_factory=dict)
    _other: dict[str, str | None] = field(default_factory=dict)

    def ask(self, question: Question, file: str, run: str = "") -> Answer:
        """The newest kept result of a file whose inputs are as they were; of none: which files there are.

        Of a ``run`` only what that has left, or one that was the same.
        """
        reasons: tuple[str, ...] = (question.unknown,)
        name_of_all = of_file(question.key, file)
        flaky = self.flaky(question, file) if file else []
        if flaky:
            return Answer(reasons=(f"{flaky[0]} is flaky with these inputs",))
        for name, data in self.store.read(name_of_all):
            entry = entry_in(data)
            if entry is None or (entry.project, entry.file) != (question.project, file):
                continue
            if run and run not in entry.runs:
                continue
            found = tuple(self.differences(entry, question.now))
            if not found:
                return self._hit(entry, name_of_all, name)
            if reasons[0] == question.unknown:
                reasons = found
        if reasons[0] == question.unknown:
            reasons = (whys.told(self._known_whys(question), file) or self._unknown(question),)
        return Answer(reasons=reasons)

    def holding(self, question: Question, file: str) -> dict[str, Entry]:
        """All results of a file whose inputs are as they were, by their ``runs``, the newest first."""
        found: dict[str, Entry] = {}
        for _, data in self.store.read(of_file(question.key, file)):
            entry = entry_in(data)
            if entry is None or (entry.project, entry.file) != (question.project, file):
                continue
            if not tuple(self.differences(entry, question.now)):
                for run in entry.runs:
                    found.setdefault(run, entry)
        return found

    def _unknown(self, question: Question) -> str:
        """That nothing is kept under the key, with what of it is another than when something was."""
        if question.project not in self._other:
            from pytest_monorepo.results.entries import former

            data = self.store.key_parts(question.project) if question.weak else None
            self._other[question.project] = former.differing(data, question.weak)
        other = self._other[question.project]
        return f"{question.unknown} (another than last time: {other})" if other else question.unknown

    def since(self, question: Question, file: str) -> str | None:
        """Why a file was not kept that ran after what is kept of it."""
        return whys.since(self._known_whys(question), file)

    def is_never_kept(self, question: Question) -> bool:
        """Whether something stands against keeping anything of a project that will do so again."""
        return whys.lasts(self._known_whys(question))

    def remember(self, question: Question) -> None:
        """Why earlier runs have kept nothing, before this one writes that anew."""
        self._known_whys(question)

    def _known_whys(self, question: Question) -> dict[str, str]:
        if question.key not in self._whys:
            self._whys[question.key] = whys.read(self.store, question.key)
        return self._whys[question.key]

    def flaky(self, question: Question, file: str) -> list[str]:
        """The tests of the file that gave one thing and another with the inputs of now."""
        found: dict[str, None] = {}
        for _, data in self.store.read(of_record(question.key, file)):
            entry = entry_in(data)
            if entry is not None and entry.flaky and not tuple(self.differences(entry, question.now)):
                found.update(dict.fromkeys(entry.flaky))
        return list(found)

    def latest(self, question: Question) -> Entry | None:
        """What was last known of which files the project has, whether it still holds or not."""
        return self.newest(question, "")

    def newest(self, question: Question, file: str) -> Entry | None:
        """What was last kept of a file, whether it still holds or not."""
        for _, data in self.store.read(of_file(question.key, file)):
            entry = entry_in(data)
            if entry is not None and (entry.project, entry.file) == (question.project, file):
                return entry
        return None

    def doings(self, question: Question, file: str) -> Entry | None:
        """By what it is known what a file leaves: its result that holds, else what was kept of it last."""
        holds = self.ask(question, file).entry
        if holds is not None:
            return holds
        keys = [of(question.key, file) for of in (of_file, of_record, of_leavings)]
        kept = (entry_in(data) for key in keys for _, data in self.store.read(key))
        known = [one for one in kept if one and (one.project, one.file) == (question.project, file)]
        return max(known, key=lambda entry: entry.created, default=None)

    def is_as_it_was(self, question: Question, file: str) -> bool:
        """Whether a file has a result that holds, or a failure."""
        if self.ask(question, file).entry is not None:
            return True
        kept = (entry_in(data) for _, data in self.store.read(of_record(question.key, file)))
        return any(one is not None and not tuple(self.differences(one, question.now)) for one in kept)

    def _hit(self, entry: Entry, key: str, name: str) -> Answer:
        try:
            messages = tuple(entry.decoded_messages())
        except (ValueError, KeyError, protocol.ProtocolError):
            self.store.drop(key, name)
            return Answer(reasons=("what was kept is damaged",))
        self.store.used(key, name)
        bases = (self.section(base) for base in entry.bases)
        return Answer(entry, messages, name=name, bases=tuple(base for base in bases if base is not None))

    def differences(self, entry: Entry, now: Now) -> Iterable[str]:
        """What of an entry's inputs is not as it was; nothing where it holds."""
        age = time.time() - entry.created
        if age < -60:
            return ("what is kept is of a later time than now: the clock has been set back",)
        if age > self.max_age:
            return ("what is kept is older than cached-max-age",)
        if entry.tied not in ("", now.places.root):
            return ("it was measured in another folder, which counts there",)
        found = tuple(differences(entry.own, now))
        for base in entry.bases:
            found = found or self._base(base, now)
        return found

    def modules(self, entry: Entry) -> set[str]:
        """Those whose variables the file's tests could see."""
        return {name for section in self.sections(entry) for name in section.modules}

    def sections(self, entry: Entry) -> list[Section]:
        """All inputs of an entry, but for those that are lost."""
        sections = [entry.own, *(self.section(base) for base in entry.bases)]
        return [section for section in sections if section is not None]

    def _base(self, digest: str, now: Now) -> tuple[str, ...]:
        """What of the inputs that several share has changed; asked once."""
        section = self.section(digest)
        if section is None:
            return ("what was kept is no longer whole",)
        key = (digest, now.facing(section.variables, everything=section.environment is not None))
        if key not in self._bases:
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


def entry_in(data: bytes) -> Entry | None:
    """The entry that the data hold; ``None`` for anything else."""
    try:
        return decoded(data)
    except (ValueError, KeyError, TypeError):
        return None
