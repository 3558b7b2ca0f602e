"""A result that this run has proved."""

from __future__ import annotations

from dataclasses import dataclass

from .entry import Entry
from .lookup import Question
from .section import Section


@dataclass(frozen=True)
class Written:
    """``name`` is made of the inputs, ``base`` are those that it shares with others."""

    question: Question
    name: str
    entry: Entry
    base: Section | None = None
