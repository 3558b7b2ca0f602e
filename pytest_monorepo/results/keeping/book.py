"""What is known of a run whose results are kept: where they go, of whom they are, and what became of them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_monorepo.value import value

if TYPE_CHECKING:
    from pytest_monorepo.results.entries.entry import Entry
    from pytest_monorepo.results.entries.store import Store
    from pytest_monorepo.results.replays.lookup import Question
    from pytest_monorepo.results.values.section import Section


@value(frozen=True)
class Written:
    """A result that this run has proved, as other machines get it.

    ``key`` is where the own folder keeps the entry, ``question`` that of its project.
    ``bases`` are the inputs that it shares with others, in the order in which the entry names them.
    """

    question: Question
    key: str
    entry: Entry
    bases: Sequence[Section] = ()


@dataclass
class Book:
    """``commit`` tells the short name of the one that is checked out.

    ``clock`` are the projects that may read the clock, ``roots`` hold code that is looked at for it.
    ``measured`` are the projects whose coverage is; where it is not told apart by files they are one.
    ``doubted`` are files that gave one thing and another with the same inputs, each with why it is not kept;
    ``flaky`` are those of their tests that did so in one run. ``refused`` says after the run why a file, or
    all of a project, was not kept, in words; ``unread`` why it is not known what a fork server read, by the
    file in which it told; ``unlisted`` why it is not kept which files a project has. ``written`` is what was.
    ``parts`` are those of the last weak key whose parts were digested.
    """

    store: Store
    _: KW_ONLY
    commit: Callable[[], str] = str
    clock: frozenset[str] = frozenset()
    roots: tuple[str, ...] = ()
    measured: frozenset[str] = frozenset()
    doubted: dict[str, str] = field(default_factory=dict)
    flaky: dict[str, list[str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    unlisted: dict[str, str] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)
    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    began: int = field(default_factory=time.time_ns)
    parts: dict[str, tuple[Any, str]] = field(default_factory=dict)
