"""One run, from the plan to the reports: discover, select, plan, and register what the run consists of."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_monorepo.affected import listing
from pytest_monorepo.affected.plan import Decision
from pytest_monorepo.errors import GitError, MonorepoError
from pytest_monorepo.options import AUTO
from pytest_monorepo.reports.coverage.options import CoverageOptions, measurement_spec
from pytest_monorepo.reports.run_facts import Facts, wanted
from pytest_monorepo.reports.summaries import CoverageSummary, PageWriter
from pytest_monorepo.reports.tally import Tally
from pytest_monorepo.reports.terminal.flaky import FlakyReport
from pytest_monorepo.reports.terminal.table import AuditReport, LiveLine, ProjectTable
from pytest_monorepo.run import editors, history, interpreters
from pytest_monorepo.run import plan as planning
from pytest_monorepo.run.choice import Choice
from pytest_monorepo.run.controller import Controller
from pytest_monorepo.run.invocation import Invocation
from pytest_monorepo.run.pool import Pool
from pytest_monorepo.shards import merge
from pytest_monorepo.shards.recorder import Ending, changed_files
from pytest_monorepo.workspace.model import Workspace

from . import assembly, extensions

if TYPE_CHECKING:
    from pytest_monorepo.reports.coverage.model import CoverageReport


@dataclass
class Run:
    """``tmp`` is the run's own folder; ``pool`` starts its workers, ``None`` where shards are merged.

    ``numprocesses`` is xdist's ``-n`` as given, ``cov`` are pytest-cov's options as given at the root.
    """

    invocation: Invocation
    tmp: Path
    pool: Pool | None
    numprocesses: object = None
    print_only: bool = False
    notes: list[str] = field(default_factory=list)
    plan: planning.Plan | None = None
    decision: Decision | None = None
    merged: merge.Shards | None = None

    def configure(self, config: pytest.Config) -> None:
        """Discover, select, plan, and register what the run consists of."""
        if config.option.monorepo_merge is not None:
            self._configure_merge(config)
            return
        assert self.pool is not None
        settings, workspace = assembly.discover(config, self.invocation.root)
        self.decision = assembly.decide(config, settings, workspace)
        self.notes += workspace.warnings if self.decision is None else self.decision.warnings
        choice = assembly.choose(config, self.invocation, workspace, self.decision)
        plan = assembly.build(
            config,
            self.invocation,
            settings,
            workspace,
            choice,
            fork=self.pool.fork,
            print_only=self.print_only,
            numprocesses=self.numprocesses,
        )
        reasons = {p.path: interpreters.exclusion(p, plan.interpreter(p.path)) for p in plan.projects}
        excluded = {path: reason for path, reason in reasons.items() if reason is not None}
        self.plan = plan = self._with_coverage(config, replace(plan, excluded=excluded))
        tally = Tally(config, plan.workspace)
        controller = self._controller(config, plan)
        coverage = self._coverage_summary(config, plan, controller, choice)
        self._register(config, plan, tally, coverage)
        if choice.shard is not None and not (plan.collect_only or plan.print_only):

            def ending() -> Ending:
                return merge.ending_of(
                    controller, changed_files(coverage.report if coverage is not None else None)
                )

            folder = self.invocation.cwd / config.option.shard_dir
            shard = merge.record(config, folder, plan, choice, self.decision, ending)
            config.pluginmanager.register(shard, "monorepo-shard")
        config.pluginmanager.register(controller, "monorepo-controller")

    def _configure_merge(self, config: pytest.Config) -> None:
        """``--monorepo-merge``: what was selected and run is read instead."""
        settings, workspace = assembly.discover(config, self.invocation.root)
        shards = merge.Shards.read(config.option.monorepo_merge, self.invocation.cwd, workspace)
        self.merged, self.decision = shards, shards.decision
        self.notes += workspace.warnings if self.decision is None else self.decision.warnings
        self.notes += shards.notes
        merger = merge.Merger(config, shards, self.tmp)
        self.cov = _coverage_options(config, workspace.root)
        self.plan = plan = shards.plan(
            settings, self.invocation, merger.coverage, extensions.stated_graph(config)
        )
        tally = Tally(config, workspace, shards.took)
        self._register(config, plan, tally, self._coverage_summary(config, plan, merger, shards.choice))
        config.pluginmanager.register(merger, "monorepo-merger")

    def _with_coverage(self, config: pytest.Config, plan: planning.Plan) -> planning.Plan:
        self.cov = _coverage_options(config, plan.workspace.root)
        folder = self.tmp / "coverage"
        specs: dict[str, dict[str, Any]] = {}
        for project in plan.projects:
            spec = measurement_spec(
                self.cov, plan.workspace, project, str(folder / planning.slug(project.path))
            )
            if spec is not None and not (plan.collect_only or plan.print_only):
                specs[project.path] = spec
        if specs:
            _check_patch(self.cov, self.decision, plan.workspace)
        return replace(plan, coverage=specs)

    def _controller(self, config: pytest.Config, plan: planning.Plan) -> Controller:
        assert self.pool is not None
        known = history.load(config)
        seconds = [known.expected_seconds(project) for project in plan.projects]
        expected = sum(s for s in seconds if s) / plan.workers if seconds and None not in seconds else None
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        watcher = LiveLine(None if plan.terminal else reporter, expected)
        return Controller(config, plan, self.pool, self.tmp, watcher)

    def _register(
        self, config: pytest.Config, plan: planning.Plan, tally: Tally, coverage: CoverageSummary | None
    ) -> None:
        """The reports; whoever runs or merges is registered after them, and so is heard first."""
        register = config.pluginmanager.register
        register(tally, "monorepo-tally")
        html = config.option.monorepo_html
        if html is not None and not plan.collect_only:
            dest = self.invocation.cwd / html
            selection = self.decision.selection if self.decision is not None else None
            shown = self.decision.graph if self.decision is not None else plan.graph
            writer = PageWriter(dest, tally, plan.workspace, shown, selection, coverage)
            register(writer, "monorepo-page")
        register(ProjectTable(tally, plan.workspace), "monorepo-table")
        if coverage is not None:
            register(coverage, "monorepo-coverage")
        if self.decision is not None and config.option.affected_audit:
            register(AuditReport(tally, self.decision.selection), "monorepo-audit")
        for name, report in self._reports(config, plan, tally, coverage):
            register(report, name)
        for bridge in editors.bridges(config):
            register(bridge)

    def _reports(
        self, config: pytest.Config, plan: planning.Plan, tally: Tally, coverage: CoverageSummary | None
    ) -> Iterator[tuple[str, object]]:
        yield "monorepo-flaky", FlakyReport(tally, fails=plan.settings.flaky == "fail")
        if getattr(config.option, "xmlpath", None):
            from pytest_monorepo.reports.ci.junit import JUnitSuites

            yield "monorepo-junit", JUnitSuites(config, tally, plan.workspace)
        if wanted(config.option.monorepo_github, os.environ) and not plan.collect_only:
            from pytest_monorepo.reports.ci.github import GitHubReport

            def measured() -> CoverageReport | None:
                return coverage.report if coverage is not None else None

            facts = self._facts(config, plan)
            yield "monorepo-github", GitHubReport(config, tally, plan.workspace, facts, measured)

    def _facts(self, config: pytest.Config, plan: planning.Plan) -> Facts:
        known = history.load(config)
        skipped = {p.path: known.expected_seconds(p) for p in plan.deselected_projects}
        if self.decision is None:
            return Facts(skipped=skipped)
        shown = self.decision.listing
        reasons = {project.path: shown.reason(project) for project in plan.projects}
        return Facts(reasons, self.decision.header, skipped)

    def _coverage_summary(
        self,
        config: pytest.Config,
        plan: planning.Plan,
        controller: Controller | merge.Merger,
        choice: Choice,
    ) -> CoverageSummary | None:
        if not plan.coverage:
            return None

        def partial(filters: Sequence[str] = choice.filters) -> str | None:
            reasons = [*filters, *(["interrupted"] if controller.stopped else [])]
            return f"not everything ran: {', '.join(reasons)}" if reasons else None

        def partial_patch() -> str | None:
            # --affected leaves out no test that reaches the lines changed since the same commit
            same = self.cov.patch in (None, AUTO, config.option.affected)
            return partial([word for word in choice.filters if word != "--affected" or not same])

        def partial_projects() -> Mapping[str, str]:
            # a whole project is measured in full by its own tests, however few the others are
            wholes = ("--affected", "--project", "paths", "--shard")
            within = [word for word in choice.filters if word.partition(" ")[0] not in wholes]
            if controller.stopped:
                within.append("interrupted")
            some = {path: "paths" for path, args in plan.targets.items() if args}
            some.update(dict.fromkeys(plan.shares, f"--shard {plan.shard}"))
            return {
                project.path: ", ".join(within) or some[project.path]
                for project in plan.projects
                if within or project.path in some
            }

        return CoverageSummary(
            self.cov,
            plan.workspace,
            lambda: controller.coverage,
            partial,
            partial_projects,
            partial_patch,
            lambda: _patch(self.cov, self.decision, plan.workspace),
            self.invocation.cwd,
        )

    # -- the header

    def header(self, config: pytest.Config) -> list[str]:
        """What pytest prints before the tests."""
        plan = self.plan
        if plan is None:
            return []
        projects = len(plan.projects)
        everything = sum(project.runs for project in plan.workspace.projects)
        count = f"{projects} project{'s' * (projects != 1)}"
        if projects != everything:
            count = f"{projects} of {everything} projects"
        workers = f"{plan.workers} worker{'s' * (plan.workers != 1)}"
        used = Counter(plan.interpreter(project.path) for project in plan.projects)
        pythons = [f"Python {'.'.join(map(str, sys.version_info[:3]))}"]
        for interpreter, number in used.items():
            if not interpreter.is_current:
                version = interpreters.version_of(interpreter.executable) or interpreter.executable
                pythons.append(f"Python {version} ({number} project{'s' * (number != 1)})")
        lines = [f"monorepo: {count}, {workers}, {', '.join(dict.fromkeys(pythons))}"]
        if self.merged is not None:
            lines = [self.merged.line]
        if plan.shard is not None:
            lines.append(_shard_line(plan))
        if self.decision is not None:
            lines.append(self.decision.header)
            if not plan.projects and plan.shard is None:
                lines.append("nothing affected: no test to run")
            if config.option.affected_explain:
                lines += listing.explain(self.decision.listing).splitlines()
        return [*lines, *(f"warning: {note}" for note in self.notes)]


def _shard_line(plan: planning.Plan) -> str:
    """``shard 2/3: 14 projects, 2 of them in part``."""
    projects = len(plan.projects)
    if not projects:
        return f"shard {plan.shard}: nothing left for it"
    part = f", {len(plan.shares)} of them in part" if plan.shares else ""
    return f"shard {plan.shard}: {projects} project{'s' * (projects != 1)}{part}"


def _coverage_options(config: pytest.Config, root: Path) -> CoverageOptions:
    options = CoverageOptions.of(config.option)
    limit = config.option.cov_patch_fail_under
    try:
        number = float(limit) if limit is not None else None
    except ValueError:
        raise MonorepoError(f"--cov-patch-fail-under {limit}: must be a number of percent") from None
    if number is not None and not 0 <= number <= 100:
        raise MonorepoError(f"--cov-patch-fail-under {limit}: must be between 0 and 100")
    if options.config is not None and not os.path.isfile(options.config):
        raise MonorepoError(f"--cov-config {config.option.cov_config}: there is no such file")
    html = config.option.monorepo_html
    reports = dict(options.reports)
    if html is not None and "html" not in reports:
        # the page links each file to coverage.py's own page of it
        reports["html"] = str(config.invocation_params.dir / html / "coverage")
    return replace(options, reports=reports, patch_fail_under=number)


def _check_patch(cov: CoverageOptions, decision: Decision | None, workspace: Workspace) -> None:
    """Raises where ``--cov-patch`` names nothing to compare with: better before the tests than after them."""
    from pytest_monorepo.affected.git import ask as git
    from pytest_monorepo.affected.git import mergebase

    if cov.patch is None or (cov.patch == AUTO and decision is not None and decision.changes is not None):
        return
    try:
        ref = git.default_branch(workspace.root) if cov.patch == AUTO else str(cov.patch)
        mergebase.compared(workspace.root, ref)
    except GitError as error:
        raise MonorepoError(f"--cov-patch: {error}") from error


def _patch(
    cov: CoverageOptions, decision: Decision | None, workspace: Workspace
) -> Mapping[str, frozenset[int]] | None:
    """The changed lines, for ``--cov-patch`` or wherever ``--affected`` has compared already."""
    from pytest_monorepo.affected.git import ask as git
    from pytest_monorepo.affected.patch import changed_line_numbers
    from pytest_monorepo.reports.coverage.patch import changed_lines

    changes = decision.changes if decision is not None else None
    if cov.patch not in (None, AUTO):
        changes = git.changes(workspace.root, str(cov.patch))
    elif cov.patch == AUTO and changes is None:
        changes = git.changes(workspace.root, git.default_branch(workspace.root))
    if changes is None:
        return None
    return changed_line_numbers(workspace.root, changes, changed_lines)
