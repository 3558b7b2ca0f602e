"""The tests in quarantine as the page tells them: by entry, with who looks after it and how long. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from pytest_monorepo.quarantine import Entry
from pytest_monorepo.reports.run_model import BAD
from pytest_monorepo.results.history.story import in_a_row, proposal

from .causes import Failed, source
from .view import Site

QUARANTINED = "quarantined"


@dataclass
class Held:
    """One entry, ``None`` for tests of which none is known; ``proposal`` says what its last runs call for.

    ``failed`` are the tests that failed now, ``passed`` counts those that did not; ``over`` is whether its
    last day is past, so that they fail the run.
    """

    entry: Entry | None
    failed: list[Failed] = field(default_factory=list)
    passed: int = 0
    proposal: str = ""
    over: bool = False


def held(site: Site) -> tuple[Held, ...]:
    """Those with failures first, each entry that names a test of the run."""
    today = datetime.date.fromtimestamp(site.run.started)
    known = {entry.tests: Held(entry, over=entry.is_over(today)) for entry in site.quarantine}
    other = Held(None)
    for one in _of_interest(site):
        entry = next((entry for entry in site.quarantine if entry.holds(one.nodeid)), None)
        into = known[entry.tests] if entry is not None else other
        if one.test.outcome in {*BAD, QUARANTINED}:
            into.failed.append(one)
        elif one.test.outcome == "passed":
            into.passed += 1
    for into in known.values():
        into.proposal = _proposal(site, into.entry)
    found = [into for into in (*known.values(), other) if into.failed or into.passed]
    return tuple(sorted(found, key=lambda into: not into.failed))


def _of_interest(site: Site) -> Iterable[Failed]:
    for project, tests in site.tests.items():
        for index, test in enumerate(tests):
            if test.outcome == QUARANTINED or any(entry.holds(test.nodeid) for entry in site.quarantine):
                yield Failed(test, site.slugs[project], index, site.owners.of(test.file), source(site, test))


def _proposal(site: Site, entry: Entry | None) -> str:
    if site.story is None or entry is None:
        return ""
    return proposal(*in_a_row(site.story.runs, entry.holds))
