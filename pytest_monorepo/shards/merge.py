"""The story of ``--monorepo-merge``: read what the shards have left, and tell it to pytest as one run.

Every report goes through the same hooks as in a run, so that the terminal, JUnit, coverage, the page and all
plugins of the controller do what they would have done.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.affected.decision import Decision
from pytest_monorepo.affected.git.checkout import checkout
from pytest_monorepo.affected.stored import as_plain, from_plain
from pytest_monorepo.cache import recorded
from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.records import ProjectRun
from pytest_monorepo.run.controller import Controller
from pytest_monorepo.run.hooks import failures
from pytest_monorepo.run.hooks.announcer import Announcer
from pytest_monorepo.run.plan import history, invocation
from pytest_monorepo.run.plan import plan as planning
from pytest_monorepo.run.plan.choice import Choice
from pytest_monorepo.run.plan.invocation import Invocation
from pytest_monorepo.run.state import exit_codes
from pytest_monorepo.settings import Settings
from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.model import Project, Workspace

from . import bundle, recorder
from .bundle import Bundle, Manifest


def record(
    config: pytest.Config,
    folder: Path,
    plan: planning.Plan,
    choice: Choice,
    decision: Decision | None,
    ending: Callable[[], recorder.Ending],
) -> recorder.Recorder:
    """The plugin that writes this shard's folder below ``folder``."""
    sharding = choice.shard
    assert sharding is not None
    root = os.path.realpath(plan.workspace.root)
    here = checkout(plan.workspace.root)
    begun = Manifest(
        index=sharding.shard.index,
        count=sharding.shard.count,
        selection=sharding.selection,
        division=sharding.division.fingerprint,
        root=root,
        commit=here.commit or None,
        uncommitted=here.uncommitted,
        projects=sharding.division.parts[sharding.shard.index - 1],
        left_out=[project.path for project in choice.left_out],
        targets={path: list(words) for path, words in (choice.targets or {}).items()},
        filters=[word for word in choice.filters if not word.startswith("--shard ")],
        version=_version(),
        python=platform.python_version(),
        began=time.time(),
    )
    selection = None if decision is None else as_plain(decision)
    return recorder.Recorder(folder, config, plan.workspace, begun, selection, ending)


def _version() -> str:
    try:
        return metadata.version("pytest-monorepo")
    except metadata.PackageNotFoundError:
        return ""


def ending_of(
    controller: Controller, changed: Sequence[str], unmeasured: Mapping[str, Mapping[str, str]] | None
) -> recorder.Ending:
    """What the recorder asks at the end."""
    ledger = controller.ledger
    measured = ledger.measured
    return recorder.Ending(
        ledger.interrupted,
        controller.stopped,
        ledger.coverage,
        changed,
        {file: (seconds, measured.tests.get(file, 0)) for file, seconds in measured.seconds.items()},
        unmeasured,
    )


@dataclass(frozen=True)
class Shards:
    """All shards of one run, in order, and the workspace here."""

    bundles: tuple[Bundle, ...]
    workspace: Workspace

    @classmethod
    def read(cls, shown: str, cwd: Path, workspace: Workspace) -> Shards:
        """The shards below the folder ``shown``; raises unless they are a whole run of this workspace."""
        bundles = bundle.read_all(cwd / shown, shown)
        bundle.check(bundles, checkout(workspace.root).commit or None)
        for one in bundles:
            for path in (*one.manifest.projects, *one.manifest.left_out):
                if path not in workspace.by_path:
                    raise MonorepoError(
                        f"{one.folder}: ran the project {path}, which this checkout does not have:"
                        " merge where the same files are checked out"
                    )
        return cls(tuple(bundles), workspace)

    @property
    def first(self) -> Manifest:
        return self.bundles[0].manifest

    @cached_property
    def projects(self) -> tuple[Project, ...]:
        paths = {path for one in self.bundles for path in one.manifest.projects}
        return tuple(project for project in self.workspace.projects if project.path in paths)

    @property
    def choice(self) -> Choice:
        """What the shards have run between them."""
        left_out = tuple(self.workspace.by_path[path] for path in self.first.left_out)
        targets = {path: tuple(words) for path, words in self.first.targets.items()}
        return Choice(self.projects, left_out, targets, tuple(self.first.filters))

    @property
    def decision(self) -> Decision | None:
        plain = self.bundles[0].json("selection.json")
        return None if plain is None else from_plain(plain, self.workspace)

    def plan(
        self, settings: Settings, call: Invocation, coverage: Sequence[Mapping[str, Any]], graph: Graph
    ) -> planning.Plan:
        """What the reports need to know of a run, as if all of it had been run here."""
        choice = self.choice
        return planning.Plan(
            workspace=self.workspace,
            graph=graph,
            settings=settings,
            invocation=call,
            words=invocation.for_workers(call.words),
            projects=choice.projects,
            targets=choice.targets or {},
            deselected_projects=choice.left_out,
            coverage={info["project"]: {} for info in coverage},
        )

    @cached_property
    def began(self) -> float:
        """When the first shard began; 0 where one does not say."""
        return min(one.manifest.began for one in self.bundles)

    @cached_property
    def replayed(self) -> frozenset[str]:
        """The test files whose results an earlier run had made."""
        return frozenset().union(*(one.replayed for one in self.bundles))

    @cached_property
    def unmeasured(self) -> Mapping[str, Mapping[str, str]] | None:
        """The test files of which no shard has data though none runs them; ``None`` where one cannot tell."""
        found: dict[str, dict[str, str]] = {}
        for one in self.bundles:
            told = one.json("coverage.json").get("unmeasured")
            if told is None:
                return None
            for path, files in told.items():
                found.setdefault(path, {}).update(files)
        return found

    @property
    def took(self) -> tuple[float, float] | None:
        """When the run began, and its seconds: those of the longest shard, as if all had begun together.

        They may have waited for machines, or one may have been run again the next day.
        """
        if not self.began:
            return None
        return self.began, max(one.manifest.ended - one.manifest.began for one in self.bundles)

    def delay(self, manifest: Manifest) -> float:
        """By how many seconds a shard began later than the first."""
        return manifest.began - self.began if self.began else 0.0

    @property
    def line(self) -> str:
        """``monorepo: 3 shards merged, 60 projects``."""
        count, projects = len(self.bundles), len(self.projects)
        return (
            f"monorepo: {count} shard{'s' * (count != 1)} merged, {projects} project{'s' * (projects != 1)}"
        )

    @property
    def notes(self) -> list[str]:
        """Sentences for the user about the shards."""
        found = []
        for one in self.bundles:
            manifest = one.manifest
            if manifest.uncommitted:
                found.append(f"shard {manifest.shard} ran on files that differ from its commit")
            if manifest.stopped:
                found.append(f"shard {manifest.shard} stopped early: not everything ran")
            if manifest.changed:
                files = ", ".join(manifest.changed)
                found.append(f"shard {manifest.shard} has no coverage of what changed meanwhile: {files}")
        return found

    def coverage(self, into: Path) -> list[dict[str, Any]]:
        """What the workers of all shards measured, with paths of here."""
        root = os.path.realpath(self.workspace.root)
        return [
            info
            for one in self.bundles
            for info in bundle.coverage_infos(one, root, into / str(one.manifest.index))
        ]


# a shard of a later version may say more
_OF_RUN = [one.name for one in fields(ProjectRun)]


@dataclass
class _Merged:
    """One project's run put together from those of its shards."""

    runs: list[ProjectRun] = field(default_factory=list)

    def run(self, project: str) -> ProjectRun:
        first = min(self.runs, key=lambda run: run.started)
        codes = [run.exitstatus for run in self.runs if run.exitstatus is not None]
        return replace(
            first,
            project=project,
            stopped=first.started + sum(run.stopped - run.started for run in self.runs),
            exitstatus=exit_codes.worst(codes),
            collected=sum(run.collected for run in self.runs),
            deselected=sum(run.deselected for run in self.runs),
            error=next((run.error for run in self.runs if run.error is not None), None),
            whole=next((run.whole for run in self.runs if run.whole), ()),
            said=tuple(words for run in self.runs for words in run.said),
            uninstalled=next((run.uninstalled for run in self.runs if run.uninstalled), ()),
            cached=first.cached if all(run.cached for run in self.runs) else "",
            replayed=sum(run.replayed for run in self.runs),
        )


class Merger:
    """The plugin object of a merge, in place of the :class:`~.run.controller.Controller`.

    What each shard of a divided project must say of the whole of it (it cannot be imported, say, or its
    configuration is deprecated) is told once.
    """

    def __init__(self, config: pytest.Config, shards: Shards, tmp: Path) -> None:
        self.config = config
        self.shards = shards
        self.coverage = shards.coverage(tmp)
        files = bundle.together(one.json("durations.json") for one in shards.bundles)
        self._measured = history.History(
            {file: float(entry[0]) for file, entry in files.items()},
            {file: int(entry[1]) for file, entry in files.items()},
        )
        self.stopped = any(one.manifest.stopped for one in shards.bundles)
        self._ended: set[int] = set()
        self._passed = False
        self._announcer = Announcer(config)
        self._told: dict[tuple[object, ...], int] = {}
        self._lastfailed = set(recorded(config, "cache/lastfailed", ()))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> bool:
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        session.testscollected = sum(one.manifest.tests for one in self.shards.bundles)
        paths = {path for one in self.shards.bundles for path in one.index}
        for path in sorted(paths):
            self._tell(session, path)
        return True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int
    ) -> Generator[None, object, object]:
        history.save(self.config, self._measured, self.shards.workspace.files)
        ours = session.exitstatus = self._exit_code(int(session.exitstatus))
        result = yield
        session.exitstatus = exit_codes.settled(ours, int(exitstatus), int(session.exitstatus))
        return result

    def _exit_code(self, code: int) -> int:
        if code == 5 and not self.shards.projects and self.shards.first.left_out:
            code = 0
        if code == 5 and self._passed:  # one had nothing to run, and its own code calls that a pass
            code = 0
        codes = {one.manifest.exit_code for one in self.shards.bundles} - {5}
        # as in a run that is not divided: the one project ended with errors while collecting
        only = len(self.shards.projects) == 1 and not self.stopped
        return exit_codes.conclude(code, codes, exit_codes.worst(self._ended) or 0 if only else None)

    def _tell(self, session: pytest.Session, path: str) -> None:
        project = self.shards.workspace.by_path.get(path)
        merged = _Merged()
        started = False
        for one in self.shards.bundles:
            for record in one.records(path):
                if record["kind"] == "start" and project is not None:
                    if not started:
                        self.config.hook.pytest_monorepo_project_start(config=self.config, project=project)
                    started = True
                elif record["kind"] == "finish":
                    merged.runs.append(self._run(record["data"], one.manifest))
                else:
                    self._emit(session, one.manifest, record)
        self._announcer.silent(0)
        if merged.runs and project is not None:
            run = merged.run(path)
            self._ended.add(run.exitstatus or 0)
            self._passed |= run.exitstatus == 0
            if run.error is None and path in self._lastfailed:
                self._announcer.collect_report(failures.passed_collection(path))
            self.config.hook.pytest_monorepo_project_finish(config=self.config, project=project, run=run)

    def _run(self, data: Mapping[str, Any], manifest: Manifest) -> ProjectRun:
        plain = {name: [tuple(entry) for entry in data.get(name, ())] for name in ("whole", "said")}
        known = {name: data[name] for name in _OF_RUN if name in data}
        known |= {name: tuple(entries) for name, entries in plain.items()}
        known["uninstalled"] = tuple(data.get("uninstalled", ()))
        run, delay = ProjectRun(**known), self.shards.delay(manifest)
        worker = self._worker(run.worker, manifest)
        return replace(run, started=run.started - delay, stopped=run.stopped - delay, worker=worker)

    def _emit(self, session: pytest.Session, manifest: Manifest, record: Mapping[str, Any]) -> None:
        shard = manifest.index
        match record["kind"]:
            case "logstart":
                self._forget_failed_collection(record["nodeid"])
                self._announcer.test_started(0, record["nodeid"], tuple(record["location"]))
            case "logfinish":
                self._announcer.test_finished(0, record["nodeid"], tuple(record["location"]))
            case "report":
                self._announcer.test_report(0, self._report(record["data"], manifest))
            case "collect":
                report = self._report(record["data"], manifest)
                if report.passed or self._first_to_tell(shard, "collect", report.nodeid, report.longreprtext):
                    self._announcer.collected(0, report)
            case "deselected":
                fresh = [n for n in record["nodeids"] if self._first_to_tell(shard, "deselected", n)]
                if fresh:
                    self._announcer.deselected(session, fresh)
            case "warning":
                said = record["data"]
                warning = protocol.WarningRecorded(*(said[name] for name in protocol.WarningRecorded._fields))
                same = (record["project"], warning.category, warning.message, warning.when, warning.nodeid)
                if warning.when == "runtest" or self._first_to_tell(shard, "warning", *same):
                    self._announcer.warning(warning, record["project"])
            case other:
                raise AssertionError(f"unexpected record of kind {other!r}")

    def _first_to_tell(self, shard: int, *what: object) -> bool:
        """Whether no other shard has said the same; the same shard may have said it of another place."""
        return self._told.setdefault(what, shard) == shard

    def _forget_failed_collection(self, nodeid: str) -> None:
        file = nodeid.partition("::")[0]
        if file in self._lastfailed:
            self._lastfailed.discard(file)
            self._announcer.collect_report(failures.passed_collection(file))

    def _report(self, data: dict[str, Any], manifest: Manifest) -> Any:
        failure = data.pop("$failure", None)
        report = self._announcer.deserialize(data)
        if failure is not None:
            report.longrepr = failures.ProjectFailure(failure["message"], failure["text"], failure["path"])
        for name in ("worker_id", "monorepo_lane"):
            if worker := getattr(report, name, None):
                setattr(report, name, self._worker(worker, manifest))
        for name in ("start", "stop"):
            if getattr(report, name, None):
                setattr(report, name, getattr(report, name) - self.shards.delay(manifest))
        return report

    def _worker(self, name: str, manifest: Manifest) -> str:
        """Two machines have a gw0 each."""
        return f"shard{manifest.index}-{name}" if name and len(self.shards.bundles) > 1 else name
