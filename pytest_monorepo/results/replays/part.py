"""What of a project a call asks for, where that is not all of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from typing import Any

from pytest_monorepo.results.entries import trees
from pytest_monorepo.results.values.asks import asks
from pytest_monorepo.value import value
from pytest_monorepo.worker import protocol

from .answers import Answers, without
from .lookup import Answer, Question
from .naming import Naming

Chooser = Callable[[protocol.Collected], "Pick | str"]
"""Of the tests of a file, those that are asked for, or why they run."""


def _all(file: str) -> bool:
    return True


@value(frozen=True)
class Part:
    """``reason`` is why nothing of such a run is kept; ``wanted`` says which test files are asked for.

    ``chooses`` which of their tests, ``named`` whether files alone are named, so that no others can come,
    ``naming`` what the named paths may hold. ``told``: the tests can ask what was asked for. ``runs`` are
    files that run, each with the reason. ``divides``: some of the tests run.
    ``sharded``: whole files are left to other shards, and to nothing else.
    """

    reason: str
    wanted: Callable[[str], bool] = _all
    chooses: Chooser | None = None
    named: bool = False
    naming: Naming = field(default_factory=Naming)
    told: bool = False
    runs: Mapping[str, str] = field(default_factory=dict)
    divides: bool = True
    sharded: bool = False


@value(frozen=True)
class Pick:
    """Of one file's tests those that are said, and those that count as deselected; node ids."""

    tests: tuple[str, ...]
    deselected: tuple[str, ...] = ()


def of(answers: Answers, part: Part, question: Question) -> tuple[Answers, dict[str, Pick]]:
    """The answers where a part is asked for, and what is said of the files that need not run."""
    picks: dict[str, Pick] = {}
    stray = part.naming.stray(answers.roster.entry)
    if stray is not None:
        return without(answers, answers.hits, stray), picks
    for file, answer in tuple(answers.hits.items()):
        reason = part.runs.get(file) or _unfit(part, answer, question)
        if reason is None and part.chooses is not None:
            pick = part.chooses(collected(answer.messages))
            if isinstance(pick, str):
                reason = pick
            else:
                picks[file] = pick
        if reason is not None:
            answers = without(answers, [file], reason)
    return answers, {file: pick for file, pick in picks.items() if file in answers.hits}


def _unfit(part: Part, answer: Answer, question: Question) -> str | None:
    entry = answer.entry
    assert entry is not None
    if part.divides and entry.whole:
        return "its project is one, and a part of it is asked for"
    if not part.told:
        return None
    now, sections = question.now, (entry.own, *answer.bases)
    for path in sorted({path for section in sections for path in section.paths}):
        if path.endswith(".py") and path.startswith("<root>") and "/site-packages/" not in path:
            words = asks(now.places.absolute(path))
            if words is not None:
                return f"{now.places.shown(path)} can ask which tests were asked for ({words})"
    return None


def collected(messages: Sequence[Any]) -> protocol.Collected:
    """What was said of the file's collection."""
    return next(message for message in messages if isinstance(message, protocol.Collected))


def told(answer: Answer, pick: Pick | None, *, collect_only: bool) -> tuple[protocol.Collected, list[Any]]:
    """The collection and the other messages of a file; with ``collect_only`` no test is said to have run."""
    whole = collected(answer.messages)
    others = [message for message in answer.messages if message is not whole]
    if pick is not None:
        whole = _picked(whole, set(pick.tests))
        gone = {*_nodeids(answer), *pick.deselected} - set(pick.tests)
        others = [message for message in others if _nodeid(message) not in gone]
        if pick.deselected:
            others.insert(0, protocol.Deselected(list(pick.deselected)))
    if collect_only:
        others = [m for m in others if isinstance(m, (protocol.Deselected, protocol.CollectReport))]
    return whole, others


def counted(answer: Answer, pick: Pick | None) -> int:
    """How many of a file's tests are said."""
    assert answer.entry is not None
    return answer.entry.tests if pick is None else len(pick.tests)


def joined(collections: Sequence[protocol.Collected], *, collect_only: bool) -> protocol.Collected:
    """One collection of several files' ones."""
    tests = [test for one in collections for test in one.tests]
    nodes = trees.joined([one.nodes for one in collections]) if collect_only else []
    return protocol.Collected(tests, nodes)


def _picked(whole: protocol.Collected, tests: Collection[str]) -> protocol.Collected:
    nodes = trees.holding(whole.nodes, tests.__contains__)
    return whole._replace(tests=[test for test in whole.tests if test in tests], nodes=nodes, facts=[])


def _nodeids(answer: Answer) -> list[str]:
    return collected(answer.messages).tests


def _nodeid(message: Any) -> str | None:
    if isinstance(message, protocol.TestReport):
        return str(message.data.get("nodeid"))
    return getattr(message, "nodeid", None)
