"""After part of a project has run: whether what is to be replayed beside it would still have that result.

A run of all is the yardstick. What ran may have left something that a replayed file would have seen, and what
is replayed may leave, when it runs, what a file that ran would have seen. Either way all of it has to run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from pytest_monorepo.results.entries.entry import Effect, Entry
from pytest_monorepo.results.replays.lookup import Lookup
from pytest_monorepo.results.replays.meeting import Asking, looked_for, may_be_before, sees_effect
from pytest_monorepo.results.values.compare import Now
from pytest_monorepo.value import value

from .traces import Traces


@value(frozen=True)
class Clash:
    """``order`` are the project's files as they run, as far as is known."""

    lookup: Lookup
    now: Now
    traces: Traces
    order: Sequence[str]
    _asking: Asking = field(default_factory=Asking)

    def first(self, entries: Iterable[Entry], ran: Iterable[str]) -> str | None:
        """Why the project has to run whole, in words; ``None`` where what is kept holds."""
        ran, entries = list(ran), list(entries)
        looking = next((file for file in ran if file in self.traces.looking), None)
        if looking is not None and entries:
            return f"{looking} may see what is loaded, and {entries[0].file} is not"
        return next((why for entry in entries if (why := self._of(entry, ran)) is not None), None)

    def _of(self, entry: Entry, ran: list[str]) -> str | None:
        modules = self.lookup.modules(entry)
        for left in self.traces.left:
            if left.effect.fixture and self._also(left.effect, entry.effects):
                continue
            for file in sorted(left.files):
                others = entry.file not in left.files and self._before(file, entry.file, left.effect)
                sees = others and sees_effect(left.effect, modules, entry.asked)
                if sees or (others and self._reads(entry, left.effect)):
                    return f"{file} leaves {left.effect.words}, which {entry.file} can see"
        for effect in entry.effects:
            for file in ran:
                if effect.fixture and self._also(effect, self.traces.effects(file)):
                    continue
                if self._before(entry.file, file, effect) and self._may_see(effect, file):
                    return f"{entry.file} leaves {effect.words}, which {file} can see"
        unknown = next(filter(self.traces.untraced, ran), None) if entry.part else None
        if unknown is not None:
            return f"a shard has run {entry.file}, and what {unknown} leaves is not known"
        # also those that other shards run are imported here
        there = dict.fromkeys([*ran, *self.traces.order])
        loads = next((why for file in there if (why := self._loads(entry, file, modules)) is not None), None)
        if loads is not None:
            return loads
        changed = next(iter(self.lookup.differences(entry, self.now)), None)
        return None if changed is None else f"{changed}, while the tests ran"

    def _loads(self, entry: Entry, file: str, modules: set[str]) -> str | None:
        """Whether one of them looks for a module that the other loads, and that not everybody has."""
        ours = {name for part in self.traces.of(file) for name in part.modules}
        theirs = modules.difference(self.traces.shared.modules)
        for name in sorted(looked_for(entry.asked, ours, modules)):
            return f"{entry.file} looks for {name}, which {file} loads"
        for name in sorted(looked_for(self.traces.asked.get(file, ()), theirs, ours)):
            return f"{file} looks for {name}, which {entry.file} loads"
        return None

    def _before(self, first: str, second: str, effect: Effect) -> bool:
        if not self.traces.mixed.isdisjoint((first, second)):
            return first != second
        return may_be_before(self.order, first, second, effect)

    def _also(self, effect: Effect, others: Iterable[Effect]) -> bool:
        """Whether a fixture does the same for another file."""
        writes = {*map(self.now.places.portable, effect.writes)}
        return any(
            one.fixture == effect.fixture and writes == {*map(self.now.places.portable, one.writes)}
            for one in others
        )

    def _may_see(self, effect: Effect, file: str) -> bool:
        asked = self.traces.asked.get(file, ())
        if sees_effect(effect, self.traces.modules(file), asked):
            return True
        parts = (self.traces.shared, *self.traces.of(file)) if effect.writes else ()
        portable = self.now.places.portable
        return any(self._asking.of(part.traced.inputs, portable).sees(effect.writes) for part in parts)

    def _reads(self, entry: Entry, effect: Effect) -> bool:
        """Whether it has asked for what is written, and may be gone again when all is over."""
        writes = list(map(self.now.places.portable, effect.writes))
        sections = self.lookup.sections(entry) if writes else ()
        return any(self._asking.of(section.inputs, str).sees(writes) for section in sections)
