"""coverage.py's own formats, written from the data of all projects; paths are relative to the root."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Protocol

from coverage import CoverageException

from pytest_monorepo.errors import one_line
from pytest_monorepo.reports import unwritten
from pytest_monorepo.workspace.files.relative import seen_from

from .measured.engine import WorkspaceCoverage, at

FORMATS = ("html", "xml", "json", "lcov", "markdown", "markdown-append", "annotate")


class Reported(Protocol):
    """What is reported on: ``shown`` are absolute paths, ``root`` the folder that names are relative to."""

    @property
    def root(self) -> str: ...
    @property
    def cov(self) -> WorkspaceCoverage: ...
    @property
    def shown(self) -> list[str]: ...


def write(found: Reported, reports: Mapping[str, str | None], here: str) -> tuple[list[str], str | None]:
    """Write every format asked for; a relative ``:DEST`` is relative to ``here``, a default to the root.

    Returns a line for each, with ``ERROR`` where it could not be written, and the HTML folder relative to
    the root (``None`` without one).
    """
    lines, html = [], None
    for kind in FORMATS:
        if kind not in reports:
            continue
        destination = reports[kind]
        target = os.path.join(here, destination) if destination else None
        if not found.shown:
            lines.append(f"Coverage {kind} not written: nothing was measured")
            continue
        try:
            with at(found.root):
                written = _WRITERS[kind](found, target)
        except (CoverageException, *unwritten.errors()) as error:
            lines.append(f"ERROR: coverage {kind} not written: {one_line(error)}")
            if kind in _OUTPUTS:
                unwritten.remove(os.path.join(found.root, target or found.cov.get_option(_OUTPUTS[kind])))  # type: ignore[arg-type]
            continue
        lines.append(written)
        if kind == "html":
            html = _named(found, target or found.cov.config.html_dir)
    return lines, html


def _html(found: Reported, target: str | None) -> str:
    # coverage.py 7 shows contexts where a setting says so, for their size; who measured them wants them
    contexts = True if any(found.cov.get_data().measured_contexts()) else None
    # ignore_errors here and below as pytest-cov has it (7.1: engine.py): what cannot be parsed is left out
    found.cov.html_report(found.shown, directory=target, ignore_errors=True, show_contexts=contexts)
    return f"Coverage HTML written to dir {_named(found, target or found.cov.config.html_dir)}"


def _xml(found: Reported, target: str | None) -> str:
    found.cov.xml_report(found.shown, outfile=target, ignore_errors=True)
    return f"Coverage XML written to file {_named(found, target or found.cov.config.xml_output)}"


def _json(found: Reported, target: str | None) -> str:
    found.cov.json_report(found.shown, outfile=target, ignore_errors=True)
    return f"Coverage JSON written to file {_named(found, target or found.cov.config.json_output)}"


def _lcov(found: Reported, target: str | None) -> str:
    found.cov.lcov_report(found.shown, outfile=target, ignore_errors=True)
    return f"Coverage LCOV written to file {_named(found, target or found.cov.config.lcov_output)}"


def _annotate(found: Reported, target: str | None) -> str:
    found.cov.annotate(found.shown, directory=target, ignore_errors=True)
    where = f"to dir {_named(found, target)}" if target else "next to source"
    return f"Coverage annotated source written {where}"


def _markdown(found: Reported, target: str | None, mode: str = "w") -> str:
    # pytest-cov's name where none is given (7.1: plugin.py)
    target = target or os.path.join(found.root, "coverage.md")
    with open(target, mode, encoding="utf-8") as file:
        found.cov.report(found.shown, ignore_errors=True, file=file, output_format="markdown")
    return f"Coverage Markdown information written to file {_named(found, target)}"


def _markdown_append(found: Reported, target: str | None) -> str:
    return _markdown(found, target, "a")


def _named(found: Reported, target: str) -> str:
    return seen_from(found.root, os.path.join(found.root, target))


_OUTPUTS = {"xml": "xml:output", "json": "json:output", "lcov": "lcov:output"}
_WRITERS: dict[str, Callable[[Reported, str | None], str]] = {
    "html": _html,
    "xml": _xml,
    "json": _json,
    "lcov": _lcov,
    "markdown": _markdown,
    "markdown-append": _markdown_append,
    "annotate": _annotate,
}
