"""What is known of a project's files together: which of them are replayed, and why the others run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace

from pytest_monorepo.inputs.owners.looked import looked_at
from pytest_monorepo.inputs.record.asked import asked_for
from pytest_monorepo.results.entries.entry import UNTRACED, Entry
from pytest_monorepo.value import value

from .lookup import Answer, Lookup, Question
from .meeting import Meeting
from .together import are_of_one_run, of_one_run


def _all(file: str) -> bool:
    return True


@value(frozen=True)
class Answers:
    """``roster`` answers which files the project has; ``hits`` need not run, ``reasons`` are the others'.

    ``latest`` is what was last known of the project, whether it still holds or not. ``wanted`` says which
    files are asked for, where that is not all; with ``named`` no others can turn up.
    """

    roster: Answer
    hits: Mapping[str, Answer] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    latest: Entry | None = None
    wanted: Callable[[str], bool] = _all
    named: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing at all of what is asked for need run."""
        if self.named:
            return bool(self.hits) and not self.reasons
        if self.roster.entry is None:
            return False
        return all(file in self.hits for file in self.roster.entry.unit if self.wanted(file))

    @property
    def entries(self) -> list[Entry]:
        return [answer.entry for answer in self.hits.values() if answer.entry is not None]


def ask(
    lookup: Lookup,
    question: Question,
    files: Iterable[str],
    wanted: Callable[[str], bool] = _all,
    *,
    named: bool = False,
) -> Answers:
    """``files`` are those that may have tests by their names; a roster that holds names those that have."""
    roster = lookup.ask(question, "")
    listed = roster.entry.unit if roster.entry is not None else ()
    # nothing is kept of a helper called test_entity.py: where all files are one, none was replayed
    others = () if roster.entry is not None and not named else files
    asked = filter(wanted, dict.fromkeys([*listed, *others]))
    found = {file: lookup.ask(question, file) for file in asked}
    hits = {file: answer for file, answer in found.items() if answer.entry is not None}
    reasons = {file: answer.reasons[0] for file, answer in found.items() if answer.entry is None}
    latest = roster.entry or lookup.latest(question)
    hits.update(of_one_run(lookup, question, hits, whole=latest is not None and latest.whole))
    _leave_units(hits, reasons)
    order = latest.order if latest is not None else ()
    _leave_strangers(lookup, hits, reasons, order)
    elsewhere = [file for file in latest.unit if not wanted(file)] if latest is not None else []
    _leave_parts(lookup, question, hits, reasons, latest, elsewhere)
    if (why := _of_all(lookup, question, roster, latest, hits, reasons)) is not None:
        reasons.update(dict.fromkeys(hits, why))
        hits.clear()
    if hits and not named:
        roster = _as_collected(lookup, question, roster, elsewhere)
    return Answers(roster, hits, reasons, latest, wanted, named)


def _as_collected(lookup: Lookup, question: Question, roster: Answer, elsewhere: Iterable[str]) -> Answer:
    """The roster, unless a file that is not asked for has changed: it is imported all the same.

    What that leaves those would see that are replayed.
    """
    changed = next((file for file in elsewhere if not lookup.is_as_it_was(question, file)), None)
    if roster.entry is None or changed is None:
        return roster
    return Answer(reasons=(f"what importing {changed} leaves is not known",))


def _of_all(
    lookup: Lookup,
    question: Question,
    roster: Answer,
    latest: Entry | None,
    hits: Mapping[str, Answer],
    reasons: Mapping[str, str],
) -> str | None:
    """Why none is replayed where some run, or they are of several runs; ``roster`` says which there are."""
    known = roster.entry
    if latest is not None and latest.whole and hits:
        if reasons:
            return next(iter(reasons.values()))
        if known is None:
            return next(iter(roster.reasons))
        if not are_of_one_run(answer.entry for answer in hits.values() if answer.entry is not None):
            return "its project is one, and not all of it is of one run"
    looking = next((file for file in reasons if _looks(question, latest, file)), None) if hits else None
    watching = next((file for file in hits if latest is not None and file in latest.looking), None)
    if watching is not None and (reasons or known is None):
        return f"{watching} may see what others load, of which some run"
    if looking is not None:
        return f"{looking} runs, which may see what is loaded"
    if known is None and latest is not None:
        shapes = _left_to_collection(hits, lookup.modules(latest))
        if shapes is not None:
            return f"{next(iter(roster.reasons))}, and {shapes}"
    return _left_to_all(hits, reasons, latest.order if latest is not None else ())


def _leave_strangers(
    lookup: Lookup, hits: dict[str, Answer], reasons: dict[str, str], order: Sequence[str]
) -> None:
    """What goes together: a merge has what one branch leaves, and who looks on another."""
    entries = [answer.entry for answer in hits.values() if answer.entry is not None]
    _leave(Meeting(lookup, order).apart(entries), hits, reasons)


def _leave(files: Mapping[str, str], hits: dict[str, Answer], reasons: dict[str, str]) -> None:
    """Run these, each for its reason, with those that are one with them."""
    for file, why in files.items():
        del hits[file]
        reasons[file] = why
    if files:
        _leave_units(hits, reasons)


def _leave_parts(
    lookup: Lookup,
    question: Question,
    hits: dict[str, Answer],
    reasons: dict[str, str],
    latest: Entry | None,
    others: Sequence[str],
) -> None:
    """Of what ran without others only what goes with the files that are not asked for, as is known of each.

    Nobody has seen them together yet; those that are asked for are seen together in this run, unless
    nobody will know what one of them leaves.
    """
    parts = {file: answer.entry for file, answer in hits.items() if answer.entry and answer.entry.apart}
    doings = {file: lookup.doings(question, file) for file in [*others, *reasons]} if parts else {}
    doings = {file: one for file, one in doings.items() if file in others or _is_untraced(one)}
    meeting = Meeting(lookup, latest.order if latest is not None else ())
    gone = {}
    for file, entry in parts.items():
        if latest is None:
            gone[file] = "it ran without others, and which files its project has is not known"
        elif (why := _unlike(meeting, entry, doings)) is not None:
            gone[file] = why
    _leave(gone, hits, reasons)


def _is_untraced(entry: Entry | None) -> bool:
    return entry is not None and UNTRACED in entry.effects


def _unlike(meeting: Meeting, entry: Entry, doings: Mapping[str, Entry | None]) -> str | None:
    for file, other in doings.items():
        if other is None or _is_untraced(other):
            return f"what {file} leaves is not known, and it has not run with all others"
        if not other.goes_with(entry):
            why = meeting.left(other, entry) or meeting.looked(entry, other)
            if why is not None:
                return why
    return None


def _looks(question: Question, latest: Entry | None, file: str) -> bool:
    """Whether a file means something only where all of its project is loaded, as far as one can tell."""
    if latest is not None and file in latest.looking:
        return True
    path = question.now.places.absolute(f"<root>/{file}")
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return looked_at(stream.read()) is None
    except OSError:
        return False


def _left_to_collection(hits: Mapping[str, Answer], everybodys: set[str]) -> str | None:
    """What a hit leaves where it is imported that hooks may see which collect other files.

    ``everybodys`` are modules that all reach: conftests and plugins.
    """
    for file, answer in hits.items():
        for effect in answer.entry.effects if answer.entry is not None else ():
            seen = not everybodys.isdisjoint(effect.modules)
            if effect.at_import and (seen or any(not asked_for(facet) for facet in effect.facets)):
                return f"{file} leaves {effect.words}, which may say what is collected"
    return None


def _left_to_all(hits: Mapping[str, Answer], reasons: Iterable[str], order: Sequence[str]) -> str | None:
    """What a hit leaves that everybody can see, with who runs after it: without it that could fail."""
    place = {file: number for number, file in enumerate(order)}
    last = max((place.get(file, len(order)) for file in reasons), default=-1)
    for file, answer in hits.items():
        for effect in answer.entry.effects if answer.entry is not None else ():
            before = effect.at_import or place.get(file, -1) < last
            if last >= 0 and before and any(not asked_for(facet) for facet in effect.facets):
                return f"{file} leaves {effect.words}, which everybody can see, and others run"
    return None


def without(answers: Answers, files: Iterable[str], reason: str) -> Answers:
    """The same where some of the files run for that reason."""
    gone = set(files)
    hits = {file: answer for file, answer in answers.hits.items() if file not in gone}
    reasons = {**answers.reasons, **dict.fromkeys(gone, reason)}
    _leave_units(hits, reasons)
    return replace(answers, hits=hits, reasons=reasons)


def _leave_units(hits: dict[str, Answer], reasons: dict[str, str]) -> None:
    """Files that are one with a file that runs, run as well."""
    while True:
        gone = {file: other for file in hits if (other := _missing(file, hits)) is not None}
        if not gone:
            return
        for file, other in gone.items():
            del hits[file]
            reasons[file] = f"is one with {other}: {reasons.get(other, 'another run is kept of that')}"


def _missing(file: str, hits: Mapping[str, Answer]) -> str | None:
    entry = hits[file].entry
    assert entry is not None
    for other in entry.unit:
        there = hits[other].entry if other in hits else None
        if there is None or not there.goes_with(entry):
            return other
    return None
