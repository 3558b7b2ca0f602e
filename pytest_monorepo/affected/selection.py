"""Changed paths and the graph → every project with its reason: pure, no I/O.

Whoever reads files (:mod:`plan`) hands over what the reading showed as values: a :class:`ChangedFile` per
path and a :class:`Side` for each of the two states compared. The numbered rules are in :mod:`.rules.effects`
and :mod:`.rules.spread`. The promise is that no test is left out whose outcome the change could alter; every
doubt is answered with more projects, never with fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.model import Workspace

from .rules.effects import effect_of, owners_of, readers_of
from .rules.spread import spread
from .rules.values import ChangedFile, Reason, Selection, Side, Touch


def select(changes: Iterable[ChangedFile], now: Side, bases: Sequence[Side], settings: Settings) -> Selection:
    """The projects of ``now`` whose tests the changes could alter, each with a shortest chain of reasons.

    ``bases`` are the states compared with, more than one where a criss-cross merge has several merge bases.
    """
    sides = (now, *bases)
    effects = {c.path: effect_of(c, sides, settings) for c in sorted(changes, key=lambda c: c.path)}
    reasons = spread({path: effect.touches for path, effect in effects.items()}, sides)
    everything = next(((p, e.everything) for p, e in effects.items() if e.everything is not None), None)
    selected: dict[str, Reason] = {}
    for project in now.workspace.projects:
        if project.path in reasons:
            selected[project.path] = reasons[project.path]
        elif everything is not None:
            selected[project.path] = Reason(everything[0], why=f"affects all: {everything[1]}")
    here = [project.path for project in now.workspace.projects]
    return Selection(
        selected=selected,
        skipped=tuple(path for path in here if path not in selected),
        changed=tuple(sorted({owner for path in effects for owner in owners_of(path, sides)} & set(here))),
        files={path: effect.words for path, effect in effects.items()},
        everything=None if everything is None else f"{everything[0]}: {everything[1]}",
    )


class Spread(NamedTuple):
    """What one changed path does: the projects it ``reaches``, and whether only by being imported (``code``).

    ``everything`` where it affects all whatever imports it, ``plain`` where nothing but its place says what
    it does, ``touches`` are the projects that it concerns itself. ``doubt`` is why its readers are not known;
    ``within`` are the projects where they are not, although elsewhere they are.
    """

    path: str
    reaches: frozenset[str]
    code: bool
    everything: bool = False
    plain: bool = False
    touches: tuple[Touch, ...] = ()
    doubt: str = "which no import leads to"
    within: frozenset[str] = frozenset()


def spreads(
    changes: Iterable[ChangedFile], now: Side, bases: Sequence[Side], settings: Settings
) -> list[Spread]:
    """For each of ``changes`` what :func:`select` selects because of it alone; arguments as there."""
    sides = (now, *bases)
    reached: dict[tuple[Touch, ...], frozenset[str]] = {}
    found = []
    for change in sorted(changes, key=lambda change: change.path):
        effect = effect_of(change, sides, settings)
        if effect.touches not in reached:
            reached[effect.touches] = frozenset(spread({change.path: effect.touches}, sides))
        code = _is_code(change, sides, settings)
        all_run = effect.everything is not None
        plain = not (code or all_run) and change == ChangedFile(
            change.path, untracked=change.untracked, named=change.named
        )
        found.append(Spread(change.path, reached[effect.touches], code, all_run, plain, effect.touches))
    return found


def _is_code(change: ChangedFile, sides: Sequence[Side], settings: Settings) -> bool:
    """Whether the file does what it does by being imported, and nobody reads it otherwise."""
    named = change.everything is not None or change.touches is not None
    if (
        named
        or any(not touch.met for touch in change.named)
        or not change.path.endswith(".py")
        or change.path.rpartition("/")[2] in _NO_MODULES
    ):
        return False
    read = (touch for touch in readers_of(change, sides, settings) if not touch.how.startswith("imports "))
    plugins = (
        s.workspace.by_path[o].pytest_plugin
        for o in owners_of(change.path, sides)
        for s in sides
        if o in s.workspace.by_path
    )
    return not any(read) and not any(plugins)


# Python, but run or read by tools, not imported by tests
_NO_MODULES = frozenset(("setup.py", "noxfile.py"))


def select_everything(workspace: Workspace, why: str, changes: Iterable[ChangedFile] = ()) -> Selection:
    """All projects, because ``why``: what stands in for a selection that cannot be trusted."""
    return Selection(
        selected={project.path: Reason(None, why=why) for project in workspace.projects},
        files={change.path: f"affects all: {why}" for change in changes},
        everything=why,
    )
