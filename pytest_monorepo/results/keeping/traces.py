"""What all workers of a project told of their inputs, put together: of all files, of some, of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from pytest_monorepo.inputs.record.asked import asked_for, sees
from pytest_monorepo.results.entries.entry import Effect
from pytest_monorepo.results.replays.meeting import Asked
from pytest_monorepo.results.values.section import Traced, merged
from pytest_monorepo.value import value

Trace = Mapping[str, Any]


@value(frozen=True)
class Part:
    """Inputs that these ``files`` have in common; ``modules`` are those whose variables they could see."""

    files: frozenset[str]
    traced: Traced
    modules: tuple[str, ...]


@value(frozen=True)
class Left:
    """What each of the ``files`` leaves that others may see."""

    files: frozenset[str]
    effect: Effect


@value(frozen=True)
class Traces:
    """``shared`` is of every file, ``collection`` says which files there are; ``units`` are files that are
    one. ``whole``: in words, why all files are one. ``ran`` are each worker's,
    ``asked`` the names of the variables that each file reads: ``*`` for all; ``users`` are of fixtures.
    ``looking`` are files that may see what others have loaded, ``order`` are all that the project has,
    ``mixed`` those whose tests may run between others'. ``stretches`` are each worker's, of tests in a row:
    the file, the numbers of the first and the last."""

    shared: Part
    collection: Traced
    parts: Sequence[Part]
    units: Sequence[frozenset[str]]
    left: Sequence[Left]
    whole: tuple[str, ...]
    ran: Sequence[frozenset[str]]
    asked: Mapping[str, frozenset[str]]
    users: Mapping[str, frozenset[str]] = field(default_factory=dict)
    looking: frozenset[str] = frozenset()
    order: tuple[str, ...] = ()
    mixed: frozenset[str] = frozenset()
    stretches: Sequence[Sequence[Sequence[Any]]] = ()

    def of(self, file: str) -> list[Part]:
        """What is the file's and not everybody's."""
        return [part for part in self.parts if file in part.files]

    def modules(self, file: str) -> set[str]:
        return {name for part in (self.shared, *self.of(file)) for name in part.modules}

    def effects(self, file: str) -> tuple[Effect, ...]:
        return tuple(left.effect for left in self.left if file in left.files)

    def moved(self, files: Collection[str]) -> str:
        """One of the files of which a test ran behind one that comes after it in a run of all, else empty."""
        for stretches in self.stretches:
            last = -1
            for file, first, end in stretches:
                if file in files:
                    if first < last:
                        return str(file)
                    last = end
        return ""

    def bond(self, first: str, second: str) -> str:
        """In words, what one of two files leaves that the other sees; else what that others see it by."""
        # what one leaves is mostly seen by who comes later
        first, second = sorted((first, second), key=lambda file: [*self.order, file].index(file))
        for file, other in ((first, second), (second, first)):
            for left in self.left:
                if file in left.files and other not in left.files:
                    seen = self._seen(left.effect, other)
                    if seen.modules or seen.facets:
                        return f" ({file} leaves {seen.words})"
        found = ((file, left) for left in self.left for file in (first, second) if file in left.files)
        return next((f" ({file} leaves {left.effect.words})" for file, left in found), "")

    def _seen(self, effect: Effect, file: str) -> Effect:
        """As much of it as concerns a file."""
        modules, asked = self.modules(file), self.asked.get(file, ())
        return Effect(
            tuple(name for name in effect.modules if name in modules),
            tuple(facet for facet in effect.facets if sees([facet], asked)),
        )

    def untraced(self, file: str) -> bool:
        """Whether the file, or everybody, did what no trace holds."""
        return any(part.traced.reasons for part in (self.shared, *self.of(file)))


def all_told(traces: Sequence[Trace]) -> Traces:
    """Of several workers: what one of them told of a file counts for it, whoever ran it."""
    shared = Part(frozenset(), merged(traces), _names(trace["modules"] for trace in traces))
    collection = merged(_filled(trace["collection"], trace) for trace in traces)
    parts: dict[frozenset[str], list[tuple[Trace, Trace]]] = {}
    for trace in traces:
        for part in trace["parts"]:
            parts.setdefault(frozenset(part["files"]), []).append((part, trace))
    units = [frozenset(unit) for trace in traces for unit in trace["units"]]
    left = [_left(one) for trace in traces for one in trace["effects"]]
    asked = _united(trace["asked"] for trace in traces)
    whole = tuple(dict.fromkeys(word for trace in traces for word in trace.get("whole", ())))
    each = [
        Part(files, merged(_filled(*pair) for pair in pairs), _names(p["modules"] for p, _ in pairs))
        for files, pairs in parts.items()
    ]
    if len(traces) > 1:
        units += [*_between(left, asked), *_across(traces)]
    return Traces(
        shared,
        collection,
        each,
        _joined(units),
        left,
        whole,
        [frozenset(trace["ran"]) for trace in traces],
        asked,
        _united(trace.get("users", {}) for trace in traces),
        frozenset(file for trace in traces for file in trace["looking"]),
        tuple(dict.fromkeys(file for trace in traces for file in trace.get("order", ()))),
        frozenset(file for trace in traces for file in trace.get("mixed", ())),
        [trace.get("stretches", ()) for trace in traces],
    )


def _between(left: Iterable[Left], asked: Mapping[str, frozenset[str]]) -> list[frozenset[str]]:
    """Files of which one leaves what the other has asked for by its name in another worker.

    In a run of all it could see it; what everybody can see each worker knows itself.
    """
    named = [one for one in left if one.effect.facets and all(map(asked_for, one.effect.facets))]
    return [
        frozenset([file, *one.files])
        for one in named
        for file, names in asked.items()
        if file not in one.files and sees(one.effect.facets, names)
    ]


def _across(traces: Sequence[Trace]) -> Iterator[frozenset[str]]:
    """Files of two workers of which one leaves what only the other's tests have come to, or asked for."""
    for here in traces:
        for left in map(_left, here["effects"]):
            if left.effect.modules or left.effect.writes:
                for there in traces:
                    others = _seeing(left, there) - left.files if there is not here else frozenset()
                    yield from (frozenset([file, *left.files]) for file in others)


def _seeing(left: Left, trace: Trace) -> frozenset[str]:
    """Of the files whose tests a worker ran those that may have seen it there."""
    found: set[str] = set()
    for part in trace["parts"]:
        reached = not {*left.effect.modules}.isdisjoint(part["modules"])
        if reached or (left.effect.writes and Asked.of(part["inputs"], str).sees(left.effect.writes)):
            found.update(part["files"])
    return frozenset(found.intersection(trace["ran"]))


def _united(many: Iterable[Mapping[str, Sequence[str]]]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for one in many:
        for key, names in one.items():
            found[key] = found.get(key, frozenset()).union(names)
    return found


def _filled(part: Trace, trace: Trace) -> Trace:
    named = {name: trace[name] for name in ("environment", "suffixes", "node") if name in trace}
    return {**part, **named, "base": ""}


def _names(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(sorted({name for names in lists for name in names}))


def _left(data: Mapping[str, Any]) -> Left:
    return Left(frozenset(data["files"]), Effect.of(data))


def _joined(units: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """Units that share a file are one."""
    found: list[frozenset[str]] = []
    for unit in units:
        meeting = [other for other in found if other & unit]
        found = [other for other in found if not other & unit]
        found.append(unit.union(*meeting))
    return found
