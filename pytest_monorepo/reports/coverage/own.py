"""Coverage reports that a project's own ``addopts`` ask for, where pytest-cov would write them."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from coverage import CoverageException
from coverage.exceptions import ConfigError

from pytest_monorepo.value import value
from pytest_monorepo.worker.coverage.settings import configured, has_source
from pytest_monorepo.workspace.model import Project

from .measured import data
from .measured.combine import Combination, Measured
from .measured.data import FileData
from .measured.engine import Analyst, WorkspaceCoverage, at
from .options import Across, CoverageOptions, spec_of
from .write import FORMATS, write


@value(frozen=True)
class Alone:
    """What one project measured, as if nothing else had run; see :func:`.write.write`."""

    root: str
    cov: WorkspaceCoverage
    shown: list[str]


def write_own(found: Combination, ini: Path | None) -> list[str]:
    """A line for each report; ``ini`` is what the run itself read, whose reports are the run's."""
    lines: list[str] = []
    for one in found.measured:
        project = found.workspace.by_path[one.path]
        spec = _spec(found, project)
        asked = spec["addopts"]
        reports = _reports(asked["report"]) if asked["source"] else {}
        if reports and not _is_the_runs(found, project, ini) and not (one.failed and asked["no_cov_on_fail"]):
            lines += _written(found, one, spec, reports)
    return lines


def _spec(found: Combination, project: Project) -> dict[str, Any]:
    """By what the project alone would be measured."""
    options = CoverageOptions(config=found.options.config, branch=found.options.branch)
    folder = os.path.join(found.root, project.path)
    return {**spec_of(options, found.workspace, project, folder, Across(False, False)), "source_default": []}


def _reports(words: Iterable[str]) -> dict[str, str | None]:
    """Only files: what is shown on the terminal is the run's."""
    pairs = (word.partition(":") for word in words)
    return {kind: dest or None for kind, _, dest in pairs if kind in FORMATS}


def _is_the_runs(found: Combination, project: Project, ini: Path | None) -> bool:
    own = project.settings.inifile
    return own is None or (ini is not None and Path(found.root, own).resolve() == ini.resolve())


def _written(
    found: Combination, one: Measured, spec: Mapping[str, Any], reports: Mapping[str, str | None]
) -> Iterator[str]:
    folder = os.path.join(found.root, one.path)
    try:
        with at(folder):
            cov = configured(spec, folder, functools.partial(WorkspaceCoverage, data_file=None))[0]
            why = _unsound(found, one, spec, cov) or _filled(found, one, cov)
    except (CoverageException, ConfigError, OSError) as error:
        why = str(error)
    if why:
        named = ", ".join(f"--cov-report={kind}" + (f":{to}" if to else "") for kind, to in reports.items())
        yield f"WARNING: {one.path}: not written, though its own settings ask for it: {named} ({why})"
        return
    alone = Alone(folder, cov, sorted(one.files.keys() - found.changed))
    for line in write(alone, reports, folder)[0]:
        bad = "ERROR: " if line.startswith("ERROR: ") else ""
        yield f"{bad}{one.path}: {line.removeprefix(bad)}"


def _unsound(found: Combination, one: Measured, spec: Mapping[str, Any], cov: WorkspaceCoverage) -> str:
    """Why what was measured is not what the project alone would measure."""
    if one.error or not one.configuration:
        return one.error or "it was not measured"
    if any(source is not True for source in found.options.sources):
        return "the run's --cov names what is measured; give --cov-report to the run"
    if True in spec["addopts"]["source"] and not has_source(cov):
        # what coverage.py takes then, whatever is imported from the folder, is not what was measured
        return "its coverage configuration names no source; set it in [tool.coverage.run]"
    return ""


def _filled(found: Combination, one: Measured, cov: WorkspaceCoverage) -> str:
    """Give it the project's data and rules; returns what did not fit."""
    cov.set_option(
        "run:relative_files", False
    )  # the data's paths are mapped; Cobertura's <source> is absolute
    cov.set_option("paths", {})
    nothing = FileData(frozenset(), None)
    analyst = Analyst(found.cov.analyst.known)  # a file keeps the name that it had first
    cov.prepare(analyst, lambda path: (one.rules, one.files.get(path, nothing)))
    branch = any(recorded.branch for recorded in one.recorded) and not one.by_lines
    kept = one.files.keys() - found.changed
    return "; ".join(data.combine_into(cov.get_data(), one.recorded, kept.__contains__, branch=branch))
