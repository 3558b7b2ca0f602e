"""After part of a project has run: whether what is to be replayed beside it would still have that result.

A run of all is the yardstick. What ran may have left something that a replayed file would have seen, and what
is replayed may leave, when it runs, what a file that ran would have seen. Either way all of it has to run.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pytest_monorepo.inputs.originals import BYTECODE
from pytest_monorepo.inputs.owners.names.below import meant
from pytest_monorepo.inputs.record.asked import BELOW, LOADED, asked_for
from pytest_monorepo.inputs.record.values import KINDS
from pytest_monorepo.results.entries.entry import Effect, Entry
from pytest_monorepo.results.replays.lookup import Lookup
from pytest_monorepo.results.values.compare import Now

from .traces import Traces


@dataclass(frozen=True)
class Clash:
    """``order`` are the project's files as they run, as far as is known."""

    lookup: Lookup
    now: Now
    traces: Traces
    order: Sequence[str]

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
            for file in sorted(left.files):
                others = entry.file not in left.files and self._before(file, entry.file, left.effect)
                sees = others and _sees(left.effect, modules, entry.asked)
                if sees or (others and self._reads(entry, left.effect)):
                    return f"{file} leaves {left.effect.words}, which {entry.file} can see"
        for effect in entry.effects:
            for file in ran:
                if self._before(entry.file, file, effect) and self._may_see(effect, file):
                    return f"{entry.file} leaves {effect.words}, which {file} can see"
        loads = next((why for file in ran if (why := self._loads(entry, file, modules)) is not None), None)
        if loads is not None:
            return loads
        changed = next(iter(self.lookup.differences(entry, self.now)), None)
        return None if changed is None else f"{changed}, while the tests ran"

    def _loads(self, entry: Entry, file: str, modules: set[str]) -> str | None:
        """Whether one of them looks for a module that the other loads, and that not everybody has."""
        ours = {name for part in self.traces.of(file) for name in part.modules}
        theirs = modules.difference(self.traces.shared.modules)
        for name in sorted(_looked_for(entry.asked, ours, modules)):
            return f"{entry.file} looks for {name}, which {file} loads"
        for name in sorted(_looked_for(self.traces.asked.get(file, ()), theirs, ours)):
            return f"{file} looks for {name}, which {entry.file} loads"
        return None

    def _before(self, first: str, second: str, effect: Effect) -> bool:
        if effect.at_import or first not in self.order or second not in self.order:
            return first != second
        return self.order.index(first) < self.order.index(second)

    def _may_see(self, effect: Effect, file: str) -> bool:
        asked = self.traces.asked.get(file, ())
        if _sees(effect, self.traces.modules(file), asked):
            return True
        portable = self.now.places.portable
        parts = (self.traces.shared, *self.traces.of(file)) if effect.writes else ()
        return any(
            _is_asked_for(effect.writes, {portable(path) for path in paths}, lists=kind in _LISTINGS)
            for part in parts
            for kind, paths in part.traced.inputs.items()
        )

    def _reads(self, entry: Entry, effect: Effect) -> bool:
        """Whether it has asked for what is written, and may be gone again when all is over."""
        writes = list(map(self.now.places.portable, effect.writes))
        return any(
            _is_asked_for(writes, paths, lists=kind in _LISTINGS)
            for section in (self.lookup.sections(entry) if writes else ())
            for kind, paths in section.inputs.items()
        )


def _sees(effect: Effect, modules: set[str], asked: Collection[str]) -> bool:
    """A variable that is another concerns who reads it; all else of the process concerns everybody."""
    if modules.intersection(effect.modules):
        return True
    names = set(map(asked_for, effect.facets))
    return "" in names or bool(names and "*" in asked) or bool(names.intersection(asked))


def _is_asked_for(writes: Iterable[str], paths: Collection[str], *, lists: bool) -> bool:
    """By itself, or by its folder where that ``lists`` what it holds. Bytecode is no doing of tests."""
    return any(
        path in paths or (lists and os.path.dirname(path) in paths)
        for path in writes
        if f"/{BYTECODE}" not in path
    )


_LISTINGS = frozenset(kind for kind in KINDS if kind.startswith(("names", "types")))


def _looked_for(asked: Collection[str], loads: set[str], known: set[str]) -> set[str]:
    """What of that which one file looks for another ``loads``; as attributes only what was not ``known``."""
    found = {name[len(LOADED) :] for name in asked if name.startswith(LOADED)} & loads
    below = (name[len(BELOW) :] for name in asked if name.startswith(BELOW))
    return found.union(*(meant(name, loads - known) for name in below))
