"""The story of one run: discover, decide (graph, changes, selection), choose, plan, run and report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_monorepo.reports.tally import Tally
from pytest_monorepo.reports.terminal.preload import PreloadReport
from pytest_monorepo.reports.terminal.table import LiveLine
from pytest_monorepo.run.controller import Controller
from pytest_monorepo.run.plan import history
from pytest_monorepo.run.plan import plan as planning
from pytest_monorepo.run.plan.choice import Choice
from pytest_monorepo.run.plan.invocation import Invocation
from pytest_monorepo.run.workers import interpreters
from pytest_monorepo.run.workers.interface import Workers
from pytest_monorepo.settings import Settings
from pytest_monorepo.value import value
from pytest_monorepo.worker.plugins.reports.reporter import own as own_reporter
from pytest_monorepo.workspace.model import Workspace

from . import choosing, deciding, hooks, preloading
from .planning import build
from .reports import header, measuring
from .reports.reporting import Reporting

if TYPE_CHECKING:
    from pytest_monorepo.affected.decision import Decision
    from pytest_monorepo.cluster.opening import Cluster
    from pytest_monorepo.reports.summaries import CoverageSummary
    from pytest_monorepo.results.caching import Caching
    from pytest_monorepo.shards import merge
    from pytest_monorepo.shards.recorder import Ending


@value(frozen=False)
class Run:
    """``tmp`` is the run's own folder; ``pool`` starts its workers, ``None`` where shards are merged.

    ``numprocesses`` is xdist's ``-n`` as given.
    """

    invocation: Invocation
    tmp: Path
    pool: Workers | None
    numprocesses: object = None
    print_only: bool = False
    notes: list[str] = field(default_factory=list)
    plan: planning.Plan | None = None
    decision: Decision | None = None
    merged: merge.Shards | None = None
    caching: Caching | None = None
    cluster: Cluster | None = None

    def configure(self, config: pytest.Config) -> None:
        """Everything before the first test; pytest's own loop then finds the controller registered."""
        if config.option.monorepo_merge is not None:
            return self._merge(config)
        settings, workspace = deciding.discover(config, self.invocation.root)
        self.decision = deciding.decide(config, self.invocation, settings, workspace)
        share = settings.affected_sample
        choice = choosing.choose(config, self.invocation, workspace, self.decision, share)
        self.plan = self._planned(config, settings, workspace, choice)
        return self._run_and_report(config, self.plan, choice)

    def _planned(
        self, config: pytest.Config, settings: Settings, workspace: Workspace, choice: Choice
    ) -> planning.Plan:
        """What runs, without what need not run again; where; and what is imported once for all."""
        plan = self._built(config, settings, workspace, choice)
        plan = self._with_replays(config, plan)
        plan = self._on_cluster(config, plan)
        return preloading.prepared(config, plan, fork=self._pool.fork, traced=self._pool.traced)

    def _built(
        self, config: pytest.Config, settings: Settings, workspace: Workspace, choice: Choice
    ) -> planning.Plan:
        self.notes += workspace.warnings if self.decision is None else self.decision.warnings
        plan = build(
            config,
            self.invocation,
            settings,
            workspace,
            choice,
            fork=self._pool.fork,
            print_only=self.print_only,
            numprocesses=self.numprocesses,
            room=self._room(config, settings),
        )
        reasons = {p.path: interpreters.exclusion(p, plan.interpreter(p.path)) for p in plan.projects}
        # where it is to run all the same, plain pytest asks nobody either
        excluded = {
            path: reason
            for path, reason in reasons.items()
            if reason is not None and settings.requires_python_of(path) != "run"
        }
        self.cov = measuring.options(config, workspace.root)
        plan = self._with_unasked(config, plan, choice)
        return measuring.measured(replace(plan, excluded=excluded), self.cov, self.tmp, self.decision)

    def _with_unasked(self, config: pytest.Config, plan: planning.Plan, choice: Choice) -> planning.Plan:
        if not self._pool.traced or self.cov.no_cov:
            return plan
        from .cached import leaving

        return leaving.with_unasked(config, plan, choice)

    @property
    def _pool(self) -> Workers:
        assert self.pool is not None
        return self.pool

    def _room(self, config: pytest.Config, settings: Settings) -> int | None:
        """How many workers a cluster has room for; ``None`` without one."""
        if self.cluster is None:
            return None
        asked = config.option.workers if config.option.workers is not None else self.numprocesses
        number = planning.worker_count(asked, 0)
        return self.cluster.connect(settings.cluster, number or None)

    def _with_replays(self, config: pytest.Config, plan: planning.Plan) -> planning.Plan:
        """``--cached``: what need not run again, and who keeps what runs."""
        if not self._pool.traced:
            return plan
        from pytest_monorepo.reports.terminal.cached import CachedReport

        from . import tracing
        from .cached import proved

        unkept = None
        if self.cluster is not None:
            from pytest_monorepo.cluster.outside import settings_above

            unkept = settings_above(plan.workspace.root)
        plan, self.caching = proved.prepare(config, plan, fork=self._pool.fork, unkept=unkept)
        if self.decision is not None:
            self.caching.changes = partial(tracing.told, self.decision)
        report = CachedReport(self.caching, config.option.cached_explain, self.invocation.cwd)
        config.pluginmanager.register(report, "monorepo-cached")
        return plan

    def _on_cluster(self, config: pytest.Config, plan: planning.Plan) -> planning.Plan:
        if self.cluster is None or not _runs(plan):
            return plan
        plan = self.cluster.open(plan)
        self.notes += self.cluster.notes
        if self.cluster.unsent is not None:
            config.pluginmanager.register(self.cluster.unsent, "monorepo-unsent")
        return plan

    def _run_and_report(self, config: pytest.Config, plan: planning.Plan, choice: Choice) -> None:
        tally = Tally(config, plan.workspace, chosen=_chosen(choice, plan))
        controller = self._controller(config, plan)
        store = self.caching.store if self.caching is not None else None
        proven = self.caching.proven if self.caching is not None else dict
        known = (store, proven, self._unconcerned, self._unmeasured)
        reporting = Reporting(config, self.invocation, plan, self.decision, self.cov, tally, *known)
        coverage = reporting.coverage(controller, choice)
        reporting.register(coverage)
        if choice.shard is not None and not (plan.collect_only or plan.print_only):
            self._record_shard(config, plan, choice, controller, coverage)
        if plan.preload.measured:
            config.pluginmanager.register(
                PreloadReport(lambda: preloading.told(plan, controller)), "monorepo-preload"
            )
        config.pluginmanager.register(controller, "monorepo-controller")

    def _unconcerned(self) -> frozenset[str]:
        return self.caching.bystanders if self.caching is not None else frozenset()

    def _unmeasured(self) -> Mapping[str, Mapping[str, str]] | None:
        return self.caching.unmeasured if self.caching is not None else None

    def _record_shard(
        self,
        config: pytest.Config,
        plan: planning.Plan,
        choice: Choice,
        controller: Controller,
        coverage: CoverageSummary | None,
    ) -> None:
        from pytest_monorepo.shards import merge
        from pytest_monorepo.shards.recorder import changed_files

        def ending() -> Ending:
            changed = changed_files(coverage.report if coverage is not None else None)
            return merge.ending_of(controller, changed, self._unmeasured())

        folder = self.invocation.cwd / config.option.shard_dir
        shard = merge.record(config, folder, plan, choice, self.decision, ending)
        config.pluginmanager.register(shard, "monorepo-shard")

    def _merge(self, config: pytest.Config) -> None:
        """``--monorepo-merge``: what was selected and run is read instead."""
        from pytest_monorepo.shards import merge

        settings, workspace = deciding.discover(config, self.invocation.root)
        shards = merge.Shards.read(config.option.monorepo_merge, self.invocation.cwd, workspace)
        self.merged, self.decision = shards, shards.decision
        self.notes += workspace.warnings if self.decision is None else self.decision.warnings
        self.notes += shards.notes
        merger = merge.Merger(config, shards, self.tmp)
        graph = hooks.stated_graph(config)
        self.plan = plan = shards.plan(settings, self.invocation, merger.coverage, graph)
        cov = measuring.options(config, workspace.root)
        chosen = [word for word in shards.choice.filters if word != "--affected"]  # the selection says that
        tally = Tally(config, workspace, shards.took, chosen)
        reporting = Reporting(
            config, self.invocation, plan, self.decision, cov, tally, unmeasured=lambda: shards.unmeasured
        )
        reporting.register(reporting.coverage(merger, shards.choice))
        config.pluginmanager.register(merger, "monorepo-merger")
        if shards.replayed:
            from pytest_monorepo.reports.terminal.cached import Marks

            config.pluginmanager.register(Marks(shards.replayed.__contains__), "monorepo-cached")

    def _controller(self, config: pytest.Config, plan: planning.Plan) -> Controller:
        known = history.load(config)
        seconds = [known.expected_seconds(project) for project in plan.projects]
        expected = sum(s for s in seconds if s) / plan.workers if seconds and None not in seconds else None
        reporter = own_reporter(config)
        watcher = LiveLine(None if plan.terminal else reporter, expected)
        return Controller(config, plan, self._pool, self.tmp, watcher, self.caching)

    def header(self, config: pytest.Config) -> list[str]:
        """What pytest prints before the tests."""
        if self.plan is None:
            return []
        merged = self.merged.line if self.merged is not None else None
        lines = header.lines(self.plan, self.decision, merged, explain=config.option.affected_explain)
        return [*lines, *(f"warning: {note}" for note in self.notes)]


def _runs(plan: planning.Plan) -> bool:
    """Whether anything is left to run: else the cluster is sent nothing."""
    return any(project.path not in plan.replays for project in plan.projects)


def _chosen(choice: Choice, plan: planning.Plan) -> list[str]:
    """What narrows the run beside pytest's own filters; a path that is a whole project takes no test away."""
    given = [word for word in choice.filters if word == "--project" or word.startswith("--shard ")]
    return [*given, *(["paths"] if any(plan.targets.values()) else [])]
