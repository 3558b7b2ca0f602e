"""What test files that do not run covered when they ran is put where this run looks for what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_monorepo.results.entries.elsewhere import here
from pytest_monorepo.results.entries.entry import Entry
from pytest_monorepo.results.entries.shares import info_of_all, joined
from pytest_monorepo.results.values.places import Places
from pytest_monorepo.worker.coverage import shares as writing

from .answers import Answers


def carry(
    answers: Answers, entries: Sequence[Entry], folder: Path, places: Places
) -> tuple[dict[str, Any], ...]:
    """What workers would have said of the files of these ``entries``; nothing where they were not measured.

    ``answers`` are for all of the project. ``folder`` is this run's for its data: a folder beside it is made.
    ``places`` say where files lie. Where files were not told apart all of them are carried, or none.
    """
    roster = answers.roster.entry or answers.latest
    if roster is None or not roster.coverage.infos:
        return ()
    beside = folder.with_name(f"{folder.name}-carried")
    found = [entry.share for entry in entries]
    shares = [share for share in found if share is not None]
    if len(shares) < len(found):
        return tuple(here(roster.coverage.restored(beside), places)) if answers.complete else ()
    beside.mkdir(parents=True, exist_ok=True)
    shares = [share.spelled(places.absolute) for share in shares]
    lines = joined(share.files for share in shares)
    if lines:
        branch = any(share.branch for share in shares if share.files)
        writing.write(str(beside / ".coverage.carried"), branch, [lines])
    # of the files that have run since it is not said here what they reached
    others = sorted({path for share in shares for path in share.others})
    known = info_of_all(here(roster.coverage.infos, places))
    return ({**known, "others": others, "data_dir": str(beside), "started": 0},)
