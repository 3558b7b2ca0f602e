"""The same inputs and another outcome: a test that is flaky, or one that reads what is not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from pytest_monorepo.results.entries import outcomes
from pytest_monorepo.results.entries.entry import Entry
from pytest_monorepo.results.entries.key import of_file, of_record
from pytest_monorepo.results.entries.outcomes import Outcomes
from pytest_monorepo.results.entries.store import Store
from pytest_monorepo.results.replays.lookup import Lookup, Question, entry_in
from pytest_monorepo.value import value


@value(frozen=True)
class Earlier:
    """What an earlier run gave; ``key`` and ``name`` say where it is kept."""

    key: str
    name: str
    entry: Entry
    gave: Mapping[str, Sequence[str]]


@value(frozen=True)
class Doubt:
    """A file that gave something else than before; ``tests`` are to run once more to tell why.

    ``others`` are the runs that gave something else, ``earlier`` is one of them.
    ``failed``: not all passed now.
    """

    question: Question
    file: str
    tests: tuple[str, ...]
    gave: Outcomes
    others: Sequence[Earlier]
    failed: bool = False

    @property
    def earlier(self) -> Earlier:
        return self.others[0]

    @property
    def project(self) -> str:
        return self.question.project


@value(frozen=True)
class Verdict:
    """One test. ``proven``: it gave another outcome when it was run ``again`` at once."""

    test: str
    before: str
    origin: str
    now: str
    again: str
    proven: bool

    @property
    def said(self) -> str:
        """What it gave, each time."""
        return f"{self.before} ({self.origin}), {self.now} now, {self.again} when it was run again at once"

    @property
    def words(self) -> str:
        """For the user."""
        what = "is flaky" if self.proven else "is flaky, or reads what is not seen"
        return f"{self.test} {what}: {self.said}, with the same inputs"


def earlier(
    store: Store, question: Question, file: str, gave: Outcomes, *, failed: bool, fresh: Callable[[], Lookup]
) -> list[Earlier]:
    """What was kept for the inputs of now and is not what the file ``gave``; none where that is known.

    Records are of failures. What passed is looked for only where something ``failed``.
    """
    found = []
    for kept in _kept(store, question, file, failed=failed):
        if not (kept.entry.flaky or outcomes.differing(kept.gave, gave)):
            continue
        if _holds(store, question, kept.entry, fresh()):
            if kept.entry.flaky:
                return []
            found.append(kept)
    return found


def _holds(store: Store, question: Question, entry: Entry, lookup: Lookup) -> bool:
    """Whether its inputs are as they were, which are also those of the files that it is one with."""
    if next(iter(lookup.differences(entry, question.now)), None) is not None:
        return False
    others = (other for other in entry.unit if other != entry.file)
    return all(_is_as_in(entry, store, question, other, lookup) for other in others)


def _is_as_in(entry: Entry, store: Store, question: Question, file: str, lookup: Lookup) -> bool:
    kept = (entry_in(data) for _, data in store.read(of_file(question.key, file)))
    return any(
        (one.project, one.file) == (question.project, file)
        and one.goes_with(entry)
        and next(iter(lookup.differences(one, question.now)), None) is None
        for one in kept
        if one is not None
    )


def _kept(store: Store, question: Question, file: str, *, failed: bool) -> Iterator[Earlier]:
    for key in (of_record(question.key, file), *([of_file(question.key, file)] if failed else ())):
        for name, data in store.read(key):
            entry = entry_in(data)
            if entry is None or (entry.project, entry.file) != (question.project, file):
                continue
            if entry.part and key == of_record(question.key, file):
                continue  # a shard's failure may be for want of what another has run
            try:
                yield Earlier(key, name, entry, entry.gave or outcomes.of(entry.decoded_messages()))
            except (ValueError, KeyError):
                store.drop(key, name)


def verdicts(doubt: Doubt, again: Outcomes | None) -> list[Verdict]:
    """For each test that gave something else; ``again`` is what they gave at once, ``None`` if nothing."""
    ran = again or {}
    proven = set(outcomes.differing(doubt.gave, ran)) if again is not None else set()
    tests = {*outcomes.differing(doubt.earlier.gave, doubt.gave), *proven}
    return [
        Verdict(
            test,
            outcomes.word(doubt.earlier.gave.get(test)),
            doubt.earlier.entry.origin,
            outcomes.word(doubt.gave.get(test)),
            outcomes.word(ran.get(test)),
            test in proven,
        )
        for test in sorted(tests)
    ]
