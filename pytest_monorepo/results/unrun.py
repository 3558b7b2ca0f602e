"""With ``--cov``: what does not run brings the lines of its newest results that hold, else there is no data.

That is what is replayed, and what ``--affected``, paths, ``-k``, a stop or others leave out: what is asked of
the store is always all of a project. The numbers are those of a run of all where nothing is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_monorepo.value import value

from .replays.carrying import carry

if TYPE_CHECKING:
    from .entries.entry import Entry
    from .replays.answers import Answers
    from .replays.lookup import Question

MOST = 3
"""So many are named."""

ROSTER = ""
"""Stands for the files of a project of which it is not known which it has."""


@value(frozen=True)
class Scope:
    """What of a project the run asks for.

    ``out`` are test files that a selection leaves out, ``elsewhere`` those that other shards run.
    ``narrowed``: not all else is asked for. ``listed``: the run finds all the others. Of the ``named`` files
    single tests are asked for; ``blind``: it is not told which tests are left out.
    """

    out: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    narrowed: bool = False
    listed: bool = True
    named: frozenset[str] = frozenset()
    blind: bool = False

    def is_cut(self, file: str, *, deselected: bool) -> bool:
        """Whether perhaps not all tests of a file ran that has come to its end."""
        return self.narrowed and (self.blind or deselected or file in self.named)


@value(frozen=True)
class Measured:
    """A project that is measured: ``answers`` are for all of it, ``folder`` is where its data goes.

    ``files`` are the test files that it is known to have.
    """

    question: Question
    answers: Answers
    folder: str
    scope: Scope
    files: tuple[str, ...] = ()

    def needed(self, tested: Iterable[str], *, over: bool) -> tuple[set[str], bool]:
        """The files whose lines a run of all would have measured, and whether that is all of them."""
        roster, scope = self.answers.roster.entry, self.scope
        found = {*tested, *self.answers.hits}
        if roster is not None:
            found |= {*roster.unit}
        elif over and scope.listed:
            found |= scope.out
        else:
            return {*self.files, *found} - scope.elsewhere, False
        return found - scope.elsewhere, True


@value(frozen=False)
class Unrun:
    """``refused`` says of measured projects why the store is not asked, and what of them the run asks for.

    ``missing`` is known at the end: for each project the files without data, each with why.
    """

    projects: Mapping[str, Measured] = field(default_factory=dict)
    refused: Mapping[str, tuple[str, Scope]] = field(default_factory=dict)
    missing: dict[str, dict[str, str]] = field(default_factory=dict)
    settled: bool = False
    _tested: dict[str, list[str]] = field(default_factory=dict)
    _ended: dict[str, frozenset[str]] = field(default_factory=dict)
    _clashes: dict[str, str] = field(default_factory=dict)
    _over: set[str] = field(default_factory=set)

    def beside(self, project: str, ended: Iterable[str], replayed: Iterable[str]) -> list[Entry]:
        """The results whose lines are to be carried beside what ran, but for those that are replayed."""
        gone = {*ended, *replayed}
        return [entry for entry in self.projects[project].answers.entries if entry.file not in gone]

    def ran(
        self, project: str, tested: list[str], ended: Iterable[str], clash: str | None, *, over: bool
    ) -> None:
        """These files of the project have run, of the ``ended`` all tests; ``over``: no more is to come.

        ``clash`` is why what is kept of the others does not hold beside them.
        """
        self._tested[project], self._ended[project] = tested, frozenset(ended)
        if clash is not None:
            self._clashes[project] = clash
        if over:
            self._over.add(project)

    def settle(self, replayed: Mapping[str, Answers]) -> list[dict[str, Any]]:
        """What workers would have said of what is carried, with the data where this run looks for it.

        ``replayed`` are the files that are, by project.
        """
        self.settled = True
        infos: list[dict[str, Any]] = []
        for path, one in self.projects.items():
            infos += self._settled(path, one, replayed[path].entries if path in replayed else [])
        for path, (why, scope) in self.refused.items():
            if path not in self._over or scope.narrowed or scope.out:
                self.missing[path] = {ROSTER: why}
        return infos

    def _settled(self, path: str, one: Measured, replayed: Sequence[Entry]) -> list[dict[str, Any]]:
        tested, ended = self._tested.get(path, []), self._ended.get(path, frozenset())
        clash, over = self._clashes.get(path), path in self._over
        gone = ended | one.scope.elsewhere
        kept = self.beside(path, gone, ()) if clash is None else []
        said = replayed if clash is None or over else []  # a run that was stopped has said none
        entries = {entry.file: entry for entry in (*kept, *said)}
        places = one.question.now.places
        found = carry(one.answers, [*entries.values()], Path(one.folder), places) if entries else ()
        carried = entries.keys() if found else set()
        found = tuple({**info, "carried": sorted(carried)} for info in found)
        if over and not (one.scope.narrowed or one.scope.out) and (found or not entries):
            return list(found)  # the run itself tells what of it has not come to its end
        needed, known = one.needed(tested, over=over)
        missing = {file: self._why(one, file, clash) for file in sorted(needed - ended - carried)}
        if not known:
            missing[ROSTER] = next(iter(one.answers.roster.reasons), "which files it has is not known")
        if missing:
            self.missing[path] = missing
        error = {"error": f"no data of {_named(missing)}"} if missing else {}
        return [{**info, **error} for info in found]

    def _why(self, one: Measured, file: str, clash: str | None) -> str:
        if file in one.answers.hits:
            return clash or "what it covered is kept together with all of its project"
        return one.answers.reasons.get(file, "it did not run to its end")

    def explanation(self) -> Iterator[str]:
        """A line for each file, or project, of which there is no data."""
        for path in sorted(self.missing):
            for file, why in self.missing[path].items():
                yield f"{file or path} has no data: {why}"


def _named(missing: Mapping[str, str]) -> str:
    files = [file for file in missing if file != ROSTER]
    if not files:
        return "tests that it may have"
    return files[0] if len(files) == 1 else f"{len(files)} test files"


def gap(missing: Mapping[str, Mapping[str, str]]) -> str:
    """In words, of what there is no data; empty where nothing is missing."""
    unknown = sorted(path for path, files in missing.items() if ROSTER in files)
    named = {path: files for path, files in missing.items() if path not in unknown}
    files = sorted(file for found in named.values() for file in found)
    words = files if len(files) <= MOST else [f"{len(files)} test files of {_projects(len(named))}"]
    more = f"{_projects(len(unknown))}" if len(unknown) > MOST else ", ".join(unknown)
    if unknown:
        words = [*words, f"tests of {more}"]
    return f"no data of {', '.join(words)}" if words else ""


def _projects(count: int) -> str:
    return f"{count} project{'s' * (count != 1)}"
