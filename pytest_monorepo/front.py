"""The story of one ``pytest --monorepo`` call: read the command line, discover, select, plan, run."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from . import assembly, merge
from .affected import listing
from .affected.plan import Decision
from .errors import MonorepoError
from .options import AUTO
from .reports.coverage_options import CoverageOptions, measurement_spec
from .reports.flaky import FlakyReport
from .reports.recorder import Ending, changed_files
from .reports.run_facts import Facts, wanted
from .reports.summaries import CoverageSummary, PageWriter
from .reports.tally import Tally
from .reports.terminal import AuditReport, LiveLine, ProjectTable
from .run import editors, history, interpreters, invocation
from .run import plan as planning
from .run.controller import Controller
from .run.invocation import Invocation
from .run.pool import Pool
from .watch import watching
from .workspace import discovery
from .workspace.model import Workspace

if TYPE_CHECKING:
    from .reports.coverage_model import CoverageReport


@dataclass
class Front:
    """``rerun`` holds the arguments of a second start, where pytest chose a project's ini file as its own.

    ``cov`` are pytest-cov's options as given at the root.
    """

    invocation: Invocation
    rerun: list[str] | None = None
    numprocesses: object = None
    print_only: bool = False
    tmp: Path | None = None
    pool: Pool | None = None
    plan: planning.Plan | None = None
    decision: Decision | None = None
    merged: merge.Shards | None = None
    notes: list[str] = field(default_factory=list)

    # -- before the run

    @classmethod
    def open(cls, early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> Front:
        """Take the paths away before pytest loads their conftests: two projects' must never meet here."""
        front = cls(_handed_over.pop() if _handed_over else _read(early_config, parser))
        options = early_config.known_args_namespace
        options.noconftest = True
        options.cov_source = None  # pytest-cov would measure the controller
        root = str(front.invocation.root)
        if _needs_rerun(early_config, front.invocation.root):
            front.rerun = [*front.invocation.words, f"--rootdir={root}", root]
            args[:] = []
            return front
        if not options.file_or_dir:
            # the root's testpaths are for its own tests; pytest would warn where they name no file
            args.insert(0, root)
        without_workers = (options.monorepo_list, options.monorepo_graph, options.monorepo_merge)
        if not (any(without_workers) or watching(options)):
            front._open_pool(options)
        return front

    def _open_pool(self, options: Any) -> None:
        """The fork server warms up while the controller discovers and plans."""
        unwanted = [name for name in options.plugins if name.startswith("no:")]
        autoload = not getattr(options, "disable_plugin_autoload", False)
        self.tmp = Path(tempfile.mkdtemp(prefix="pytest-monorepo-"))
        fork = options.monorepo_start != "spawn"
        self.pool = Pool(self.tmp, fork=fork, autoload=autoload, unwanted=unwanted)
        self.pool.prepare(sys.executable)

    def main(self, config: pytest.Config) -> int | pytest.ExitCode | None:
        """Before pytest's own main: start again on the root's settings, print a list, or let it run."""
        option = config.option
        if self.rerun is not None:
            _handed_over.append(self.invocation)
            return pytest.main(self.rerun, plugins=config.invocation_params.plugins)
        if watching(option):
            from .watch import session

            return session.run(config, self.invocation)
        if option.monorepo_list or option.monorepo_graph:
            return self._print_list(config)
        for name in ("showfixtures", "show_fixtures_per_test", "markers"):
            if getattr(option, name, False):
                # each project has its own; the controller's would be another answer
                self.print_only = True
                setattr(option, name, False)
        if getattr(option, "rich", False):
            option.rich = False
            self.notes.append(
                "--rich has no effect: it needs every test collected before the first one starts"
            )
        self.numprocesses = getattr(option, "numprocesses", None)
        if hasattr(option, "numprocesses"):
            config.stash[assembly.DIST] = option.dist
            option.numprocesses, option.dist, option.tx = None, "no", []
        return None

    def _print_list(self, config: pytest.Config) -> int:
        settings, workspace = assembly.discover(config, self.invocation.root)
        decision = assembly.decide(config, settings, workspace)
        choice = assembly.choose(config, self.invocation, workspace, decision)
        if decision is None:
            from .affected.sides import present

            state = present(workspace, settings, {}, assembly.cache_file(config, "imports"))
            shown = listing.Listing(workspace, state.side.graph)
            undeclared = state.imports.undeclared
        else:
            shown, undeclared = decision.listing, decision.undeclared
        if config.option.project or self.invocation.targets or choice.shard is not None:
            shown = replace(shown, only=[p.path for p in (*choice.projects, *choice.left_out)])
        if choice.shard is not None:
            shown = replace(shown, shard=choice.shard.plain)
        print(_LISTINGS[config.option.monorepo_list or config.option.monorepo_graph + " graph"](shown))
        if config.option.monorepo_list == "github":
            print(assembly.proposed_shards(config, choice))
        if config.option.affected_explain and decision is not None and config.option.monorepo_list == "table":
            print(listing.explain(shown))
        warnings = decision.warnings if decision is not None else workspace.warnings
        told = shown.warnings if config.option.monorepo_list in ("table", "json") else ()
        for sentence in (*(w for w in warnings if w not in told), *undeclared):
            print(f"warning: {sentence}", file=sys.stderr)
        return 0

    def configure(self, config: pytest.Config) -> None:
        """Discover, select, plan, and register what the run consists of."""
        if config.option.monorepo_merge is not None:
            self._configure_merge(config)
            return
        if self.pool is None or self.tmp is None:
            return
        config.add_cleanup(self._clean_up)
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
        coverage = self._coverage_summary(plan, controller, choice)
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
        self.tmp = Path(tempfile.mkdtemp(prefix="pytest-monorepo-"))
        config.add_cleanup(self._clean_up)
        settings, workspace = assembly.discover(config, self.invocation.root)
        shards = merge.Shards.read(config.option.monorepo_merge, self.invocation.cwd, workspace)
        self.merged, self.decision = shards, shards.decision
        self.notes += workspace.warnings if self.decision is None else self.decision.warnings
        self.notes += shards.notes
        merger = merge.Merger(config, shards, self.tmp)
        self.cov = _coverage_options(config, workspace.root)
        self.plan = plan = shards.plan(settings, self.invocation, merger.coverage)
        tally = Tally(config, workspace)
        self._register(config, plan, tally, self._coverage_summary(plan, merger, shards.choice))
        config.pluginmanager.register(merger, "monorepo-merger")

    def _with_coverage(self, config: pytest.Config, plan: planning.Plan) -> planning.Plan:
        self.cov = _coverage_options(config, plan.workspace.root)
        if plan.shard is not None and plan.shard.count > 1:
            # the tests of the changed lines may run in other shards
            self.cov = replace(self.cov, patch_fail_under=None)
        assert self.tmp is not None
        folder = self.tmp / "coverage"
        specs: dict[str, dict[str, Any]] = {}
        for project in plan.projects:
            spec = measurement_spec(
                self.cov, plan.workspace, project, str(folder / planning.slug(project.path))
            )
            if spec is not None and not (plan.collect_only or plan.print_only):
                specs[project.path] = spec
        return replace(plan, coverage=specs)

    def _controller(self, config: pytest.Config, plan: planning.Plan) -> Controller:
        assert self.pool is not None
        assert self.tmp is not None
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
            from .reports.junit import JUnitSuites

            yield "monorepo-junit", JUnitSuites(config, tally, plan.workspace)
        if wanted(config.option.monorepo_github, os.environ) and not plan.collect_only:
            from .reports.github import GitHubReport

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
        self, plan: planning.Plan, controller: Controller | merge.Merger, choice: assembly.Choice
    ) -> CoverageSummary | None:
        if not plan.coverage:
            return None

        def partial() -> str | None:
            reasons = [*choice.filters, *(["interrupted"] if controller.stopped else [])]
            return f"not everything ran: {', '.join(reasons)}" if reasons else None

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

    def _clean_up(self) -> None:
        if self.pool is not None:
            self.pool.close()
        if self.tmp is not None:
            shutil.rmtree(self.tmp, ignore_errors=True)


_LISTINGS = {
    "table": listing.table,
    "json": listing.as_json,
    "github": listing.github,
    "mermaid graph": listing.mermaid,
    "dot graph": listing.dot,
    "json graph": listing.graph_json,
}

_handed_over: list[Invocation] = []


def _shard_line(plan: planning.Plan) -> str:
    """``shard 2/3: 14 projects, 2 of them in part``."""
    projects = len(plan.projects)
    if not projects:
        return f"shard {plan.shard}: nothing left for it"
    part = f", {len(plan.shares)} of them in part" if plan.shares else ""
    return f"shard {plan.shard}: {projects} project{'s' * (projects != 1)}{part}"


def _read(config: pytest.Config, parser: pytest.Parser) -> Invocation:
    options = config.known_args_namespace
    cwd = config.invocation_params.dir
    rootdir = (cwd / os.path.expandvars(options.rootdir)) if options.rootdir else None
    if rootdir is not None and not rootdir.is_dir():
        raise MonorepoError(f"--rootdir {options.rootdir}: no such folder")
    root = discovery.find_root(cwd, rootdir)

    def positional(words: list[str]) -> Sequence[str]:
        found: list[str] = parser.parse_known_args(words).file_or_dir
        return found

    words, given = invocation.split([str(word) for word in config.invocation_params.args], positional)
    as_module = os.path.basename(sys.argv[0]) == "__main__.py"
    return Invocation(root, cwd, tuple(given), tuple(words), as_module)


def _needs_rerun(config: pytest.Config, root: Path) -> bool:
    """Whether pytest took its settings from below the workspace root, as it does for ``pytest libs/ml``."""
    if config.known_args_namespace.inifilename:
        return config.rootpath != root
    below = config.inipath is not None and root in config.inipath.parents and config.inipath.parent != root
    return config.rootpath != root or below


def _coverage_options(config: pytest.Config, root: Path) -> CoverageOptions:
    options = CoverageOptions.of(config.option)
    limit = config.option.cov_patch_fail_under
    try:
        number = float(limit) if limit is not None else None
    except ValueError:
        raise MonorepoError(f"--cov-patch-fail-under {limit}: must be a number of percent") from None
    if number is not None and not 0 <= number <= 100:
        raise MonorepoError(f"--cov-patch-fail-under {limit}: must be between 0 and 100")
    html = config.option.monorepo_html
    reports = dict(options.reports)
    if html is not None and "html" not in reports:
        # the page links each file to coverage.py's own page of it
        reports["html"] = str(config.invocation_params.dir / html / "coverage")
    return replace(options, reports=reports, patch_fail_under=number)


def _patch(
    cov: CoverageOptions, decision: Decision | None, workspace: Workspace
) -> Mapping[str, frozenset[int]] | None:
    """The changed lines, for ``--cov-patch`` or wherever ``--affected`` has compared already."""
    from .affected import git
    from .affected.patch import changed_line_numbers
    from .reports.coverage_patch import changed_lines

    changes = decision.changes if decision is not None else None
    if cov.patch not in (None, AUTO):
        changes = git.changes(workspace.root, str(cov.patch))
    elif cov.patch == AUTO and changes is None:
        changes = git.changes(workspace.root, git.default_branch(workspace.root))
    if changes is None:
        return None
    return changed_line_numbers(workspace.root, changes, changed_lines)
