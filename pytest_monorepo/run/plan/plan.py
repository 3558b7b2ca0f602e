"""Everything that is decided before the first worker starts, and each worker's :class:`protocol.Job`."""

from __future__ import annotations

import dataclasses
import fnmatch
import os
import posixpath
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_monorepo import hookspecs, options
from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.run.workers.interpreters import CURRENT, Interpreter
from pytest_monorepo.settings import Settings
from pytest_monorepo.value import value
from pytest_monorepo.worker import protocol
from pytest_monorepo.worker.process.guarding import looks_like_tests
from pytest_monorepo.workspace.files.relative import seen_from
from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.manifests.requirements import canonical
from pytest_monorepo.workspace.model import ROOT, Project, Workspace

from . import targets
from .choice import meant
from .invocation import ForWorkers, Invocation
from .preload import Preload
from .schedule import Task

if TYPE_CHECKING:
    from pytest_monorepo.quarantine import Entry
    from pytest_monorepo.results.replays.replay import Replay

    from .shards import Shard, Share


@value(frozen=True)
class Plan:
    """What runs and how.

    ``projects`` run, in path order; ``targets`` says which of their paths and node ids (empty: all);
    ``interpreters`` their Pythons, ``excluded`` why a project cannot run on its own; ``coverage`` what their
    workers' measuring is told. ``narrowed`` is set when options may leave a project without tests to run.
    ``maxfail`` is 0 for no limit. ``lastfailed`` (``--lf``, ``--ff``) and ``start_at`` (``--sw``) hold
    workspace-relative node ids. ``show_output`` prints what each project's own pytest printed, for
    ``--setup-show``, and ``print_only`` that alone, for ``--fixtures`` and ``--markers``. ``terminal`` gives
    the workers the terminal, one after the other.
    ``replays`` are the projects that need not run, with what they would say; ``parts`` files of others.
    ``together`` are the test files of a project that one worker should run.
    Those ``alone`` one worker begins by itself, since nobody knows yet which of their files are such.
    ``unasked`` are projects that do not run and of which what was measured earlier is carried.
    ``shard`` is this machine among several; ``shares`` are the projects of which it runs some files only.
    ``unselected`` are the test files of each project that a selection by file leaves out; ``sampled`` run all
    the same. ``quarantine`` are the entries whose day has not passed. ``places`` names the machine of each
    worker, where there are several, and ``spares`` those with room for more of them. ``preload`` has what is
    imported once for several projects.
    """

    workspace: Workspace
    graph: Graph
    settings: Settings
    invocation: Invocation
    words: ForWorkers
    projects: tuple[Project, ...]
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    deselected_projects: tuple[Project, ...] = ()
    unasked: tuple[Project, ...] = ()
    workers: int = 1
    fork: bool = True
    maxfail: int = 0
    narrowed: bool = False
    collect_only: bool = False
    print_only: bool = False
    show_output: bool = False
    terminal: bool = False
    stepwise: bool = False
    split: str = "none"
    idle_timeout: float | None = None
    project_timeout: float | None = None
    lastfailed: tuple[str, ...] | None = None
    start_at: str | None = None
    interpreters: Mapping[str, Interpreter] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)
    argv0: str = "pytest"
    basetemp: Path | None = None
    workerinput: Mapping[str, Any] = field(default_factory=dict)
    coverage: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    shard: Shard | None = None
    shares: Mapping[str, Share] = field(default_factory=dict)
    replays: Mapping[str, Replay] = field(default_factory=dict)
    parts: Mapping[str, Replay] = field(default_factory=dict)
    together: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    alone: frozenset[str] = frozenset()
    unselected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sampled: frozenset[str] = frozenset()
    quarantine: tuple[Entry, ...] = ()
    places: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()
    preload: Preload = field(default_factory=Preload)
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def timeout_of(self, project: str) -> float | None:
        """Seconds that the project at this path may take, where there is a limit."""
        return self.settings.of(project).timeout or self.project_timeout or self.settings.project_timeout

    def split_of(self, project: str) -> str:
        """What several workers share of the project at this path."""
        return self.split if self.split == "none" else self.settings.of(project).split or self.split

    def interpreter(self, project: str) -> Interpreter:
        """Which Python runs the project at this path."""
        return self.interpreters.get(project, CURRENT)

    def may_be_empty(self, project: str) -> bool:
        """Whether it is right that nothing of the project runs: options or another shard may have it all."""
        share = self.shares.get(project)
        elsewhere = share is not None and not share.first  # the first shard says so
        narrowed = self.narrowed or project in self.unselected or project in self.parts
        return narrowed or elsewhere or bool(self.targets.get(project))

    def is_whole(self, project: str) -> bool:
        """Whether nothing of the project is left out, or another machine's."""
        return not self.may_be_empty(project) and project not in self.shares and not self.lastfailed

    def deselected(self, project: Project) -> list[str]:
        """``--deselect`` prefixes that can concern the project, workspace-relative."""
        return _deselected(self, project)

    def runs_parts_of_files(self, project: str) -> bool:
        """Whether what is measured of a file may be of some of its tests only."""
        return self.narrowed or any("::" in target for target in self.targets.get(project, ()))


def matching(workspace: Workspace, globs: Sequence[str]) -> tuple[Project, ...]:
    """``--project``: by name or path; ``!GLOB`` excludes. Raises where a glob matches no project."""
    wanted = [glob for glob in globs if not glob.startswith("!")]
    for glob in globs:
        if not any(_matches(project, glob.lstrip("!")) for project in workspace.projects):
            raise MonorepoError(f"--project {glob}: matches no project; {meant(workspace, glob.lstrip('!'))}")
    return tuple(
        project
        for project in workspace.projects
        if (not wanted or any(_matches(project, glob) for glob in wanted))
        and not any(_matches(project, glob[1:]) for glob in globs if glob.startswith("!"))
    )


def _matches(project: Project, glob: str) -> bool:
    glob = glob.removeprefix("./").rstrip("/") or glob
    # an installer takes my_lib and my-lib for one name (PEP 503)
    names = ((project.name, glob), (project.path, glob), (canonical(project.name), canonical(glob)))
    return any(fnmatch.fnmatchcase(name, pattern) for name, pattern in names)


def worker_count(value: object, default: int) -> int:
    """``--workers`` or ``-n``: a number of at least 1, or ``auto``/``logical`` for ``default``."""
    if value in (None, "auto", "logical"):
        return default
    try:
        number = int(str(value))
    except ValueError:
        number = 0
    if number < 1:
        raise MonorepoError(f"--workers {value}: must be a number of at least 1, or auto")
    return number


def tasks(plan: Plan, weights: Mapping[str, float]) -> Iterable[Task]:
    """One task a project, in path order; with ``--ff`` those weigh most that have failed before."""
    above_all = sum(weights.values()) + 1
    for project in plan.projects:
        if project.error is None and project.path not in (*plan.excluded, *plan.replays):
            weight = weights.get(project.path, 0.0)
            if _of_project(plan, project, plan.lastfailed):
                weight += above_all
            yield Task(project.path, weight, plan.settings.of(project.path).resources)


def make_job(
    plan: Plan, task: Task, slot: int, logs: tuple[str, str], split: str = "none", name: str = ""
) -> protocol.Job:
    """What the worker in ``slot`` is to do.

    ``logs`` receive its standard output and error; ``name`` is one that no other worker of the run has.
    """
    project = plan.workspace.by_path[task.project]
    folder = os.path.normpath(plan.workspace.root / project.path)
    again = task.assists or task.restarts > 0 or task.anew
    plan = dataclasses.replace(plan, parts={}) if task.anew else plan
    arguments = _arguments(plan, project, name if again and name else slug(project.path))
    worker = f"gw{slot}"
    return protocol.Job(
        root=str(plan.workspace.root),
        project=project.path,
        folder=folder,
        args=arguments,
        argv=[_argv0(plan, project), *arguments],
        as_module=plan.invocation.as_module,
        source_roots=[list(pair) for pair in _source_roots(plan, project)],
        deselect=_deselected(plan, project),
        lastfailed=_of_project(plan, project, plan.lastfailed),
        only=list(task.only) if task.only is not None else None,
        start_at=next(iter(_of_project(plan, project, [plan.start_at]) or []), None)
        if plan.start_at
        else None,
        coverage=_plain(plan.coverage.get(project.path)),
        split=split,
        pause=bool(plan.maxfail or plan.stepwise),
        collect_only=plan.collect_only,
        terminal=plan.terminal,
        out=logs[0],
        err=logs[1],
        environ={
            "PYTEST_XDIST_WORKER": worker,
            "PYTEST_XDIST_WORKER_COUNT": str(plan.workers),
            "PYTEST_XDIST_TESTRUNUID": plan.run_id,
        },
        workerinput={
            "workerid": worker,
            "workercount": plan.workers,
            "testrunuid": plan.run_id,
            "mainargv": [plan.argv0, *plan.invocation.words, *plan.invocation.targets],
            **plan.workerinput,
        },
        inherited_options=list(options.plain()),
        hooks=hookspecs.plain(),
        share=_share(_share_of(plan, project)),
        within=_within(plan, project),
        keep_whole=list(plan.settings.keep_whole),
        own_folders=list(_own_folders(plan, project)),
        guarded=_guarded(plan, project),
        conftests=[str(plan.workspace.root / path) for path in plan.workspace.conftests(project)],
        together=[list(files) for files in plan.together.get(project.path, ())],
        quarantine=[[entry.tests, entry.words] for entry in plan.quarantine],
        measure_imports=project.path in plan.preload.measured and not again,
        sole=len(project.test_files) == 1,
        whole=plan.is_whole(project.path) and task.only is None,
        referee=plan.settings.cached_referee or plan.settings.of(project.path).cached_referee,
    )


def _own_folders(plan: Plan, project: Project) -> Iterable[str]:
    if plan.basetemp is not None:
        yield str(plan.basetemp)
    if project.path in plan.coverage:
        # below the run's own temporary folder, whose name no other run has
        yield os.path.dirname(os.path.dirname(str(plan.coverage[project.path]["data_dir"])))


def _argv0(plan: Plan, project: Project) -> str:
    """The script whose folder Python puts on ``sys.path``: the interpreter's own ``pytest``."""
    interpreter = plan.interpreter(project.path)
    return plan.argv0 if interpreter.is_current else str(Path(interpreter.executable).parent / "pytest")


def _arguments(plan: Plan, project: Project, temp: str) -> list[str]:
    cwd = plan.invocation.cwd
    words = [*_configuration(plan, project), *plan.words.words]
    words += plan.settings.of(project.path).args
    words += (f"--ignore={os.path.normpath(cwd / path)}" for path in plan.words.ignore)
    words += (f"--ignore-glob={os.path.normpath(cwd / glob)}" for glob in plan.words.ignore_glob)
    words += (
        f"--ignore={os.path.normpath(plan.workspace.root / inner.path)}"
        for inner in plan.workspace.nested(project)
        if inner.runs
    )
    words += (
        f"--ignore={os.path.normpath(plan.workspace.root / folder)}"
        for folder in plan.workspace.foreign
        if targets.holds(project.path, folder)
    )
    # not even imported; of those that testpaths name one by one the worker runs nothing
    words += (f"--ignore={os.path.normpath(plan.workspace.root / file)}" for file in _left_out(plan, project))
    words += (f"{option}={os.path.normpath(cwd / path)}" for option, path in plan.words.paths)
    if plan.words.confcutdir:
        words.append(f"--confcutdir={os.path.normpath(cwd / plan.words.confcutdir)}")
    if plan.basetemp is not None:
        words.append(f"--basetemp={plan.basetemp / temp}")
    return [*words, *_targets(plan, project)]


def _targets(plan: Plan, project: Project) -> Iterable[str]:
    """What was asked for, but for files of which an earlier run's results are told."""
    replay = plan.parts.get(project.path)
    told = frozenset(replay.files) if replay is not None else frozenset()
    if _within(plan, project):
        return
    for target in plan.targets.get(project.path, ()):
        if posixpath.normpath(posixpath.join(project.path, target.partition("::")[0])) not in told:
            yield target


def _within(plan: Plan, project: Project) -> list[str]:
    """All that was asked for, relative to the workspace, where some of it lies outside the project."""
    asked = plan.targets.get(project.path, ())
    if not any(target.startswith("../") for target in asked):
        return []
    parts = (target.partition("::") for target in asked)
    return [posixpath.normpath(posixpath.join(project.path, path)) + sep + rest for path, sep, rest in parts]


def _configuration(plan: Plan, project: Project) -> list[str]:
    """``-c`` as in ``cd project && pytest -c FILE --rootdir=.``: the file's own folder holds no test."""
    if plan.settings.inifile is None:
        return []
    root = plan.workspace.root
    return ["-c", str(root / plan.settings.inifile), f"--rootdir={os.path.normpath(root / project.path)}"]


def slug(path: str) -> str:
    """A project path as one file name; two paths never share one."""
    if path == ROOT:
        return "_root"
    # "_" escapes; doubling "-" itself would not tell "a-/b" from "a/-b"
    return path.replace("_", "__").replace("-", "_-").replace("/", "-")


def _source_roots(plan: Plan, project: Project) -> Iterable[tuple[str, str]]:
    """The project's own source roots, then those of everything it depends on."""
    seen: set[str] = set()
    for path in (project.path, *plan.graph.transitive_dependencies(project.path)):
        other = plan.workspace.by_path.get(path)
        for root in other.source_roots if other else ():
            if root not in seen:
                seen.add(root)
                yield (
                    os.path.normpath(plan.workspace.root / root),
                    (other.distribution or "") if other else "",
                )


def _guarded(plan: Plan, project: Project) -> dict[str, list[str]]:
    """Source roots of others only: where it is the folder of a project, its tests lie there, too."""
    own = set(project.source_roots)
    found: dict[str, list[str]] = {}
    for path in plan.graph.transitive_dependencies(project.path):
        other = plan.workspace.by_path.get(path)
        for root in other.source_roots if other else ():
            if other is not None and root not in own:
                tops = {name.partition(".")[0] for name in other.packages}
                known = found.setdefault(os.path.normpath(plan.workspace.root / root), [])
                known += sorted(name for name in tops if looks_like_tests(name))
    return found


def _deselected(plan: Plan, project: Project) -> list[str]:
    """``--deselect`` prefixes that can concern the project, workspace-relative."""
    root, cwd = plan.workspace.root, plan.invocation.cwd
    found = []
    for typed in plan.words.deselect:
        path, sep, rest = typed.partition("::")
        # relative to where the user stands, or as pytest prints and takes it, to the root
        base = cwd if (cwd / path).exists() or not (root / path).exists() else root
        relative = seen_from(root, base / path)
        if plan.workspace.owner(relative) is project or targets.holds(relative, project.path):
            found.append(relative + sep + rest)
    return found


def _share_of(plan: Plan, project: Project) -> Share | None:
    """What of the project runs here; files that nobody foresaw run, too, unless another shard runs them."""
    share, left_out = plan.shares.get(project.path), _left_out(plan, project)
    if share is not None or (not left_out and project.path not in plan.unselected):
        return share
    out = frozenset(left_out)
    from .shards import Share

    return Share(tuple(f for f in project.test_files if f not in out), left_out, first=True)


def _left_out(plan: Plan, project: Project) -> tuple[str, ...]:
    """Test files that a selection leaves out, and those of which an earlier run's results are told."""
    replay = plan.parts.get(project.path)
    return (*plan.unselected.get(project.path, ()), *(replay.files if replay is not None else ()))


def _share(share: Share | None) -> dict[str, Any] | None:
    return None if share is None else share._asdict()


def _plain(spec: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if spec is None else dict(spec)


def _of_project(plan: Plan, project: Project, nodeids: Iterable[str] | None) -> list[str] | None:
    if nodeids is None:
        return None
    owners = ((nodeid, plan.workspace.owner_of_test(nodeid)) for nodeid in nodeids)
    # by path: a project of the plan has only those test files that are to be run
    return [nodeid for nodeid, owner in owners if owner is not None and owner.path == project.path]
