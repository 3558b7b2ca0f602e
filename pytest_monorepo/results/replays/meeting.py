"""Results of several runs side by side: whether one leaves what another would have seen in a run of all.

Files of one run that see one another are one there. Those of two have perhaps never run together: of one
branch is what a file leaves, of another who looks, or each ran in a shard of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from pytest_monorepo.inputs.originals import BYTECODE
from pytest_monorepo.inputs.owners.names.below import meant
from pytest_monorepo.inputs.record.asked import ANYTHING, BELOW, LISTINGS, LOADED, sees
from pytest_monorepo.results.entries.entry import Effect, Entry
from pytest_monorepo.value import value

from .lookup import Lookup

Inputs = Mapping[str, Mapping[str, Any]]


@value(frozen=True)
class Asked:
    """The ``paths`` that somebody has asked for, with the folders above them, and the folders ``listed``."""

    paths: set[str]
    listed: set[str]

    @classmethod
    def of(cls, inputs: Inputs, portable: Callable[[str], str]) -> Asked:
        asked = cls(set(), set())
        for kind, paths in inputs.items():
            for path in map(portable, paths):
                if kind.startswith(LISTINGS):
                    asked.listed.add(path)
                while len(path) > 1 and path not in asked.paths:
                    asked.paths.add(path)
                    path = os.path.dirname(path)
        return asked

    def sees(self, writes: Iterable[str]) -> bool:
        """Whether any of them is written. Bytecode is no doing of tests."""
        own = (path for path in writes if f"/{BYTECODE}" not in path)
        return any(path in self.paths or os.path.dirname(path) in self.listed for path in own)


@value(frozen=True)
class Asking:
    """What sections ask for, of each once: many files share them."""

    _known: dict[int, tuple[Inputs, Asked]] = field(default_factory=dict)

    def of(self, inputs: Inputs, portable: Callable[[str], str]) -> Asked:
        if id(inputs) not in self._known:
            self._known[id(inputs)] = inputs, Asked.of(inputs, portable)
        return self._known[id(inputs)][1]


def sees_effect(effect: Effect, modules: set[str], asked: Collection[str]) -> bool:
    """A variable that is another concerns who reads it; all else of the process concerns everybody."""
    return ANYTHING in asked or bool(modules.intersection(effect.modules)) or sees(effect.facets, asked)


def may_be_before(order: Sequence[str], first: str, second: str, effect: Effect) -> bool:
    """Whether what the first file leaves may be there when the second runs; ``order`` is as far as known."""
    if effect.at_import or first not in order or second not in order:
        return first != second
    return order.index(first) < order.index(second)


def looked_for(asked: Collection[str], loads: set[str], known: set[str]) -> set[str]:
    """What of that which one file looks for another ``loads``; as attributes only what was not ``known``."""
    if ANYTHING in asked:
        return loads - known
    found = {name[len(LOADED) :] for name in asked if name.startswith(LOADED)} & loads
    below = (name[len(BELOW) :] for name in asked if name.startswith(BELOW))
    return found.union(*(meant(name, loads - known) for name in below))


@value(frozen=True)
class Meeting:
    """``order`` are the project's files as they run, as far as is known."""

    lookup: Lookup
    order: Sequence[str] = ()
    _modules: dict[int, set[str]] = field(default_factory=dict)
    _asking: Asking = field(default_factory=Asking)

    def apart(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Which files' results do not go together, each with why, in words."""
        runs: dict[str, list[Entry]] = {}
        for entry in entries:
            runs.setdefault(entry.run, []).append(entry)
        if len(runs) < 2:
            return {}
        every = [entry for group in runs.values() for entry in group]
        found: dict[str, str] = {}
        for first in filter(self._concerns_others(every), every):
            for second in every:
                if first.goes_with(second):
                    continue
                why = self.left(first, second) or self.looked(first, second)
                if why is not None:
                    found.setdefault(first.file, why)
                    found.setdefault(second.file, why)
        return found

    def _concerns_others(self, entries: Sequence[Entry]) -> Callable[[Entry], bool]:
        """Whether a file leaves or looks for anything at all: to ask of each two takes the square of them."""
        loads: set[str] = set()
        if any(entry.looks for entry in entries):
            loads = loads.union(*map(self._modules_of, entries))

        def concerns(entry: Entry) -> bool:
            if entry.effects or entry.looking:
                return True
            return entry.looks and bool(looked_for(entry.asked, loads, self._modules_of(entry)))

        return concerns

    def left(self, first: Entry, second: Entry) -> str | None:
        """What the first leaves and the second can see."""
        for effect in first.effects:
            if effect.fixture and effect in second.effects:
                continue  # what is done for the first user is done for the other
            before = may_be_before(self.order, first.file, second.file, effect)
            if before and self._sees(second, effect):
                return f"{first.file} leaves {effect.words}, which {second.file} can see"
        return None

    def looked(self, first: Entry, second: Entry) -> str | None:
        """What the first looks for and the second loads."""
        if first.looking:
            return f"{first.file} may see what is loaded, and {second.file} ran without it"
        if first.looks:
            known = self._modules_of(first)
            for name in sorted(looked_for(first.asked, self._modules_of(second), known)):
                return f"{first.file} looks for {name}, which {second.file} loads"
        return None

    def _sees(self, entry: Entry, effect: Effect) -> bool:
        if sees_effect(effect, self._modules_of(entry) if effect.modules else set(), entry.asked):
            return True
        sections = self.lookup.sections(entry) if effect.writes else ()
        return any(self._asking.of(section.inputs, str).sees(effect.writes) for section in sections)

    def _modules_of(self, entry: Entry) -> set[str]:
        if id(entry) not in self._modules:
            self._modules[id(entry)] = self.lookup.modules(entry)
        return self._modules[id(entry)]
