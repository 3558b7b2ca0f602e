"""Where a part of a project runs: whether what is kept of its other files says enough to keep the part.

A shard, or a selection by file, runs whole files. They mean the same as in a run of all where each other file
has a result that holds, none of which leaves what they see, and they leave nothing that those would see:
what is asked of a project of which some files are replayed and the others run (:mod:`clash`).
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_monorepo.results.replays.answers import Answers, without
from pytest_monorepo.results.replays.lookup import Lookup
from pytest_monorepo.results.values.compare import Now

from .clash import Clash
from .traces import Traces


def beside(
    answers: Answers, ran: Sequence[str], lookup: Lookup, now: Now, traces: Traces | None
) -> Answers | str:
    """What is known of the files that did not run, of all that is kept; a sentence where it does not do."""
    roster = answers.roster.entry
    if roster is None:
        return "which files it has is not known"
    known = without(answers, [file for file in ran if file in answers.hits], "it ran")
    left = [file for file in roster.unit if file not in ran]
    missing = next((file for file in left if file not in known.hits), None)
    if missing is not None:
        return f"no result of {missing} holds"
    if roster.whole and left:
        return "its files are one"
    if traces is None:
        return "a worker did not live to tell what it left"
    return Clash(lookup, now, traces, roster.order).first(known.entries, ran) or known
