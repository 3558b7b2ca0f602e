"""The story of one ``pytest --monorepo`` call: read the command line, discover, plan, run."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from . import settings as settings_module
from .errors import MonorepoError, SettingsError
from .reports.tally import Tally
from .reports.terminal import LiveLine, ProjectTable
from .run import history, invocation, plan as planning, targets
from .run.controller import Controller
from .run.invocation import Invocation
from .run.pool import Pool
from .workspace import discovery, graph
from .workspace.model import Workspace


@dataclass
class Front:
    """``rerun`` holds the arguments of a second start, where pytest chose a project's ini file as its own."""

    invocation: Invocation
    rerun: list[str] | None = None
    numprocesses: object = None
    print_only: bool = False
    tmp: Path | None = None
    pool: Pool | None = None
    plan: planning.Plan | None = None
    expected: float | None = None
    notes: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> Front:
        """Take the paths away before pytest loads their conftests: two projects' must never meet here."""
        front = cls(_handed_over.pop() if _handed_over else _read(early_config, parser))
        options = early_config.known_args_namespace
        options.noconftest = True
        options.cov_source = None  # pytest-cov would measure the controller
        if _needs_rerun(early_config, front.invocation.root):
            root = str(front.invocation.root)
            front.rerun = [*front.invocation.words, f"--rootdir={root}", root]
            args[:] = []
        else:
            if not options.file_or_dir:
                # the root's testpaths are for its own tests; pytest would warn where they name no file
                args.insert(0, str(front.invocation.root))
            front.pool = front._open_pool(early_config)
        return front

    def _open_pool(self, config: pytest.Config) -> Pool | None:
        """The fork server warms up while the controller discovers and plans."""
        options = config.known_args_namespace
        self.tmp = Path(tempfile.mkdtemp(prefix="pytest-monorepo-"))
        pool = Pool(self.tmp, fork=options.monorepo_start != "spawn")
        pool.prepare(sys.executable)
        return pool

    def main(self, config: pytest.Config) -> int | pytest.ExitCode | None:
        """Before pytest's own main: start again on the root's settings, or leave xdist nothing to do."""
        if self.rerun is not None:
            _handed_over.append(self.invocation)
            return pytest.main(self.rerun, plugins=config.invocation_params.plugins)
        for name in ("showfixtures", "show_fixtures_per_test", "markers"):
            if getattr(config.option, name, False):
                # each project has its own; the controller's would be another answer
                self.print_only = True
                setattr(config.option, name, False)
        self.numprocesses = getattr(config.option, "numprocesses", None)
        if hasattr(config.option, "numprocesses"):
            config.option.numprocesses, config.option.dist, config.option.tx = None, "no", []
        return None

    def configure(self, config: pytest.Config) -> None:
        """Discover, plan, and register what the run consists of."""
        assert self.pool is not None and self.tmp is not None
        config.add_cleanup(self._clean_up)
        settings, workspace = _discover(self.invocation.root)
        for warning in workspace.warnings:
            self.notes.append(warning)
        self.plan = self._plan(config, settings, workspace)
        known = history.load(config)
        seconds = [known.expected_seconds(project) for project in self.plan.projects]
        if seconds and None not in seconds:
            self.expected = sum(s for s in seconds if s is not None) / self.plan.workers
        tally = Tally(config, workspace)
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        watcher = LiveLine(None if self.plan.terminal else reporter, self.expected)
        controller = Controller(config, self.plan, self.pool, self.tmp, watcher)
        config.pluginmanager.register(tally, "monorepo-tally")
        config.pluginmanager.register(ProjectTable(tally, workspace), "monorepo-table")
        config.pluginmanager.register(controller, "monorepo-controller")

    def _plan(
        self, config: pytest.Config, settings: settings_module.Settings, workspace: Workspace
    ) -> planning.Plan:
        option = config.option
        words = invocation.for_workers(self.invocation.words)
        chosen = list(planning.matching(workspace, option.project))
        located = [targets.locate(t, self.invocation.cwd, workspace.root) for t in self.invocation.targets]
        routed = targets.route(located, workspace) if located else {}
        if located:
            chosen = [project for project in chosen if project.path in routed]
        projects = [project for project in chosen if project.runs]
        lastfailed, left_out = _last_failed(config, workspace, projects)
        start_at, before = _stepwise(config, workspace, projects)
        left_out += before
        terminal = _wants_terminal(option)
        sequential = terminal or bool(getattr(option, "stepwise", False))
        default = settings.workers if isinstance(settings.workers, int) else _cores()
        value = option.workers if option.workers is not None else self.numprocesses
        value = 1 if value == 0 and option.workers is None else value
        workers = planning.worker_count(value, default)
        projects = [project for project in projects if project not in left_out]
        return planning.Plan(
            workspace=workspace,
            graph=graph.build(workspace.projects, declared=_declared(settings)),
            settings=settings,
            invocation=self.invocation,
            words=words,
            projects=tuple(projects),
            targets=routed,
            deselected_projects=tuple(left_out),
            workers=1 if sequential else max(1, min(workers, len(projects))),
            fork=self.pool is not None and self.pool.fork,
            maxfail=option.maxfail or 0,
            narrowed=bool(option.keyword or option.markexpr or option.deselect or option.lf),
            collect_only=option.collectonly,
            print_only=self.print_only,
            terminal=terminal,
            stepwise=bool(getattr(option, "stepwise", False)),
            lastfailed=lastfailed,
            start_at=start_at,
            python=sys.executable,
            argv0=sys.argv[0],
            basetemp=_basetemp(config),
            workerinput=_workerinput(config),
        )

    def header(self) -> list[str]:
        if self.plan is None:
            return []
        plan = self.plan
        projects = len(plan.projects)
        everything = sum(project.runs for project in plan.workspace.projects)
        count = f"{projects} project{'s' * (projects != 1)}"
        if projects != everything:
            count = f"{projects} of {everything} projects"
        python = ".".join(map(str, sys.version_info[:3]))
        workers = f"{plan.workers} worker{'s' * (plan.workers != 1)}"
        return [f"monorepo: {count}, {workers}, Python {python}", *(f"warning: {n}" for n in self.notes)]

    def _clean_up(self) -> None:
        if self.pool is not None:
            self.pool.close()
        if self.tmp is not None:
            shutil.rmtree(self.tmp, ignore_errors=True)


_handed_over: list[Invocation] = []


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


def _discover(root: Path) -> tuple[settings_module.Settings, Workspace]:
    settings = settings_module.load(root)
    workspace = discovery.discover(root, settings)
    complaints = settings_module.unknown_projects(settings, [p.path for p in workspace.projects])
    if complaints:
        raise SettingsError("\n".join(complaints))
    return settings, workspace


def _declared(settings: settings_module.Settings) -> list[graph.Edge]:
    from .workspace.model import Scope

    return [
        graph.Edge(path, dependency, Scope.RUNTIME, "depends-on")
        for path, own in settings.per_project.items()
        for dependency in own.depends_on
    ]


def _last_failed(
    config: pytest.Config, workspace: Workspace, projects: list[Any]
) -> tuple[tuple[str, ...] | None, list[Any]]:
    """The recorded failures for ``--lf``/``--ff``, and the projects that ``--lf`` therefore leaves out."""
    option = config.option
    cache = getattr(config, "cache", None)
    if cache is None or not (option.lf or option.failedfirst):
        return None, []
    recorded = tuple(cache.get("cache/lastfailed", {}))
    owners = {p.path for n in recorded if (p := workspace.owner(n.partition("::")[0])) is not None}
    present = [project for project in projects if project.path in owners]
    if not option.lf or not present:
        if option.lf and not recorded and option.last_failed_no_failures == "none":
            return recorded, list(projects)
        return recorded, []
    return recorded, [project for project in projects if project.path not in owners]


def _stepwise(
    config: pytest.Config, workspace: Workspace, projects: list[Any]
) -> tuple[str | None, list[Any]]:
    """Where ``--stepwise`` goes on, and the projects before it."""
    option = config.option
    cache = getattr(config, "cache", None)
    if cache is None or not getattr(option, "stepwise", False) or getattr(option, "stepwise_reset", False):
        return None, []
    recorded = cache.get("cache/stepwise", None)
    nodeid = recorded.get("last_failed") if isinstance(recorded, dict) else recorded
    owner = workspace.owner(nodeid.partition("::")[0]) if isinstance(nodeid, str) and nodeid else None
    if owner is None or owner not in projects:
        return None, []
    return nodeid, projects[: projects.index(owner)]


def _wants_terminal(option: Any) -> bool:
    return bool(option.capture == "no" or option.usepdb or option.trace)


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _basetemp(config: pytest.Config) -> Path | None:
    """One numbered folder for the whole run, a folder per project in it.

    pytest keeps the last three numbered folders: one a project would throw away what a failed test left.
    The factory is private; ``tests/test_plugin.py`` fails when it moves.
    """
    factory = getattr(config, "_tmp_path_factory", None)
    return factory.getbasetemp() if factory is not None else None


def _workerinput(config: pytest.Config) -> dict[str, Any]:
    """What plugins of the controller tell those in the workers, as far as pytest-xdist's hook is not there."""
    seed = getattr(config.option, "randomly_seed", None)
    return {"randomly_seed": seed} if isinstance(seed, int) else {}
