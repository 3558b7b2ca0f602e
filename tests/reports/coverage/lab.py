"""Small workspaces measured twice: by our worker code, and by hand with coverage.py's own command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import dedent
from typing import Any

from pytest_monorepo.reports.coverage.conclude import CoverageOptions, measurement_spec
from pytest_monorepo.reports.coverage.model import FileCoverage
from pytest_monorepo.workspace.model import Project, PytestSettings, Workspace
from tests.run import warm

HERE = str(Path(__file__).parents[3])
PYTEST = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", "-p", "no:monorepo"]

WORKER = """
import json, os, sys
spec, args, out = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
import pytest
from pytest_monorepo.worker.coverage import measure
measurement = measure.start(spec, os.getcwd())
class Neutral:
    @pytest.hookimpl(hookwrapper=True)
    def pytest_load_initial_conftests(self, early_config):
        early_config.known_args_namespace.cov_source = None
        yield
code = pytest.main(args, plugins=[Neutral(), measurement.plugin] if measurement else [Neutral()])
info = measurement.stop() if measurement else None
with open(out, "w") as file:
    json.dump({"code": int(code), "info": info}, file)
"""

BY_HAND = """
import os, shutil, sys, json
from coverage.cmdline import main
run, args, report, kept = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3], sys.argv[4]
sys.argv = ["coverage"]
rules = [word for word in run if word.startswith("--rcfile")]
main(["run", "--parallel-mode", *run, "-m", "pytest", *args])
main(["combine", *rules])
code = main(["json", *rules, "-o", report])
shutil.move(os.environ.get("COVERAGE_FILE", ".coverage"), kept)
sys.exit(code)
"""


def tree(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))


@dataclass
class Lab:
    """A workspace on disk; ``projects`` as discovery would describe them.

    ``pythonpath`` are further folders to import from, relative to the root.
    """

    root: Path
    scratch: Path
    projects: Sequence[Project]
    pythonpath: Sequence[str] = ()
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root, tuple(sorted(self.projects, key=lambda p: p.path)))

    def measure(
        self, options: CoverageOptions, only: Iterable[str] | None = None, args: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Run every project as a worker would, and return the infos of those that were measured."""
        measured = []
        for project in self.projects:
            if only is not None and project.path not in only:
                continue
            spec = measurement_spec(options, self.workspace, project, str(self.place(project, "data")))
            if spec is None:
                continue
            out = self.place(project, "info.json")
            words = [json.dumps(spec), json.dumps([*PYTEST, "-p", "pytest_cov", *args]), str(out)]
            measured.append(self._run(project, WORKER, words, out)["info"])
        return measured

    def by_hand(self, sources: Mapping[str, Sequence[str]] | None = None, branch: bool = False) -> Yardstick:
        """``coverage run -m pytest``, ``combine`` and ``json`` in every project's own folder, by its own
        configuration and once more over the whole root, by none."""
        own, branches, everywhere = {}, set(), []
        everything = ["--rcfile=" + os.devnull, "--branch", "--source=" + str(self.root)]
        for project in self.projects:
            run = ["--branch"] if branch else []
            if sources and project.path in sources:
                run.append("--source=" + ",".join(sources[project.path]))
            found = self._by_hand(project, run, "hand.json", "kept.coverage")
            own[project.path] = self._seen(project, found)
            branches |= {project.path} if found["meta"]["branch_coverage"] else set()
            if len(self.projects) > 1:
                whole = self._by_hand(project, everything, "whole.json", "whole.coverage")
                everywhere.append(self._seen(project, whole))
        return Yardstick(own, union(everywhere), lambda path: self._owner(path) in branches)

    def _by_hand(self, project: Project, run: list[str], name: str, kept: str) -> dict[str, Any]:
        out = self.place(project, name)
        words = [json.dumps(run), json.dumps([*PYTEST, "-p", "no:cov", "-o", "addopts="])]
        words += [str(out), str(self.place(project, kept))]
        return self._run(project, BY_HAND, words, out, out.with_suffix(".data"))

    def _seen(self, project: Project, report: Mapping[str, Any]) -> dict[str, Seen]:
        return {self.relative(project, name): of_json(found) for name, found in report["files"].items()}

    def _owner(self, path: str) -> str | None:
        owner = self.workspace.owner(path)
        return owner.path if owner is not None else None

    def combined_by_hand(self) -> dict[str, Seen]:
        """``coverage combine`` over what :meth:`by_hand` kept, and ``coverage json``, at the root."""
        out, data = self.scratch / "combined.json", f"--data-file={self.scratch / 'combined'}"
        kept = [str(self.kept(project)) for project in self.projects]
        for command in (["combine", "--keep", data, *kept], ["json", data, "-o", str(out)]):
            run = [sys.executable, "-m", "coverage", *command]
            subprocess.run(run, cwd=self.root, check=True, capture_output=True)
        return {name: of_json(found) for name, found in json.loads(out.read_text())["files"].items()}

    def kept(self, project: Project) -> Path:
        return self.place(project, "kept.coverage")

    def place(self, project: Project, name: str) -> Path:
        place = self.scratch / project.path.replace("/", "+") / name
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _run(
        self, project: Project, code: str, words: list[str], out: Path, data: Path | None = None
    ) -> dict[str, Any]:
        """What ``python -c code words`` in the project's folder has written to ``out``."""
        folder = self.root / project.path
        environ = self._environ(data)
        ended, said = warm.anyhow(words, cwd=folder, environ=environ, module="coverage", code=code)
        assert out.exists(), said.decode()
        found: dict[str, Any] = json.loads(out.read_text())
        assert found.get("code", ended) == 0, said.decode()
        return found

    def _environ(self, data: Path | None) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("COV", "PYTEST"))}
        roots = [*(root for project in self.projects for root in project.source_roots), *self.pythonpath]
        return {
            **kept,
            **self.environ,
            "PYTHONPATH": os.pathsep.join([*(str(self.root / root) for root in roots), HERE]),
            "PYTHONDONTWRITEBYTECODE": "1",
            # loading the other plugins is most of what a small run takes
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            **({"COVERAGE_FILE": str(data)} if data is not None and data.stem == "whole" else {}),
        }

    def relative(self, project: Project, name: str) -> str:
        real = os.path.realpath(self.root / project.path / name)
        return os.path.relpath(real, os.path.realpath(self.root)).replace(os.sep, "/")


@dataclass(frozen=True)
class Seen:
    """What a report says of one file."""

    executed: frozenset[int]
    missing: frozenset[int]
    excluded: frozenset[int]
    missing_branches: frozenset[tuple[int, int]]

    def __or__(self, other: Seen) -> Seen:
        return Seen(
            self.executed | other.executed,
            self.missing & other.missing,
            self.excluded,
            self.missing_branches & other.missing_branches,
        )


def union(reports: Iterable[Mapping[str, Seen]]) -> dict[str, Seen]:
    """Executed where anybody executed, missing where nobody did."""
    found: dict[str, Seen] = {}
    for files in reports:
        for path, seen in files.items():
            found[path] = found[path] | seen if path in found else seen
    return found


@dataclass(frozen=True)
class Yardstick:
    """By-hand reports: per project by its own configuration, and of the ``whole`` root by none.

    ``by_branches`` says of a path whether the project it belongs to measures branches.
    """

    own: Mapping[str, Mapping[str, Seen]]
    whole: Mapping[str, Seen] = field(default_factory=dict)
    by_branches: Callable[[str], bool] = lambda path: True

    @property
    def all(self) -> dict[str, Seen]:
        """By all tests, of the files that a project's own configuration measures."""
        counted = union(self.own.values())
        return {path: self._by_all(path, seen) for path, seen in counted.items()}

    def _by_all(self, path: str, seen: Seen) -> Seen:
        whole = self.whole.get(path, seen)  # over a root coverage.py finds no file that never ran
        return whole if self.by_branches(path) else replace(whole, missing_branches=frozenset())


def of_json(found: Mapping[str, Any]) -> Seen:
    excluded = frozenset(found["excluded_lines"])
    return Seen(
        # before 7.11 excluded lines that ran were among them, and a line 0 of empty files
        frozenset(found["executed_lines"]) - excluded - {0},
        frozenset(found["missing_lines"]),
        excluded,
        frozenset((a, b) for a, b in found.get("missing_branches", ())),
    )


def seen(files: Iterable[FileCoverage]) -> dict[str, Seen]:
    return {
        f.path: Seen(
            frozenset(f.executed), frozenset(f.missing), frozenset(f.excluded), frozenset(f.missing_branches)
        )
        for f in files
    }


def project(
    path: str, packages: Sequence[str] = (), src: str = "src", addopts: Sequence[str] = ()
) -> Project:
    return Project(
        path=path,
        name=path.rpartition("/")[2],
        source_roots=(os.path.normpath(f"{path}/{src}").replace(os.sep, "/"),),
        packages=tuple(packages),
        settings=PytestSettings(addopts=tuple(addopts)),
        test_files=(f"{path}/tests/test_it.py",),
    )
