"""The runs so far and this one → what is new, what goes on, what is mended, what is flaky. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field

from pytest_monorepo.value import value

from .changes import Change, slower
from .lineage import Asked, Lineage, nothing
from .record import BAD, Happened, Record

SHOWN = 20
"""How many of a test's last outcomes are told."""
CALM = 20
"""After how many passed runs in a row a test may leave quarantine."""
BROKEN = 5
"""After how many failed runs in a row a test is not called flaky any more."""


@value(frozen=True)
class Failing:
    """A test that fails now: ``since`` is the first of the runs in a row in which it failed.

    ``passed`` is the run before them, ``None`` where none is known.
    """

    test: str
    since: Record
    runs: int
    passed: Record | None

    @property
    def new(self) -> bool:
        return self.runs == 1


@value(frozen=True)
class Fixed:
    """A test that passes now and failed when it was last run; ``failed`` is that run."""

    test: str
    failed: Record


@value(frozen=True)
class Unseen:
    """A test that had no turn now and failed when it was last run; ``failed`` is that run."""

    test: str
    failed: Record


@value(frozen=True)
class Flaky:
    """Two runs with the same sources and interpreter, and another outcome.

    ``words`` tell of two runs with the same inputs where they were one run's, which is both records then.
    """

    test: str
    failed: Record
    passed: Record
    words: str = ""


@value(frozen=True)
class Slower:
    test: str
    change: Change
    since: Record


@value(frozen=True)
class Story:
    """``earlier`` are the runs that count for this one, oldest first; it is the last of ``runs``."""

    now: Record
    earlier: tuple[Record, ...] = ()
    failing: Mapping[str, Failing] = field(default_factory=dict)
    fixed: tuple[Fixed, ...] = ()
    flaky: tuple[Flaky, ...] = ()
    slower: tuple[Slower, ...] = ()
    unseen: tuple[Unseen, ...] = ()

    @property
    def runs(self) -> tuple[Record, ...]:
        return (*self.earlier, self.now)

    @property
    def notable(self) -> frozenset[str]:
        """The tests whose times and outcomes are worth keeping: those that ever did not simply pass."""
        return frozenset(
            test
            for run in self.runs
            for test, one in run.tests.items()
            if one.outcome != "passed" or one.reruns
        )

    def outcomes(self, test: str) -> list[str]:
        """The test's last outcomes, oldest first; ``""`` where a run's record does not tell of it.

        Of a run that only replayed it ``"replayed"``.
        """
        told = (run.tests.get(test) for run in self.runs)
        outcomes = ["" if one is None else "replayed" if one.replayed else one.outcome for one in told]
        return outcomes[-SHOWN:]


def outcome(run: Record, test: str, project: str) -> str | None:
    """``None`` where nothing is known; of a project that was run whole, what is not listed did not fail."""
    happened = run.tests.get(test)
    if happened is not None:
        return happened.outcome
    return "passed" if project in run.whole else None


def told(
    known: Sequence[Record],
    now: Record,
    owner: Callable[[str], str],
    parents: Asked = nothing,
) -> Story:
    """``known`` are all remembered runs in any order; ``owner`` says a node id's project.

    ``parents`` says how commits hang together; see :mod:`.lineage`.
    """
    lineage = Lineage.of([run for run in known if run.run != now.run], now, parents)
    earlier = lineage.earlier
    return Story(
        now,
        earlier,
        {one.test: one for one in _failing(lineage, now, owner)},
        tuple(_fixed(lineage, now, owner)),
        tuple(_flaky(earlier, now)),
        tuple(_slower(earlier, now)),
        tuple(_unseen(lineage, now, owner)),
    )


def _failing(lineage: Lineage, now: Record, owner: Callable[[str], str]) -> Iterator[Failing]:
    for test, happened in now.tests.items():
        if not happened.bad:
            continue
        since, runs, passed = now, 1, None
        for run, was in _backwards(lineage, test, owner(test)):
            if was not in BAD:
                passed = run
                break
            since, runs = run, runs + 1
        yield Failing(test, since, runs, passed)


def _backwards(lineage: Lineage, test: str, project: str) -> Iterator[tuple[Record, str]]:
    """What is known of it, the nearest first; what passes elsewhere mends nothing that failed here."""
    known = [(run, was) for run in reversed(lineage.runs) if (was := outcome(run, test, project)) is not None]
    for index, (run, was) in enumerate(known, 1):
        if run.run in lineage.taken and was not in BAD:
            here = (was for run, was in known[index:] if run.run not in lineage.taken)
            if next(here, None) in BAD:
                continue
        yield run, was


def _fixed(lineage: Lineage, now: Record, owner: Callable[[str], str]) -> Iterator[Fixed]:
    """A file that could not be collected is mended where its tests have their turn again."""
    files = _collected(now)
    for test, failed in _failed_last(lineage, owner):
        happened = now.tests.get(test)
        if test in files if happened is None else happened.outcome in ("passed", "xpassed"):
            yield Fixed(test, failed)


def _collected(run: Record) -> set[str]:
    """The files of which a test had its turn."""
    return {file for file, inside, _ in (test.partition("::") for test in run.tests) if inside}


def _unseen(lineage: Lineage, now: Record, owner: Callable[[str], str]) -> Iterator[Unseen]:
    """What is not listed of a project that was run whole is gone, and so is all of one that is."""
    known = {*now.tests, *_collected(now)}
    for test, failed in _failed_last(lineage, owner):
        if test not in known and owner(test) not in {"", *now.whole}:
            yield Unseen(test, failed)


def _failed_last(lineage: Lineage, owner: Callable[[str], str]) -> Iterator[tuple[str, Record]]:
    """The tests that failed when they were last run, with that run."""
    failed = dict.fromkeys(
        test for run in lineage.runs for test, happened in run.tests.items() if happened.bad
    )
    for test in failed:
        run, was = next(_backwards(lineage, test, owner(test)))
        if was in BAD:
            yield test, run


def _flaky(earlier: Sequence[Record], now: Record) -> Iterator[Flaky]:
    """With this run first, else the newest pair."""
    by_key: dict[str, list[Record]] = {}
    for run in (*earlier, now):
        if run.key:
            by_key.setdefault(run.key, []).append(run)
    found = {
        test: Flaky(test, run, run, words) for run in (*earlier, now) for test, words in run.proven.items()
    }
    for runs in by_key.values():
        for test in {test for run in runs for test, one in run.tests.items() if _failed(one)}:
            failed = [run for run in runs if test in run.tests and _failed(run.tests[test])]
            passed = [run for run in runs if _ran_and_passed(run, test)]
            if failed and passed and test not in found:
                found[test] = Flaky(test, failed[-1], passed[-1])
    yield from sorted(found.values(), key=lambda one: (-one.failed.started, one.test))


def _failed(happened: Happened) -> bool:
    return happened.bad or happened.outcome == "quarantined"


def _ran_and_passed(run: Record, test: str) -> bool:
    """A replay is no second run, and its time is not measured again."""
    happened = run.tests.get(test)
    return happened is not None and happened.outcome == "passed" and not happened.replayed


def _slower(earlier: Sequence[Record], now: Record) -> Iterator[Slower]:
    found = []
    for test, happened in now.tests.items():
        if happened.outcome != "passed" or happened.seconds < 0.05:
            continue
        runs = [run for run in (*earlier, now) if _ran_and_passed(run, test)]
        change = slower([run.tests[test].seconds for run in runs])
        if change is not None:
            found.append(Slower(test, change, runs[change.at]))
    yield from sorted(found, key=lambda one: one.change.before - one.change.after)


def in_a_row(runs: Sequence[Record], tests: Callable[[str], bool]) -> tuple[int, int]:
    """How many of the last runs passed all of these tests, and how many failed one; one of both is 0.

    Runs without any of them do not count, nor do those that only replayed them.
    """
    passed = failed = 0
    for run in reversed(runs):
        found = [one for test, one in run.tests.items() if not one.replayed and tests(test)]
        bad = any(_failed(one) for one in found)
        if not found or (bad and passed) or (not bad and failed):
            if found:
                break
            continue
        passed, failed = passed + (not bad), failed + bad
    return passed, failed


def proposal(passed: int, failed: int) -> str:
    """What is to be done with a quarantined test after so many runs in a row; empty for most."""
    if passed >= CALM:
        return f"passed its last {passed} runs: remove the entry"
    return f"failed its last {failed} runs: broken, not flaky: mend it" if failed >= BROKEN else ""
