"""What of each project a call with ``--cached`` asks for. What is kept is of whole projects, in order.

So a result is looked for as if all had been asked for, and a part of a project is replayed where that is sure
to be what running would give. Kept of it are whole files, where the rest is known (:mod:`.keeping.rest`).
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import posixpath
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.results.entries import trees
from pytest_monorepo.results.replays import naming
from pytest_monorepo.results.replays.part import Part, Pick
from pytest_monorepo.results.values.places import SETTINGS
from pytest_monorepo.run.hooks import picking
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.run.plan.targets import holds
from pytest_monorepo.value import value
from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.model import Project

ELSEWHERE = "--shard: a part of it runs elsewhere"
STRANGE = "which tests are asked for cannot be told from the command line"


@value(frozen=True)
class Narrowing:
    """``words`` are the workers' options without those that choose or order tests, which the rest holds.

    ``strange``: the command line could not be read in full.
    """

    config: pytest.Config
    words: tuple[str, ...]
    keyword: str
    markexpr: str
    strange: bool

    @classmethod
    def of(cls, config: pytest.Config, plan: Plan) -> Narrowing:
        known, rest = _parser().parse_known_args(list(plan.words.words))
        keyword, markexpr = known.keyword or "", known.markexpr or ""
        told = [getattr(config.option, name, "") or "" for name in ("keyword", "markexpr")]
        # those of ini files and variables are the projects' own: each worker reads them there
        strange = any(asked not in ("", own) for asked, own in zip((keyword, markexpr), told, strict=True))
        strange |= any(map(_HIDDEN.match, rest))
        return cls(config, tuple(rest), keyword, markexpr, strange)

    def whole(self, plan: Plan) -> Plan:
        """The same as if all of each project had been asked for."""
        words = plan.words._replace(words=self.words, deselect=())
        return dataclasses.replace(
            plan,
            words=words,
            targets={},
            lastfailed=None,
            start_at=None,
            shares={},
            unselected={},
            collect_only=False,
        )

    def of_project(self, plan: Plan, path: str) -> Part | str | None:
        """What is asked for; ``None`` for all, a sentence where it runs whatever is kept."""
        project = plan.workspace.by_path[path]
        found = self._refusal(plan, project)
        if found is not None:
            return found
        reasons = [*self._reasons(plan, project)]
        if plan.collect_only:
            return self._part(plan, project, [*reasons, "--collect-only is given"], divides=bool(reasons))
        return self._part(plan, project, reasons, divides=True) if reasons else None

    def _part(self, plan: Plan, project: Project, reasons: list[str], *, divides: bool) -> Part:
        targets, option = plan.targets.get(project.path, ()), self.config.option
        chooses = self.keyword or self.markexpr or plan.words.deselect or any("::" in one for one in targets)
        paths = [_path(project, one) for one in targets]
        reordered = any(getattr(option, name, False) for name in ("failedfirst", "newfirst"))
        return Part(
            ", ".join(reasons),
            wanted=_wanted(plan, project),
            chooses=self._chooser(plan, project) if chooses else None,
            named=bool(targets) and all((plan.workspace.root / path).is_file() for path in paths),
            naming=naming.of(plan.workspace.root, project, paths),
            told=bool(targets or chooses or reordered or plan.collect_only),
            runs=dict.fromkeys(_failed(plan, project), "failed last time"),
            divides=divides,
            sharded=reasons == [ELSEWHERE],
        )

    def _refusal(self, plan: Plan, project: Project) -> str | None:
        named = self.keyword or self.markexpr
        failed = _failed(plan, project)
        if self.strange:
            return STRANGE
        if named and not plan.interpreter(project.path).is_current:
            return "-k, -m: it has a pytest of its own to choose tests"
        option = self.config.option
        if getattr(option, "lf", False) and (failed or option.last_failed_no_failures == "none"):
            return "--lf: what failed last time runs"
        if plan.start_at is not None and _owner(plan, plan.start_at) == project.path:
            return "--sw: what failed last time runs"
        return _strange_targets(plan, project)

    def _reasons(self, plan: Plan, project: Project) -> Iterable[str]:
        """In words, why a run is not one of all the project in its order."""
        option = self.config.option
        given = {
            "-k": self.keyword,
            "-m": self.markexpr,
            "--deselect": plan.words.deselect,
            "--nf": getattr(option, "newfirst", False),
            "--ff": getattr(option, "failedfirst", False) and _failed(plan, project),
        }
        yield from (f"{word} is given" for word, value in given.items() if value)
        if plan.targets.get(project.path):
            yield "a part of it was asked for"
        if project.path in plan.shares:
            yield ELSEWHERE
        if project.path in plan.unselected:
            yield "--affected-level=file: a part of it is selected"

    def _chooser(self, plan: Plan, project: Project) -> Callable[[protocol.Collected], Pick | str]:
        targets = [_parts(plan, project, one) for one in plan.targets.get(project.path, ())]
        deselect = tuple(plan.deselected(project))

        def choose(collected: protocol.Collected) -> Pick | str:
            chains = trees.chains(collected.nodes)
            if not len(chains) == len(collected.facts) == len(collected.tests):
                return "what -k, -m and node ids ask for was not kept"
            if collected.narrowed and (self.keyword or self.markexpr or deselect):
                return "its own settings choose tests, or check -m"
            named = _named(chains, targets) if targets else list(range(len(chains)))
            if isinstance(named, str):
                return named
            tests = [collected.tests[number] for number in named]
            asked = [(picking.names(chains[number]), collected.facts[number]) for number in named]
            try:
                kept = picking.chosen(self.config, self.keyword, self.markexpr, asked)
            except pytest.UsageError:
                kept = None
            if kept is None:
                return "-k or -m cannot be asked of what is kept"
            chosen = [t for t, keep in zip(tests, kept, strict=True) if keep and not t.startswith(deselect)]
            return Pick(tuple(chosen), tuple(test for test in tests if test not in set(chosen)))

        return choose


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-k", dest="keyword")
    parser.add_argument("-m", dest="markexpr")
    for names in (
        ("--lf", "--last-failed"),
        ("--ff", "--failed-first"),
        ("--nf", "--new-first"),
        ("--co", "--collect-only", "--collectonly"),
    ):
        parser.add_argument(*names, action="store_true")
    parser.add_argument("--lfnf", "--last-failed-no-failures")
    return parser


_HIDDEN = re.compile(r"-[vqxslhV]+[km]")
"""``-xk name``, which only pytest's own parser takes apart."""


def _owner(plan: Plan, nodeid: str) -> str:
    owner = plan.workspace.owner_of_test(nodeid)
    return owner.path if owner is not None else ""


def _failed(plan: Plan, project: Project) -> list[str]:
    """The project's files with tests that failed last time, as far as that counts in this run."""
    recorded = (nodeid.partition("::")[0] for nodeid in plan.lastfailed or ())
    return sorted({file for file in recorded if _owner(plan, file) == project.path})


def _wanted(plan: Plan, project: Project) -> Callable[[str], bool]:
    out = frozenset(plan.unselected.get(project.path, ()))
    share = plan.shares.get(project.path)
    paths = [_path(project, target) for target in plan.targets.get(project.path, ())]

    def wanted(file: str) -> bool:
        if file in out or (paths and not any(holds(path, file) for path in paths)):
            return False
        if share is None:
            return True
        return file in share.files or (share.first and file not in share.others)

    return wanted


def _path(project: Project, target: str) -> str:
    name = target.partition("[")[0] if "::" in target.partition("[")[0] else target
    return posixpath.normpath(posixpath.join(project.path, name.partition("::")[0]))


def _parts(plan: Plan, project: Project, target: str) -> tuple[str, list[str]]:
    """(path, names behind it), the last with its parameters."""
    name, bracket, parameters = target.partition("[")
    _, sep, rest = name.partition("::")
    if not sep:
        return _path(project, target), []
    *classes, last = rest.split("::")
    return _path(project, target), [*classes, last + bracket + parameters]


def _named(
    chains: Sequence[Sequence[Sequence[Any]]], targets: Iterable[tuple[str, list[str]]]
) -> list[int] | str:
    """The numbers of the tests that node ids name; a sentence where one names none."""
    found: list[int] = []
    for path, names in targets:
        inside = [number for number, chain in enumerate(chains) if holds(path, _file_of(chain))]
        these = [number for number in inside if _is_named(chains[number], names)]
        if inside and not these:
            return f"{'::'.join((path, *names))} names no test of it"
        found += (number for number in these if number not in found)
    return found


def _file_of(chain: Sequence[Sequence[Any]]) -> str:
    return str(chain[-1][3]).partition("::")[0]


def _is_named(chain: Sequence[Sequence[Any]], names: list[str]) -> bool:
    """As pytest matches (``Session.collect``): the last name without parameters means all of them."""
    if not names:
        return True
    inside = [str(node[2]) for node in chain if "::" in str(node[3])]
    *outer, last = names
    if inside[: len(outer)] != outer or len(inside) < len(names):
        return False
    name = inside[len(outer)]
    return name == last or ("[" not in last and name.partition("[")[0] == last)


def _strange_targets(plan: Plan, project: Project) -> str | None:
    """Where naming a path may mean more than fewer tests, in words."""
    targets = plan.targets.get(project.path, ())
    if any(target.startswith("../") for target in targets):
        return "what was asked for lies outside of it"
    parts = [_parts(plan, project, target) for target in targets]
    for number, (path, names) in enumerate(parts):
        others = [*parts[:number], *parts[number + 1 :]]
        if any(_overlap(parts[number], other) for other in others):
            return "paths were asked for that lie in one another"
        is_dir = (plan.workspace.root / path).is_dir()
        if is_dir and names:
            return f"{'::'.join((path, *names))} names a test of no file"
        folder = path if is_dir else posixpath.dirname(path)
        while folder and folder != project.path and holds(project.path, folder):
            for name in SETTINGS:
                if os.path.exists(plan.workspace.root / folder / name):
                    return f"a part of it was asked for, and {folder}/{name} may have settings for that"
            folder = posixpath.dirname(folder)
    if targets and any(word.startswith("--keep-dup") for word in plan.words.words):
        return "--keep-duplicates: a part of it was asked for"
    further = _further_paths(plan, project) if targets else None
    return None if further is None else f"its own options name {further} beside what was asked for"


def _further_paths(plan: Plan, project: Project) -> str | None:
    """A path in ``addopts``, which pytest adds to those of the command line.

    An option's value that is a path is taken for one.
    """
    own, variable = plan.settings.of(project.path).args, os.environ.get("PYTEST_ADDOPTS", "").split()
    words, folder = (*project.settings.addopts, *own, *variable), plan.workspace.root / project.path
    further = (word for word in words if not word.startswith("-") and _exists(folder, word))
    return next(further, next((word for word in words if "testpaths" in word), None))


def _exists(folder: Path, word: str) -> bool:
    # not Path.exists: before Python 3.14 it raises where a word is no possible name
    return os.path.exists(folder / word.partition("::")[0])


def _overlap(one: tuple[str, list[str]], other: tuple[str, list[str]]) -> bool:
    """Whether something of the second is in the first: pytest may run it twice."""
    (path, names), (inner, its_names) = one, other
    if not (names and its_names):
        return holds(path, inner)
    plain = [[name.partition("[")[0] for name in each] for each in (names, its_names)]
    return path == inner and plain[0] == plain[1][: len(names)]
