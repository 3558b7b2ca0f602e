"""What complete traces of earlier runs with ``--cached`` say of a selection by test file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from pytest_monorepo.options import asked_to_cache
from pytest_monorepo.run.plan.invocation import Invocation
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.model import Workspace

if TYPE_CHECKING:
    from pytest_monorepo.affected.decision import Decision
    from pytest_monorepo.affected.files.traced import Seen
    from pytest_monorepo.results.entries.store import Store
    from pytest_monorepo.results.remote.shared import Shared
    from pytest_monorepo.results.replays.lookup import Question
    from pytest_monorepo.results.values.current import Current
    from pytest_monorepo.results.values.former import Changed
    from pytest_monorepo.run.plan.plan import Plan


def with_traces(
    config: pytest.Config, call: Invocation, settings: Settings, workspace: Workspace, decision: Decision
) -> Decision:
    """The decision with the test files that a trace adds, and without those that one takes away.

    A trace counts where each input that it holds had, at the base, the value that it holds. Not with
    ``--shard``: the machines, of which each may keep other traces, have to select the same.
    """
    if decision.files is None or decision.changes is None or config.option.shard is not None:
        return decision
    if decision.selection.everything is not None:
        return decision
    store, shared = _opened(config, settings, workspace)
    projects = [project.path for project in workspace.projects]
    known = frozenset(projects) if shared is not None else store.noted(projects)
    if not known:
        return decision
    from pytest_monorepo.affected.files.traced import with_traces

    try:
        plan = _measured(config, call, settings, workspace)
    except Exception as error:  # plugins that tell workers something expect a run that has begun
        note = f"no trace of an earlier run is asked: {type(error).__name__}: {error}"
        return decision._replace(warnings=(*decision.warnings, note))
    seen = _seen(config, plan, decision, store, shared, known)
    selection, files = with_traces(workspace, decision.selection, decision.files, seen)
    return decision._replace(selection=selection, files=files)


def _opened(config: pytest.Config, settings: Settings, workspace: Workspace) -> tuple[Store, Shared | None]:
    """The store of this machine, and the one of several machines in a run with ``--cached`` alone.

    A run without it needs neither the network nor what speaks to it.
    """
    from .cached import stores

    said = asked_to_cache(config.option)
    caches = settings.cached if said is None else said
    if not caches and settings.cached_store is not None and "://" in settings.cached_store:
        settings = replace(settings, cached_store=None)
    store, shared, _ = stores.opened(workspace.root, settings, os.environ)
    return store, shared


def _seen(
    config: pytest.Config,
    plan: Plan,
    decision: Decision,
    store: Store,
    shared: Shared | None,
    known: frozenset[str],
) -> Seen:
    """What the traces of the projects that are ``known`` to have some say."""
    from pytest_monorepo.affected.files.traced import Seen
    from pytest_monorepo.results.values.current import Current, Digests

    from .cached.proved import refusal, unfit

    if refusal(plan) is not None:
        return Seen()
    current = Current(Digests.load(store.digests))
    chosen = (project for project in plan.projects if project.path in known)
    plan = replace(plan, projects=tuple(p for p in chosen if unfit(plan, p) is None))
    questions = _questions(config, plan, store, current, shared)
    traces = _Traces(store, questions, current, tuple(_changes(decision)))
    if shared is not None:
        shared.fetch([question for base in traces.bases for question in base.strict.values()])
    trusted = plan.settings.affected_trust == "trace"
    same = traces.same(decision, plan.settings.affected_trust_days) if trusted else ()
    found = Seen(dict(traces.read(decision)), frozenset(same))
    current.digests.save()
    return found


def _measured(config: pytest.Config, call: Invocation, settings: Settings, workspace: Workspace) -> Plan:
    from pytest_monorepo.reports.coverage.options import CoverageOptions, measurement_specs

    from .cached.proved import measured_by_file
    from .planning import outline

    plan = outline(config, call, settings, workspace, fork=config.option.monorepo_start != "spawn")
    given = CoverageOptions.of(config.option)
    specs = measurement_specs(given, workspace, plan.projects, lambda project: "")
    return measured_by_file(replace(plan, coverage=specs))


def _questions(
    config: pytest.Config, plan: Plan, store: Store, current: Current, shared: Shared | None
) -> dict[str, Question]:
    from .cached.narrowing import Narrowing
    from .cached.proved import question_of

    whole = Narrowing.of(config, plan).whole(plan)
    ask = partial(question_of, config, whole, store=store, current=current, shared=shared, fork=plan.fork)
    return {project.path: ask(project) for project in plan.projects}


def told(decision: Decision) -> tuple[Changed, ...]:
    """What changed since each of the bases; nothing where that may have changed what is installed, too.

    An environment is none of git's files: nobody knows what it was at the base.
    """
    if decision.changes is None or any(map(_of_environment, decision.changes.paths)):
        return ()
    return tuple(_changes(decision))


def _of_environment(path: str) -> bool:
    from pytest_monorepo.affected.locks.names import names_a_lock
    from pytest_monorepo.workspace.manifests.pyproject import MANIFESTS

    name = path.rpartition("/")[2]
    return name in MANIFESTS or names_a_lock(path) or bool(_INSTALLED.search(name.lower()))


_INSTALLED = re.compile(
    r"require|constrain|environment|conda|docker|container|version|lock|noxfile|tox\.|hatch|\.ya?ml$|\.sh$"
)


def _changes(decision: Decision) -> Iterator[Changed]:
    """What changed since each of the bases."""
    from pytest_monorepo.affected.git.contents import read_at
    from pytest_monorepo.results.values.former import Changed

    assert decision.changes is not None
    root, paths = decision.workspace.root, decision.changes.paths
    place = os.path.realpath(root)
    for commit in decision.changes.bases:
        old = read_at(root, commit, paths)
        held = {os.path.normpath(os.path.join(place, path)): old.get(path) for path in paths}
        others = (os.path.join(place, path) for path in decision.workspace.files)
        yield Changed(held, tuple(path for path in others if path not in held))


class _Base(NamedTuple):
    """The questions as of one base: ``open`` takes what nobody can tell for what it was, ``strict`` not."""

    open: Mapping[str, Question]
    strict: Mapping[str, Question]


class _Traces:
    def __init__(
        self, store: Store, now: Mapping[str, Question], current: Current, changes: tuple[Changed, ...]
    ) -> None:
        from pytest_monorepo.results.values.former import UNKNOWN, Anything

        self._store = store
        self._now = now
        self._current = current
        self.bases = [_Base(self._at(one, Anything()), self._at(one, UNKNOWN)) for one in changes]

    def _at(self, changed: Changed, unknown: Any) -> dict[str, Question]:
        from pytest_monorepo.results.values.former import Former

        former = Former(self._current, changed, unknown)
        return {
            path: replace(question, now=replace(question.now, current=former))
            for path, question in self._now.items()
        }

    def read(self, decision: Decision) -> Iterator[tuple[str, str]]:
        """Test files that do not run yet, with what their trace asked for and now is another."""
        from pytest_monorepo.results.replays.lookup import Lookup

        now = Lookup(self._store, float("inf"))
        for base in self.bases:
            then = Lookup(self._store, float("inf"))
            for path, files in _left_out(decision):
                for file in files if path in self._now else ():
                    entry = then.ask(base.open[path], file).entry
                    others = () if entry is None else tuple(now.differences(entry, self._now[path].now))
                    if others:
                        yield file, others[0]

    def same(self, decision: Decision, days: float) -> Iterator[str]:
        """Test files that run, and of which nothing is another than in a trace not older than so many days.

        What ``--cached`` would replay of them, as far as it would have done so at every base.
        """
        from pytest_monorepo.results.replays import answers
        from pytest_monorepo.results.replays.lookup import Lookup

        from .cached.stores import DAY

        now = Lookup(self._store, days * DAY)
        then = [(base, Lookup(self._store, days * DAY)) for base in self.bases]
        assert decision.files is not None
        for path, narrowed in decision.files.items():
            if narrowed.whole is not None or path not in self._now:
                continue
            found = answers.ask(now, self._now[path], decision.workspace.by_path[path].test_files)
            gone = [
                file
                for file, hit in found.hits.items()
                if any(
                    hit.entry is None or tuple(lookup.differences(hit.entry, base.strict[path].now))
                    for base, lookup in then
                )
            ]
            yield from answers.without(found, gone, "was another at the base").hits


def _left_out(decision: Decision) -> Iterator[tuple[str, tuple[str, ...]]]:
    assert decision.files is not None
    for path, narrowed in decision.files.items():
        if narrowed.whole is None:
            yield path, narrowed.left_out
    for path in decision.selection.skipped:
        yield path, decision.workspace.by_path[path].test_files
