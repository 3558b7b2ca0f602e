"""``--cached``: which projects an earlier run has proved, what of this run is kept, and why the rest runs."""

from __future__ import annotations

import functools
import os
import posixpath
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_monorepo.affected.git import process as gitprocess
from pytest_monorepo.call import hooks
from pytest_monorepo.errors import GitError
from pytest_monorepo.results.caching import Caching
from pytest_monorepo.results.entries import elsewhere, key
from pytest_monorepo.results.entries.store import Store
from pytest_monorepo.results.keeping.keeper import Keeper
from pytest_monorepo.results.replays import answers
from pytest_monorepo.results.replays import part as parting
from pytest_monorepo.results.replays.lookup import Lookup, Question
from pytest_monorepo.results.replays.part import Part
from pytest_monorepo.results.unrun import Measured, Unrun
from pytest_monorepo.results.values.compare import Now
from pytest_monorepo.results.values.current import Current, Digests, ignored
from pytest_monorepo.results.values.declared import declared
from pytest_monorepo.results.values.places import Places
from pytest_monorepo.run.plan import jobs
from pytest_monorepo.run.plan import plan as planning
from pytest_monorepo.run.plan.schedule import Task
from pytest_monorepo.value import value
from pytest_monorepo.workspace.model import Project

from . import leaving, stores
from .narrowing import STRANGE, Narrowing

if TYPE_CHECKING:
    from pytest_monorepo.results.remote.shared import Shared

WRITES = ("--snapshot-update", "--inline-snapshot", "--force-regen", "--regen-all", "--force-sugar-update")
"""Options by which tests write what they should compare with."""


@value(frozen=True)
class _Asking:
    """By project what the store is asked, or why it is not, and the part of the project that is asked for.

    ``others`` are questions for the sake of what was measured, ``refused`` says why there is none.
    """

    questions: Mapping[str, Question]
    reasons: Mapping[str, str]
    parts: Mapping[str, Part]
    others: Mapping[str, Question]
    refused: Mapping[str, str]


def prepare(
    config: pytest.Config, plan: planning.Plan, *, fork: bool, unkept: str | None = None
) -> tuple[planning.Plan, Caching]:
    """The plan with what need not run, and what is to listen to the rest.

    ``unkept`` is why nothing of what runs is kept.
    """
    settings = plan.settings
    plan = measured_by_file(plan)
    store, shared, warning = stores.opened(plan.workspace.root, settings, os.environ)
    current = Current(Digests.load(store.digests))
    note = refusal(plan)
    asking = _asking(config, plan, note, store, current, shared, fork=fork)
    caching = Caching(
        store,
        _keeper(plan, store, asking, unkept),
        Lookup(store, settings.cached_max_age * stores.DAY),
        current,
        shared,
        verify=config.option.cached == "verify",
        reasons=dict(asking.reasons),
        note=note,
    )
    caching.notes += filter(None, [warning, unkept])
    caching.collect_only = plan.collect_only
    for path, known in _answered(caching, plan, asking).items():
        caching.answers[path] = _sampled(caching, known, settings.cached_sample)
    if not caching.collect_only and unkept is None:
        by_file = [path for path, part in asking.parts.items() if not part.told]
        caching.rests.update({p: answers.ask(caching.lookup, asking.questions[p], ()) for p in by_file})
        caching.sharded = frozenset(path for path in by_file if asking.parts[path].sharded)
    # also of a shard that runs no project: nothing is missing there
    asked = plan.coverage or getattr(config.option, "cov_source", None)
    if asked and note is None and not plan.collect_only:
        caching.unrun = _unrun(config, plan, asking, caching)
    plan = replace(plan, replays=caching.replays, parts=caching.parts)
    return replace(plan, together=caching.together, alone=caching.alone), caching


def _asking(
    config: pytest.Config,
    plan: planning.Plan,
    note: str | None,
    store: Store,
    current: Current,
    shared: Shared | None,
    *,
    fork: bool,
) -> _Asking:
    narrowing = Narrowing.of(config, plan)
    whole = narrowing.whole(plan)
    questions: dict[str, Question] = {}
    reasons: dict[str, str] = {}
    parts: dict[str, Part] = {}
    others: dict[str, Question] = {}
    refused: dict[str, str] = {}

    def asked(project: Project) -> Question:
        return question_of(config, whole, project, store, current, shared, fork=fork)

    def carried(project: Project, never: str | None) -> None:
        why = never or (STRANGE if narrowing.strange else None)
        if why is not None:
            refused[project.path] = why
        elif project.path in plan.coverage:
            others[project.path] = asked(project)

    for project in plan.projects:
        part = narrowing.of_project(plan, project.path)
        never = note or unfit(plan, project)
        reason = never or (part if isinstance(part, str) else None)
        if reason is not None:
            reasons[project.path] = reason
        if project.error is not None or project.path in plan.excluded:
            continue
        if reason is None:
            questions[project.path] = asked(project)
            if isinstance(part, Part):
                parts[project.path] = part
        else:
            carried(project, never)
    for project in plan.unasked if note is None else ():
        carried(project, unfit(plan, project))
    return _Asking(questions, reasons, parts, others, refused)


def _keeper(plan: planning.Plan, store: Store, asking: _Asking, unkept: str | None) -> Keeper:
    settings, root = plan.settings, plan.workspace.root
    paths = [project.path for project in plan.projects]
    partial = {path: part.reason for path, part in asking.parts.items()}
    # of these nothing is kept: it is heard what of them runs
    heard = {path: question for path, question in asking.others.items() if path in asking.reasons}
    partial.update({path: asking.reasons[path] for path in heard})
    questions = {**asking.questions, **heard}
    return Keeper(
        store,
        questions,
        commit=functools.cache(lambda: _commit(root)),
        clock=frozenset(path for path in paths if _may_ask_for_the_time(plan, path)),
        roots=(f"{root}{os.sep}",),
        limit=int(settings.cached_size * stores.MEGABYTE),
        measured=frozenset(plan.coverage),
        partial=dict.fromkeys(questions, unkept) if unkept else partial,
    )


def _answered(caching: Caching, plan: planning.Plan, asking: _Asking) -> dict[str, answers.Answers]:
    """What the store here says, and where that is not all, with what the shared one has."""
    files = {p.path: p.test_files for p in plan.projects if p.path in asking.questions}

    def ask(path: str) -> answers.Answers:
        return _asked(caching, asking.questions[path], files[path], asking.parts.get(path))

    found = {path: ask(path) for path in files}
    if caching.shared is not None:
        caching.shared.fetch([asking.questions[path] for path, known in found.items() if not known.complete])
        if caching.shared.found:
            found = {path: ask(path) for path in files}
    return found


def _unrun(config: pytest.Config, plan: planning.Plan, asking: _Asking, caching: Caching) -> Unrun:
    """What is known of all of each project that is measured, whatever of it runs."""
    questions = {**asking.questions, **asking.others}
    scopes = leaving.scopes(config.option, plan)
    known = {path: one for path, one in caching.answers.items() if path not in asking.parts}
    known.update(caching.rests)
    by_path = plan.workspace.by_path

    def ask(path: str) -> answers.Answers:
        return answers.ask(caching.lookup, questions[path], by_path[path].test_files)

    further = [path for path in questions if path in scopes and path not in known]
    found = {path: ask(path) for path in further}
    if caching.shared is not None and further:
        before = caching.shared.found
        caching.shared.fetch([questions[path] for path in further if not found[path].complete])
        if caching.shared.found > before:
            found = {path: ask(path) for path in further}
    known.update(found)
    projects = {
        path: Measured(
            questions[path],
            known[path],
            str(plan.coverage[path]["data_dir"]),
            one,
            by_path[path].test_files,
        )
        for path, one in scopes.items()
        if path in questions
    }
    refused = {path: (why, scopes[path]) for path, why in asking.refused.items() if path in scopes}
    return Unrun(projects, refused)


def _asked(caching: Caching, question: Question, files: Iterable[str], part: Part | None) -> answers.Answers:
    if part is None:
        return answers.ask(caching.lookup, question, files)
    found = answers.ask(caching.lookup, question, files, part.wanted, named=part.named)
    found, picks = parting.of(found, part, question)
    caching.picks.update(picks)
    return found


def _sampled(caching: Caching, found: answers.Answers, share: float) -> answers.Answers:
    """Without those that are run all the same."""
    if caching.collect_only and not caching.verify:
        return found  # nothing runs that could be compared
    sampled = [file for file in found.hits if caching.verify or random.random() < share]
    if not sampled:
        return found
    rest = answers.without(found, sampled, "is run to verify what is kept")
    caching.sampled.update({file: hit for file, hit in found.hits.items() if file not in rest.hits})
    return rest


def measured_by_file(plan: planning.Plan) -> planning.Plan:
    """The plan with coverage that is told of each test file apart, as it is kept."""
    return replace(plan, coverage={path: {**spec, "by_file": True} for path, spec in plan.coverage.items()})


def refusal(plan: planning.Plan) -> str | None:
    """Why nothing at all is replayed or kept, in the words of the option that forbids it."""
    if plan.terminal:
        return "-s, --pdb or --trace: the tests have the terminal"
    if plan.print_only or plan.show_output:
        return "no test has an outcome of its own with these options"
    words = (*plan.invocation.words, *os.environ.get("PYTEST_ADDOPTS", "").split())
    return next((f"{word}: the tests write" for word in words if word.startswith(WRITES)), None)


def unfit(plan: planning.Plan, project: Project) -> str | None:
    """Why nothing of the project is replayed or kept."""
    settings = plan.settings.of(project.path)
    if not settings.cached:
        return "cached = false"
    return next((f"{word}: the tests write" for word in settings.args if word.startswith(WRITES)), None)


def question_of(
    config: pytest.Config,
    plan: planning.Plan,
    project: Project,
    store: Store,
    current: Current,
    shared: Shared | None,
    *,
    fork: bool,
) -> Question:
    """What is to be asked of the store for a project; ``plan`` asks for all of it."""
    task = Task(project.path)
    job = jobs.adjusted(config, planning.make_job(plan, task, 0, ("", "")), project)
    environ = jobs.environment(job, os.environ)
    interpreter = plan.interpreter(project.path).executable
    places = _places(Places.of(plan.workspace.root, interpreter).roots)
    spec = plan.coverage.get(project.path)
    measured = None if spec is None else elsewhere.told(spec, job.folder, places, environ)
    further = declared(plan.workspace.root, hooks.inputs_of(config, plan.workspace, project), current)
    # also those that a selection leaves out
    extra: list[object] = [
        further,
        measured,
        _collected_from(plan.workspace.by_path[project.path].test_files),
    ]
    if _may_ask_for_the_time(plan, project.path):
        extra.append("cached-clock")  # who takes that back wants none of what was kept with it
    weak = key.weak_key(job, environ, interpreter, "fork" if fork else "spawn", places, current, extra)

    plain = shared.signing.plain if shared is not None else b""
    unread = ignored(plan.settings.cached_ignore_env)
    now = Now(current, places, environ, store.secret, unread, plain, job.shown)
    seeded = any(word.startswith("--hypothesis-seed") for word in job.args)
    return Question(project.path, key.name_of(weak), now, seeded, any(further), weak)


def _may_ask_for_the_time(plan: planning.Plan, path: str) -> bool:
    return plan.settings.cached_clock or plan.settings.of(path).cached_clock


def _collected_from(files: Iterable[str]) -> list[list[str]]:
    """The folders of test files, which pytest puts on ``sys.path``, and the names that several files have.

    In a new folder anything may come before what others import, and of two files of one name without packages
    pytest imports only the first (its ``prepend`` import mode).
    """
    count = Counter(map(posixpath.basename, files))
    return [
        sorted({posixpath.dirname(file) for file in files}),
        sorted(file for file in files if count[posixpath.basename(file)] > 1),
    ]


_places = functools.lru_cache(maxsize=16)(Places)  # one for all projects, with what it has worked out


def _commit(root: Path) -> str:
    """The short name of the commit checked out; empty without git."""
    try:
        return gitprocess.run(root, "rev-parse", "--short", "HEAD").decode().strip()
    except GitError:
        return ""
