"""What a project's page tells of a test beside this run: since when it fails, its last outcomes."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_monorepo.reports.run_model import BAD
from pytest_monorepo.results.history.story import Story

from . import causes, words
from .view import Site

MOST = 500
"""Of so many tests a project the outcomes are told: those that failed now, then those that ever did."""

LETTERS = {
    "passed": "p",
    "failed": "f",
    "error": "e",
    "skipped": "s",
    "xfailed": "x",
    "xpassed": "X",
    "quarantined": "q",
    "replayed": "r",
}


def notes(site: Site, path: str) -> Iterator[tuple[int, str, str, str, str, str]]:
    """(index, since when it fails, last outcomes as letters, source, owners, rerun command)."""
    story = site.story
    notable = story.notable if story is not None else frozenset[str]()
    tests = [
        (test.outcome not in BAD, index, test)
        for index, test in enumerate(site.tests.get(path, ()))
        if test.outcome in {*BAD, "quarantined"} or test.nodeid in notable
    ]
    for _, index, test in sorted(tests, key=lambda one: one[:2])[:MOST]:
        failing = story.failing.get(test.nodeid) if story is not None else None
        yield (
            index,
            causes.since(failing),
            _letters(story, test.nodeid) if story is not None else "",
            causes.source(site, test),
            " ".join(site.owners.of(test.file)),
            words.rerun(test.nodeid),
        )


def _letters(story: Story, test: str) -> str:
    """Oldest first; ``-`` for a run that says nothing of the test."""
    told = story.outcomes(test)
    return "".join(LETTERS.get(outcome, "-") for outcome in told) if len(told) > 1 else ""
