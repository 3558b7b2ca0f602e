"""Files that are one, of each of which some results hold: which of these are of one run.

Who goes from one branch to another and back has two runs of them. Of a file that is the same on both the
newest result holds, and that is of the other branch's run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from pytest_monorepo.results.entries.entry import Entry

from .lookup import Answer, Lookup, Question


def of_one_run(
    lookup: Lookup, question: Question, hits: Mapping[str, Answer], *, whole: bool
) -> dict[str, Answer]:
    """What takes the place of ``hits`` that do not go together; ``whole``: all files of the project are one.

    Nothing else than a result that holds, too: whether all go together is still to be asked.
    """
    found: dict[str, Answer] = {}
    holding: dict[str, Mapping[str, Entry]] = {}
    failed: set[tuple[str, str]] = set()
    for file in hits:
        if file in found or _go_together(file, hits, whole):
            continue
        for run in _of(lookup, question, file, holding):
            if (run, file) in failed:
                continue
            files = _one_with(lookup, question, file, run, hits if whole else (), holding)
            if all(one in hits and run in _of(lookup, question, one, holding) for one in files):
                answers = {one: lookup.ask(question, one, run) for one in files}
                if all(answer.entry is not None for answer in answers.values()):
                    found.update(answers)
                    break
            failed.update((run, one) for one in files)
    return found


def are_of_one_run(entries: Iterable[Entry]) -> bool:
    """Whether there is a run of which all are, or which was the same for each as its own."""
    runs = [{*entry.runs} for entry in entries]
    return not runs or bool(set.intersection(*runs))


def _go_together(file: str, hits: Mapping[str, Answer], whole: bool) -> bool:
    """Whether what it is one with is all there, and of one run."""
    entry = hits[file].entry
    ones = [hits.get(one) for one in (hits if whole else (file, *entry.unit) if entry is not None else ())]
    entries = [one.entry for one in ones if one is not None and one.entry is not None]
    return len(entries) == len(ones) and are_of_one_run(entries)


def _of(
    lookup: Lookup, question: Question, file: str, holding: dict[str, Mapping[str, Entry]]
) -> Mapping[str, Entry]:
    if file not in holding:
        holding[file] = lookup.holding(question, file)
    return holding[file]


def _one_with(
    lookup: Lookup,
    question: Question,
    file: str,
    run: str,
    others: Collection[str],
    holding: dict[str, Mapping[str, Entry]],
) -> set[str]:
    """The files that are one with it in a run, as far as their results hold, and the first that has none."""
    found: set[str] = set()
    pending = [file, *others]
    while pending:
        one = pending.pop()
        if one in found:
            continue
        found.add(one)
        entry = _of(lookup, question, one, holding).get(run)
        if entry is None:
            break
        pending.extend(entry.unit)
    return found
