"""What is kept of one project when its run is over: its files, each with what it read, and its roster."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import time
from collections.abc import Collection, Iterable
from dataclasses import field, replace
from pathlib import Path

from pytest_monorepo.inputs.record.asked import LOADED
from pytest_monorepo.results.entries import elsewhere
from pytest_monorepo.results.entries.entry import UNTRACED, Carried, Effect, Entry, compressed
from pytest_monorepo.results.entries.former import encoded
from pytest_monorepo.results.entries.key import of_file, of_leavings, of_record
from pytest_monorepo.results.entries.shape import beside, strong_name
from pytest_monorepo.results.entries.shares import Share, Shares
from pytest_monorepo.results.replays.answers import Answers
from pytest_monorepo.results.replays.lookup import Question
from pytest_monorepo.results.values.section import Section, as_text, digest, digest_of, merged
from pytest_monorepo.value import value

from .bonds import Bonds, run_together
from .book import Book, Written
from .heard import Heard
from .kept import Kept, clocked
from .traces import Part, Traces


@value(frozen=True)
class Ready:
    """What is to be kept unless its inputs have changed by the end of the run.

    ``elsewhere`` are files that other shards run, where it is not known what those leave.
    """

    question: Question
    heard: Heard
    traces: Traces
    measured: Carried
    answers: Answers | None
    shares: Shares | None = None
    elsewhere: frozenset[str] = frozenset()


@value(frozen=True)
class Base:
    """Inputs that are kept by themselves, under a digest of them."""

    digest: str
    section: Section


@value(frozen=False)
class Project:
    """Keeps one project. ``bases`` are what fork servers read, by their files.

    ``own`` and ``blobs`` are, by the number of their part, the inputs of one file and those of several.
    """

    book: Book
    ready: Ready
    bases: dict[str, Base | None]
    own: dict[int, Section] = field(default_factory=dict)
    blobs: dict[int, Base] = field(default_factory=dict)
    _untold: dict[str, str] = field(default_factory=dict)
    _besides: dict[tuple[str, ...], str] = field(default_factory=dict)

    @functools.cached_property
    def bonds(self) -> Bonds:
        ready = self.ready
        replayed = ready.answers.hits if ready.answers is not None else ()
        measured = ready.question.project in self.book.measured and ready.shares is None
        return Bonds(ready.heard, ready.traces, replayed, bool(ready.elsewhere), measured)

    @property
    def kept(self) -> Kept:
        return Kept(self.ready.question.now, self.book.began)

    def keep(self) -> None:
        ready, refused = self.ready, self.book.refused
        written = len(self.book.written)
        shared = self.shared()
        if isinstance(shared, str):
            refused[ready.question.project] = shared
            for file in ready.heard.tested if ready.elsewhere else ():
                self._write_leavings(file)
            return
        reasons = dict(self._reasons())
        self.bonds.refuse(reasons)
        refused.update(reasons)
        for file in ready.heard.tested:
            if file not in reasons:
                self._write_file(file, shared)
            elif file not in self._untold and self._is_remembered(file):
                self._write_record(file, shared)
            if file in reasons and ready.elsewhere:
                self._write_leavings(file)
        listed = self._write_roster(shared)
        if len(self.book.written) > written:
            parts = encoded(ready.question.weak, self.book.parts) if listed and ready.question.weak else None
            self.book.store.note(ready.question.project, parts)

    def incomplete(self) -> Collection[str]:
        """The files of which it is not known what they read."""
        return dict(self._reasons()).keys() & self._untold.keys()

    def _is_remembered(self, file: str) -> bool:
        return file in self.book.flaky or (
            self.ready.heard.files[file].failed and file not in self.book.doubted
        )

    def shared(self) -> tuple[Base, ...] | str:
        """What every file reads; a sentence where it cannot be kept."""
        traces = self.ready.traces
        file = traces.shared.traced.base
        if file and file not in self.bases:
            self.bases[file] = self._read_server(file)
        server = self.bases[file] if file else None
        if file and server is None:
            why = self.book.unread.get(file, "its trace is gone")
            return f"what pytest and its plugins read as they start is not known: {why}"
        blob = self._blob(traces.shared)
        if isinstance(blob, str):
            return blob
        own = self._written(blob)
        return (own,) if server is None else (server, own)

    def _read_server(self, file: str) -> Base | None:
        try:
            data = json.loads(Path(file).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        section = Kept(self.ready.question.now).section(merged([data]))
        if isinstance(section, str):
            self.book.unread[file] = section
            return None
        return self._written(section)

    def _blob(self, part: Part) -> Section | str:
        section = self.kept.section(part.traced, part.modules)
        question = self.ready.question
        if isinstance(section, str) or question.project in self.book.clock:
            return section
        return clocked(section, question.now, self.book.roots, seeded=question.seeded) or section

    def _written(self, section: Section) -> Base:
        text = as_text(section.plain())
        name = digest_of(text)
        self.book.store.write_base(name, compressed(text))
        return Base(name, section)

    def _reasons(self) -> Iterable[tuple[str, str]]:
        """(file, why it is not kept)."""
        parts: dict[int, str] = {}
        traces, heard = self.ready.traces, self.ready.heard
        for number, part in enumerate(traces.parts):
            blob = self._blob(part)
            if isinstance(blob, str):
                parts[number] = blob
            elif len(part.files) > 1 or part.files <= self.bonds.untested:
                self.blobs[number] = self._written(blob)
            else:
                self.own[number] = blob
        for file in heard.tested:
            files = self.bonds.with_untested(file)
            reasons = [parts[n] for n, part in enumerate(traces.parts) if n in parts and files & part.files]
            unfit = self.book.doubted.get(file) or heard.files[file].unfit
            if not any(part.files == {file} for part in traces.parts):
                reasons.append("nothing was told of what it read")
            if reasons:
                self._untold[file] = reasons[0]
            if unfit is not None or reasons:
                yield file, unfit or reasons[0]

    def inputs(self, file: str, shared: tuple[Base, ...]) -> tuple[Section, tuple[Base, ...]]:
        """The file's own, and those that it shares with others."""
        own = Section()
        bases = list(shared)
        files = self.bonds.with_untested(file)
        for number, part in enumerate(self.ready.traces.parts):
            if files & part.files and number in self.blobs:
                bases.append(self.blobs[number])
            elif file in part.files:
                own = self.own[number]
        return own, tuple(bases)

    def _write_record(self, file: str, shared: tuple[Base, ...]) -> None:
        heard, (own, bases) = self.ready.heard.files[file], self.inputs(file, shared)
        payload = heard.record(self.book.flaky.get(file, ()))
        entry = self._entry(file, own, bases, payload, len(heard.tests), heard.seconds)
        self.book.store.write(of_record(self.ready.question.key, file), entry.name, entry.encoded())

    def _write_file(self, file: str, shared: tuple[Base, ...]) -> None:
        heard = self.ready.heard.files[file]
        own, bases = self.inputs(file, shared)
        share = self._share(file)
        looking = (file,) if file in self.ready.traces.looking else ()
        payload = heard.payload(share)
        entry = self._entry(
            file, own, bases, payload, len(heard.tests), heard.seconds, looking=looking, share=share
        )
        entry = replace(entry, beside=self._beside(file, shared))
        self._store(of_file(self.ready.question.key, file), entry, bases)

    def _beside(self, file: str, shared: tuple[Base, ...]) -> str:
        """What those are that it is one with: of a file that is the same on two branches both runs stay."""
        ones = self.bonds.ones(file)
        if len(ones) > 1 and ones not in self._besides:
            key = self.ready.question.key
            self._besides[ones] = beside({of_file(key, one): self._strong(one, shared) for one in ones})
        return self._besides.get(ones, "")

    def _strong(self, file: str, shared: tuple[Base, ...]) -> str:
        own, bases = self.inputs(file, shared)
        return strong_name(own, [base.section for base in bases])

    def _write_leavings(self, file: str) -> None:
        """What others may see of a file that is not kept: whoever replays them has to know."""
        traces, heard = self.ready.traces, self.ready.heard.files[file]
        if heard.finished != len(heard.tests):
            return
        effects = (UNTRACED,) if traces.untraced(file) else tuple(map(self._portable, traces.effects(file)))
        # by its name in a store that machines share what it has come to leave is another
        told = digest(list(map(dataclasses.asdict, effects)))
        own = Section(modules=(*sorted(traces.modules(file)), f"<{told}>"))
        entry = self._entry(file, own, (), heard.record(()), len(heard.tests), heard.seconds)
        self._store(of_leavings(self.ready.question.key, file), replace(entry, effects=effects, unit=()), ())

    def _share(self, file: str) -> Share | None:
        shares, traces = self.ready.shares, self.ready.traces
        if shares is None:
            return None
        fixtures = {name for name, files in traces.users.items() if file in files}
        # files that other shards run are imported here, too: what they alone reach is theirs
        files = {*self.ready.heard.tested, *traces.order}
        reached = {name for other in files for name in traces.modules(other)}
        # what was unloaded again is in nobody's closure: it is everybody's
        modules = traces.modules(file) | (shares.imported - reached)
        places = self.ready.question.now.places
        return shares.of(file, modules, fixtures).spelled(places.portable)

    def _write_roster(self, shared: tuple[Base, ...]) -> bool:
        """Whether it is known which files the project has."""
        ready = self.ready
        collection = self.kept.section(ready.traces.collection)
        if isinstance(collection, str):
            self.book.unlisted[ready.question.project] = collection
            return False
        # by what they read files without tests may come to have some
        for part in (part for part in ready.traces.parts if part.files & self.bonds.untested):
            section = self.kept.section(part.traced, part.modules)
            if isinstance(section, str):
                file = min(part.files & self.bonds.untested)
                self.book.unlisted[ready.question.project] = f"{file}, which has no tests: {section}"
                return False
            shared = (*shared, self._written(section))
        known, replayed = (ready.answers.latest, ready.answers.hits) if ready.answers else (None, {})
        further = ready.traces.order if ready.elsewhere else ()
        files = tuple(dict.fromkeys([*further, *ready.heard.tested, *replayed]))
        order = known.order if known is not None and replayed else files
        place = {file: number for number, file in enumerate(order)}
        files = tuple(sorted(files, key=lambda file: place.get(file, len(place))))
        order = tuple(file for file in order if file not in ready.traces.mixed)
        earlier = known.together if known is not None else ()
        looking = self._looking(known)
        together = run_together(ready.traces.units, earlier, looking, files)
        payload = ready.heard.roster(ready.measured)
        entry = self._entry("", collection, shared, payload, 0, 0.0, together, order, looking)
        self._store(of_file(ready.question.key, ""), replace(entry, unit=files), shared)
        return True

    def _looking(self, known: Entry | None) -> tuple[str, ...]:
        earlier = set(known.looking) if known is not None else set()
        return tuple(sorted(self.ready.traces.looking | earlier.difference(self.ready.heard.tested)))

    def _store(self, key: str, entry: Entry, bases: tuple[Base, ...]) -> None:
        self.book.store.write(key, entry.name, entry.encoded())
        sections = tuple(base.section for base in bases)
        self.book.written.append(Written(self.ready.question, key, entry, sections))

    def _entry(
        self,
        file: str,
        own: Section,
        bases: tuple[Base, ...],
        payload: bytes,
        tests: int,
        seconds: float,
        together: tuple[tuple[str, ...], ...] = (),
        order: tuple[str, ...] = (),
        looking: tuple[str, ...] = (),
        share: Share | None = None,
    ) -> Entry:
        question, book = self.ready.question, self.book
        return Entry(
            project=question.project,
            file=file,
            created=time.time(),
            commit=book.commit(),
            bases=tuple(base.digest for base in bases),
            own=own,
            payload=payload,
            tests=tests,
            seconds=seconds,
            run=book.run,
            unit=ones if len(ones := tuple(sorted(self.bonds.unit(file)))) > 1 else (),
            whole=bool(self.bonds.whole),
            together=together,
            order=order,
            looking=looking,
            asked=tuple(sorted(self._asked(file))),
            part=bool(self.ready.elsewhere and file),
            tied=self._tied_to(share, [own, *(base.section for base in bases)]),
            effects=tuple(self._portable(effect) for effect in self.ready.traces.effects(file)),
        )

    def _tied_to(self, share: Share | None, sections: Iterable[Section]) -> str:
        """The only folder where it holds, by what its file covered; empty: it holds anywhere."""
        root = self.ready.question.now.places.root
        if self._is_tied or (share is not None and elsewhere.is_tied(share, sections, root)):
            return root
        return ""

    @functools.cached_property
    def _is_tied(self) -> bool:
        """Whether what was measured of the project can only be carried on where it was measured."""
        measured, root = self.ready.measured, self.ready.question.now.places.root
        if not measured.infos:
            return False
        folder = os.path.join(root, self.ready.question.project)
        return bool(measured.files) or elsewhere.are_tied(measured.infos, folder, root)

    def _asked(self, file: str) -> Iterable[str]:
        """Without the modules that everybody has."""
        everybodys = {f"{LOADED}{name}" for name in self.ready.traces.shared.modules}
        return self.ready.traces.asked.get(file, frozenset()) - everybodys

    def _portable(self, effect: Effect) -> Effect:
        places = self.ready.question.now.places
        return replace(effect, writes=tuple(map(places.portable, effect.writes)))
