"""A result that this run has proved, as other machines get it."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_monorepo.results.entries.entry import Entry
from pytest_monorepo.results.replays.lookup import Question
from pytest_monorepo.results.values.section import Section
from pytest_monorepo.value import value


@value(frozen=True)
class Written:
    """``key`` is where the own folder keeps the entry, ``question`` that of its project.

    ``bases`` are the inputs that it shares with others, in the order in which the entry names them.
    """

    question: Question
    key: str
    entry: Entry
    bases: Sequence[Section] = ()
