"""Writes the folder of :mod:`bundle` while a shard runs."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.reports import unwritten
from pytest_monorepo.worker.plugins.reports import properties
from pytest_monorepo.workspace.files.relative import seen_from

from .bundle import MANIFEST, PART, Manifest, write_json

if TYPE_CHECKING:
    import warnings

    from pytest_monorepo.records import ProjectRun
    from pytest_monorepo.reports.coverage.model import CoverageReport
    from pytest_monorepo.workspace.model import Project, Workspace


@dataclass(frozen=True)
class Ending:
    """What is known when the session ends. ``durations`` are (seconds, tests) per test file that ran whole.

    ``coverage`` are the workers' words on what they measured; ``changed`` files that changed meanwhile.
    ``unmeasured`` are test files that no shard runs and of which nothing is kept, by project, each with why;
    ``None`` where nothing is carried.
    """

    interrupted: bool
    stopped: bool
    coverage: Sequence[Mapping[str, Any]] = ()
    changed: Sequence[str] = ()
    durations: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    unmeasured: Mapping[str, Mapping[str, str]] | None = None


class Recorder:
    """Registered in the controller of a shard. ``begun`` is the manifest as far as it is known before."""

    def __init__(
        self,
        folder: Path,
        config: pytest.Config,
        workspace: Workspace,
        begun: Manifest,
        selection: object,
        ending: Callable[[], Ending],
    ) -> None:
        self._config = config
        self._workspace = workspace
        self._begun = begun
        self._selection = selection
        self._ending = ending
        self._problem: str | None = None
        self._failure: OSError | None = None
        self._said = ""
        self._told: set[str] = set()
        self.folder = folder / f"{begun.index}-of-{begun.count}"
        self._part = _emptied(self.folder)
        self._stream = open(self._part / "reports.jsonl", "w", encoding="ascii", newline="\n")

    # -- what is recorded

    def pytest_monorepo_project_start(self, project: Project) -> None:
        self._write("start", project.path)

    def pytest_monorepo_project_finish(self, project: Project, run: ProjectRun) -> None:
        self._write("finish", project.path, data=dataclasses.asdict(run))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str, location: Sequence[Any]) -> None:
        self._write("logstart", self._owner(nodeid), nodeid=nodeid, location=location)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._told.add(report.nodeid)
        self._write("report", self._owner(report.nodeid), data=self._plain(report))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logfinish(self, nodeid: str, location: Sequence[Any]) -> None:
        self._write("logfinish", self._owner(nodeid), nodeid=nodeid, location=location)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._write("collect", self._owner(report.nodeid), data=self._plain(report))

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        by_project: dict[str, list[str]] = {}
        for item in items:
            by_project.setdefault(self._owner(item.nodeid), []).append(item.nodeid)
        for project, nodeids in by_project.items():
            self._write("deselected", project, nodeids=nodeids)

    def pytest_warning_recorded(
        self, warning_message: warnings.WarningMessage, when: str, nodeid: str, location: Any
    ) -> None:
        project = getattr(warning_message, "monorepo_project", None)
        if project is None:
            return  # our own process's; every shard and the merge have it
        category = warning_message.category
        data = {
            "category": category.__name__,
            "module": category.__module__,
            "message": str(warning_message.message),
            "filename": warning_message.filename,
            "lineno": warning_message.lineno,
            "line": warning_message.line,
            "when": when,
            "nodeid": nodeid,
            "location": location,
        }
        self._write("warning", project, data=data)

    # -- the end

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        from coverage import CoverageException

        ending = self._ending()
        try:
            self._stream.close()
            if self._failure is not None:
                raise self._failure
            infos = [self._keep_coverage(info, ending.changed) for info in ending.coverage]
            told = {"infos": infos, "unmeasured": ending.unmeasured}
            write_json(self._part / "coverage.json", told)
            files = {file: list(entry) for file, entry in sorted(ending.durations.items())}
            write_json(self._part / "durations.json", {"version": 1, "files": files})
            write_json(self._part / "selection.json", self._selection)
            # of a run that has come to its end, what was collected and is not told will not be told
            cut = ending.stopped or ending.interrupted
            ended = replace(
                self._begun,
                exit_code=int(session.exitstatus),
                tests=session.testscollected if cut else len(self._told),
                interrupted=ending.interrupted,
                stopped=ending.stopped,
                changed=list(ending.changed),
                ended=time.time(),
            )
            write_json(self._part / MANIFEST, dataclasses.asdict(ended))
            os.rename(self._part, self.folder)
            self._said = f"shard {ended.shard}: {seen_from(os.curdir, self.folder)}"
        except (CoverageException, *unwritten.errors()) as error:
            self._problem = unwritten.told(f"--shard-dir {self.folder}", error)
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._problem:
            terminalreporter.write_line(self._problem, red=True)
        elif self._said:
            terminalreporter.write_line(self._said)

    def _keep_coverage(self, info: Mapping[str, Any], changed: Iterable[str]) -> dict[str, Any]:
        name = os.path.join("coverage", os.path.basename(info["data_dir"]))
        folder = self._part / name
        if os.path.isdir(info["data_dir"]) and not folder.exists():
            folder.mkdir(parents=True)
            for file in os.listdir(info["data_dir"]):
                # without the dot: CI systems leave hidden files behind
                shutil.copy2(os.path.join(info["data_dir"], file), folder / file.lstrip("."))
            _purge(folder, self._begun.root, changed)
        files = sorted(os.listdir(folder)) if folder.exists() else []
        return {**info, "data_dir": name.replace(os.sep, "/"), "data_files": files}

    # -- how

    def _write(self, kind: str, project: str, **more: object) -> None:
        if self._stream.closed or self._failure is not None:
            return
        try:
            json.dump({"kind": kind, "project": project, **more}, self._stream, default=repr)
            self._stream.write("\n")
        except OSError as error:  # told at the end: what the tests say matters more
            self._failure = error

    def _owner(self, nodeid: str) -> str:
        owner = self._workspace.owner_of_test(nodeid) if nodeid else None
        return owner.path if owner is not None else ""

    def _plain(self, report: Any) -> dict[str, Any]:
        hook = self._config.hook
        data: dict[str, Any] = dict(hook.pytest_report_to_serializable(config=self._config, report=report))
        if data.get("user_properties"):
            data["user_properties"] = properties.packed(report.user_properties)
        failure = report.longrepr
        if isinstance(getattr(failure, "message", None), str):
            # pytest would keep nothing but its text
            data["$failure"] = {
                "message": failure.message,
                "text": failure.text,
                "path": failure.reprcrash.path,
            }
        return data


def _emptied(folder: Path) -> Path:
    """The folder to write into; what an earlier run left under either name is gone."""
    part = folder.with_name(folder.name + PART)
    try:
        for old in (folder, part):
            if old.exists():
                if not any((old / name).exists() for name in (MANIFEST, "reports.jsonl")):
                    raise MonorepoError(f"--shard-dir: {old} is there and no shard's folder: name another")
                shutil.rmtree(old)
        made = not folder.parent.exists()
        part.mkdir(parents=True)
        if made:
            # else --affected of a later shard takes it for a change
            (folder.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise MonorepoError(f"--shard-dir {folder.parent}: {error.strerror}") from None
    return part


def _purge(folder: Path, root: str, changed: Iterable[str]) -> None:
    doomed = {os.path.normpath(os.path.join(root, path)) for path in changed}
    if not doomed:
        return
    from pytest_monorepo.reports.coverage.measured.data import data_files, opened

    for name in data_files(str(folder)):
        with opened(name) as data:
            data.read()
            data.purge_files(
                [p for p in data.measured_files() if os.path.normpath(os.path.join(root, p)) in doomed]
            )


def changed_files(report: CoverageReport | None) -> Sequence[str]:
    """Files that changed while the tests ran, by workspace path."""
    return tuple(report.changed) if report is not None else ()
