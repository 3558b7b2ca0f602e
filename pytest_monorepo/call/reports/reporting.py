"""Which reports a run has: each is a plugin object that hears pytest's own hooks, registered here."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pytest

from pytest_monorepo.cache import cache_file
from pytest_monorepo.call import deciding
from pytest_monorepo.options import AUTO
from pytest_monorepo.quarantine import standing
from pytest_monorepo.reports.coverage.options import CoverageOptions
from pytest_monorepo.reports.run_facts import Facts, wanted
from pytest_monorepo.reports.tally import Tally
from pytest_monorepo.reports.terminal.benchmarks import UnwrittenBenchmarks
from pytest_monorepo.reports.terminal.flaky import FlakyReport
from pytest_monorepo.reports.terminal.table import AuditReport, ProjectTable
from pytest_monorepo.reports.terminal.whole import PluginWords, SkippedProjects, UninstalledDependencies
from pytest_monorepo.run.controller import Controller
from pytest_monorepo.run.hooks import editors, nodes
from pytest_monorepo.run.plan import history
from pytest_monorepo.run.plan.choice import Choice
from pytest_monorepo.run.plan.invocation import Invocation
from pytest_monorepo.run.plan.plan import Plan

from . import measuring

if TYPE_CHECKING:
    from pytest_monorepo.affected.decision import Decision
    from pytest_monorepo.reports.coverage.model import CoverageReport
    from pytest_monorepo.reports.historian import Historian
    from pytest_monorepo.reports.summaries import CoverageSummary
    from pytest_monorepo.results.entries.store import Store
    from pytest_monorepo.shards import merge
    from pytest_monorepo.workspace.graph import Graph

Unmeasured = Mapping[str, Mapping[str, str]]


class Reporting(NamedTuple):
    """``cov`` are pytest-cov's options as given at the root; ``tally`` is what all reports read.

    ``store`` is that of ``--cached``, where runs are remembered too; ``proven`` tells at the end of the run
    which tests gave one thing and another in it, ``unconcerned`` which files failed that read no change,
    ``unmeasured`` of which files neither this run nor an earlier one has data, ``None`` where nobody knows.
    """

    config: pytest.Config
    invocation: Invocation
    plan: Plan
    decision: Decision | None
    cov: CoverageOptions
    tally: Tally
    store: Store | None = None
    proven: Callable[[], Mapping[str, str]] = dict
    unconcerned: Callable[[], Collection[str]] = frozenset
    unmeasured: Callable[[], Unmeasured | None] = lambda: None

    def register(self, coverage: CoverageSummary | None) -> None:
        """Whoever runs or merges is registered after them, and so is heard first."""
        register = self.config.pluginmanager.register
        register(self.tally, "monorepo-tally")
        historian = self._historian(coverage)
        html = self.config.option.monorepo_html
        if html is not None and historian is not None:
            from pytest_monorepo.reports.summaries import PageWriter

            dest = self.invocation.cwd / html
            selection = self.decision.selection if self.decision is not None else None
            files = self.decision.files if self.decision is not None else None
            known = (self.plan.workspace, self._graph, selection, coverage, historian)
            more = (files, self.unconcerned, self.plan.settings.quarantine)
            register(PageWriter(dest, self.tally, *known, *more), "monorepo-page")
        if historian is not None:
            from pytest_monorepo.reports.historian import Remembering

            register(Remembering(historian), "monorepo-historian")
        register(SkippedProjects(), "monorepo-skipped")
        register(ProjectTable(self.tally, self.plan.workspace), "monorepo-table")
        register(PluginWords(), "monorepo-plugins")
        if not self.plan.collect_only:
            register(UnwrittenBenchmarks(), "monorepo-benchmarks")
        register(UninstalledDependencies(), "monorepo-uninstalled")
        nodes.leave_to_workers(self.config)
        if coverage is not None:
            register(coverage, "monorepo-coverage")
        if self.decision is not None and self.config.option.affected_audit:
            register(AuditReport(self.tally, self.decision), "monorepo-audit")
        elif self.decision is not None and self.plan.sampled:
            register(AuditReport(self.tally, self.decision, self.plan.sampled), "monorepo-audit")
        for name, report in self._reports(coverage, historian):
            register(report, name)
        for bridge in editors.bridges(self.config):
            register(bridge)

    def _graph(self) -> Graph:
        """The one of ``--monorepo-graph``; the plan's own lacks what only the code shows."""
        if self.decision is not None:
            return self.decision.graph
        return deciding.state(self.config, self.plan.settings, self.plan.workspace).side.graph

    def _historian(self, coverage: CoverageSummary | None) -> Historian | None:
        html = self.config.option.monorepo_html
        if html is None and self.store is None:
            return None
        from . import remembering

        page = self.invocation.cwd / html if html is not None else None
        return remembering.historian(
            self.invocation,
            self.plan,
            self.tally,
            lambda: coverage.report if coverage is not None else None,
            page,
            self.store,
            self.proven,
        )

    def _reports(
        self, coverage: CoverageSummary | None, historian: Historian | None
    ) -> Iterator[tuple[str, object]]:
        yield "monorepo-flaky", self._flaky()
        if entries := self.plan.settings.quarantine:
            from pytest_monorepo.reports.terminal.quarantine import QuarantineReport

            runs_of = historian.runs_of if historian is not None else None
            report = QuarantineReport(self.tally, entries, self._is_whole, datetime.date.today(), runs_of)
            yield "monorepo-quarantine", report
        if getattr(self.config.option, "xmlpath", None):
            from pytest_monorepo.reports.ci.junit import JUnitSuites

            yield "monorepo-junit", JUnitSuites(self.config, self.tally, self.plan.workspace)

        def measured() -> CoverageReport | None:
            return coverage.report if coverage is not None else None

        if (shown := self.config.option.monorepo_receipt) is not None and not self.plan.collect_only:
            from pytest_monorepo.reports.receipt import Receipt

            from . import account

            told = account.account(self.invocation, self.plan, self.decision)
            file = self.invocation.cwd / shown
            yield "monorepo-receipt", Receipt(file, shown, self.tally, told, measured, self._is_whole)
        if wanted(self.config.option.monorepo_github, os.environ) and not self.plan.collect_only:
            from pytest_monorepo.reports.ci.github import GitHubReport

            facts = self._facts()
            yield (
                "monorepo-github",
                GitHubReport(self.config, self.tally, self.plan.workspace, facts, measured),
            )

    def _flaky(self) -> FlakyReport:
        entries = standing(self.plan.settings.quarantine, datetime.date.today())

        def excused(nodeid: str) -> bool:
            return any(entry.holds(nodeid) for entry in entries)

        return FlakyReport(self.tally, fails=self.plan.settings.flaky == "fail", excused=excused)

    def _is_whole(self) -> bool:
        """Whether every test of the workspace had its turn."""
        report = self.tally.report()
        left_out = self.plan.deselected_projects or self.plan.shard or self.plan.unselected
        run = {project.path for project in report.projects if project.exitstatus in (0, 1)}
        return not (report.filters or left_out) and all(
            project.path in run for project in self.plan.workspace.projects if project.runs
        )

    def _facts(self) -> Facts:
        known = history.load(self.config)
        skipped = {p.path: known.expected_seconds(p) for p in self.plan.deselected_projects}
        if self.decision is None:
            return Facts(skipped=skipped)
        shown = self.decision.listing
        # those of the plan have only the test files that run
        chosen = [self.plan.workspace.by_path[project.path] for project in self.plan.projects]
        told = {project.path: (shown.reason(project), shown.taken(project)) for project in chosen}
        reasons = {path: "; ".join(filter(None, words)) for path, words in told.items()}
        return Facts(reasons, self.decision.header, skipped)

    def coverage(self, controller: Controller | merge.Merger, choice: Choice) -> CoverageSummary | None:
        """The report of what was measured; ``None`` where nothing is."""
        if not self.plan.coverage:
            return None
        from pytest_monorepo.reports.summaries import CoverageSummary

        def partial(filters: Sequence[str] = choice.filters) -> str | None:
            reasons = [*filters, *(["interrupted"] if controller.stopped else [])]
            return self._partial(reasons)

        def partial_patch() -> str | None:
            # --affected leaves out no test that reaches the lines changed since the same commit
            same = self.cov.patch in (None, AUTO, self.config.option.affected)
            return partial([word for word in choice.filters if word != "--affected" or not same])

        def partial_projects() -> Mapping[str, str]:
            return self._partial_projects(choice, stopped=controller.stopped)

        return CoverageSummary(
            self.cov,
            self.plan.workspace,
            lambda: controller.coverage,
            partial,
            partial_projects,
            partial_patch,
            lambda: measuring.patch(self.cov, self.decision, self.plan.workspace),
            self.invocation.cwd,
            cache_file(self.config, "analyses"),
            carries=lambda: bool(self.unmeasured()),
        )

    def _partial(self, reasons: Sequence[str]) -> str | None:
        """Why the numbers are not those of a run of all, which they are where the rest has been carried."""
        unmeasured = self.unmeasured()
        words = f"not everything ran: {', '.join(reasons)}"
        if not reasons:
            return None
        if unmeasured is None or any(map(_is_shard, reasons)):
            return words
        from pytest_monorepo.results.unrun import gap

        return f"{words}; {gap(unmeasured)}" if unmeasured else None

    def _partial_projects(self, choice: Choice, *, stopped: bool) -> Mapping[str, str]:
        # a whole project is measured in full by its own tests, however few the others are
        wholes = ("--affected", "--project", "paths", "--shard")
        within = [word for word in choice.filters if word.partition(" ")[0] not in wholes]
        if stopped:
            within.append("interrupted")
        some = {path: "paths" for path, args in self.plan.targets.items() if args}
        some.update(dict.fromkeys(self.plan.unselected, "--affected"))
        some.update(dict.fromkeys(self.plan.shares, f"--shard {self.plan.shard}"))
        found = {
            project.path: ", ".join(within) or some[project.path]
            for project in self.plan.projects
            if within or project.path in some
        }
        unmeasured = self.unmeasured()
        if unmeasured is None:
            return found
        exact = {path for path in found if path not in unmeasured and path not in self.plan.shares}
        others = dict.fromkeys(unmeasured, "not all of its tests have data")
        return {**others, **{path: why for path, why in found.items() if path not in exact}}


def _is_shard(word: str) -> bool:
    """Only the merge has what the others measured."""
    return word.startswith("--shard ")
