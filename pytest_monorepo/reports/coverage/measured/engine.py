"""The one place that reaches behind coverage.py's public face.

coverage.py analyses every file of a report by one configuration and by one kind of data. Here each file is
analysed by the configuration of the project it belongs to, and by branches only where branches were
measured. There is no public way to say so: ``Coverage._get_file_reporter`` and ``Coverage._analyze`` are what
every reporter of coverage.py (html, xml, json, lcov, annotate, markdown) asks. ``tests/reports`` fails when
they move.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import coverage
from coverage.exceptions import CoverageWarning, NotPython
from coverage.files import (
    GlobMatcher,
    PathAliases,
    find_python_files,
    flat_rootname,
    set_relative_directory,
)
from coverage.plugin import CodeRegion, FileReporter
from coverage.python import PythonFileReporter
from coverage.results import Analysis, analysis_from_file_reporter, display_covered, should_fail_under

from pytest_monorepo.reports.coverage.model import Numbers
from pytest_monorepo.value import value

from .analyses import Analyses, key_of
from .data import FileData

__all__ = ["Analyst", "Rules", "WorkspaceCoverage", "display_covered", "should_fail_under"]


@value(frozen=True)
class Rules:
    """The part of a configuration that decides how a file is analysed; regular expressions."""

    exclude: tuple[str, ...]
    partial: tuple[str, ...]
    partial_always: tuple[str, ...]

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> Rules:
        keys = ("exclude", "partial", "partial_always")
        return cls(*(tuple(configuration[key]) for key in keys))


class Analyst:
    """Analyses files by rules, parsing each file once per set of rules, and not at all where it is known."""

    def __init__(self, known: Analyses | None = None) -> None:
        self.known = known or Analyses()
        self._lenses: dict[Rules, coverage.Coverage] = {}
        self._reporters: dict[tuple[str, Rules], FileReporter] = {}
        self._analyses: dict[tuple[str, Rules, FileData, int], Analysis | str] = {}

    def reporter(self, path: str, rules: Rules) -> FileReporter:
        """coverage.py's view of one Python file's source."""
        key = (path, rules)
        if key not in self._reporters:
            self._reporters[key] = _Source(path, self._lens(rules), self.known)
        return self._reporters[key]

    def analysis(
        self, reporter: FileReporter, rules: Rules, data: FileData, precision: int
    ) -> Analysis | str:
        """The analysis, or why there is none (no source, no Python), as one sentence."""
        key = (reporter.filename, rules, data, precision)
        if key not in self._analyses:
            self._analyses[key] = self._analyse(reporter, rules, data, precision)
        return self._analyses[key]

    def _analyse(
        self, reporter: FileReporter, rules: Rules, data: FileData, precision: int
    ) -> Analysis | str:
        try:
            if isinstance(reporter, _Source):
                return self._known_or_new(reporter, rules, data, precision)
            return _analysis(reporter, data, precision)
        except (coverage.CoverageException, NotPython) as error:
            return str(error)
        except Exception as error:  # a coverage plugin's file reporter; coverage.py catches the same
            return f"couldn't parse {reporter.filename!r}: {error}"

    def _known_or_new(self, reporter: _Source, rules: Rules, data: FileData, precision: int) -> Analysis:
        text = reporter.text()
        if text is None:
            return _analysis(reporter, data, precision)
        key = key_of(text, rules, data.lines, data.arcs, precision)
        found = self.known.analysis(key, reporter.filename)
        if found is None:
            found = _analysis(reporter, data, precision)
            if reporter.parser.text == text:  # nobody wrote to the file between
                self.known.keep(key, found)
        return found

    def _lens(self, rules: Rules) -> coverage.Coverage:
        if rules not in self._lenses:
            lens = coverage.Coverage(data_file=None, config_file=False)
            lens.set_option("report:exclude_lines", list(rules.exclude))
            lens.set_option("report:partial_branches", list(rules.partial))
            lens.set_option("report:partial_branches_always", list(rules.partial_always))
            self._lenses[rules] = lens
        return self._lenses[rules]


class _Source(PythonFileReporter):
    """A Python file whose functions and classes are known where its text is."""

    def __init__(self, path: str, lens: coverage.Coverage, known: Analyses) -> None:
        super().__init__(path, lens)
        self._known = known

    def text(self) -> str | None:
        """The source, ``None`` where an analysis will say why there is none."""
        try:
            return self.source()
        except Exception:
            return None

    def arc_description(self, start: int, end: int) -> str:
        self.arcs()  # which coverage.py takes to be found already, as they are not by a known analysis
        return super().arc_description(start, end)

    def code_regions(self) -> Iterable[CodeRegion]:
        return self._known.regions(self.source(), super().code_regions)


def _analysis(reporter: FileReporter, data: FileData, precision: int) -> Analysis:
    return analysis_from_file_reporter(_OneFile(data), precision, reporter, reporter.filename)  # type: ignore[arg-type]


class _OneFile:
    """The three questions that an analysis asks of ``CoverageData``, answered for one file."""

    def __init__(self, data: FileData) -> None:
        self._data = data

    def has_arcs(self) -> bool:
        return self._data.arcs is not None

    def lines(self, filename: str) -> list[int]:
        return list(self._data.lines)

    def arcs(self, filename: str) -> list[tuple[int, int]]:
        return list(self._data.arcs or ())


class WorkspaceCoverage(coverage.Coverage):
    """A ``Coverage`` whose reports analyse each file by the rules of its project.

    ``view`` tells the rules and the data of an absolute path.
    """

    analyst: Analyst
    view: Callable[[str], tuple[Rules, FileData]]

    def prepare(self, analyst: Analyst, view: Callable[[str], tuple[Rules, FileData]]) -> None:
        self.analyst = analyst
        self.view = view

    def _get_file_reporter(self, morf: Any) -> FileReporter:
        return self._reporter(morf, *self.view(morf))

    def _analyze(self, morf: Any, file_reporter: FileReporter | None = None) -> Analysis:
        rules, data = self.view(morf)
        reporter = file_reporter or self._get_file_reporter(morf)
        found = self.analyst.analysis(reporter, rules, data, self.config.precision)
        if isinstance(found, str):
            raise coverage.CoverageException(found)
        return found

    def analysed(self, path: str, rules: Rules, data: FileData) -> Analysis | str:
        """The analysis of one file by given rules and data, or why there is none."""
        try:
            reporter = self._reporter(path, rules, data)
        except (coverage.CoverageException, OSError) as error:
            return str(error)
        return self.analyst.analysis(reporter, rules, data, self.config.precision)

    def shown(self, path: str) -> Analysis | str:
        """The analysis of one file as every report shows it."""
        return self.analysed(path, *self.view(path))

    def statements_at(self, path: str, lines: Iterable[int]) -> set[int]:
        """The lines at which the statements begin that hold ``lines``."""
        return set(self._get_file_reporter(path).translate_lines(lines))

    def _reporter(self, path: str, rules: Rules, data: FileData) -> FileReporter:
        if data.tracer:
            return super()._get_file_reporter(path)
        return self.analyst.reporter(path, rules)


@contextlib.contextmanager
def at(folder: str) -> Iterator[None]:
    """Work in ``folder`` for a while: coverage.py takes relative names from the working directory."""
    before = os.getcwd()
    os.chdir(folder)
    set_relative_directory()
    try:
        with warnings.catch_warnings():
            # The workers have told theirs, and a user's "-W error" must not turn these into a crash.
            warnings.simplefilter("ignore", CoverageWarning)
            yield
    finally:
        os.chdir(before)
        set_relative_directory()


def numbers_of(analysis: Analysis) -> Numbers:
    n = analysis.numbers
    return Numbers(
        files=1,
        statements=n.n_statements,
        missing=n.n_missing,
        excluded=n.n_excluded,
        branches=n.n_branches,
        partial_branches=n.n_partial_branches,
        missing_branches=n.n_missing_branches,
    )


def html_page(path: str) -> str:
    """The name of a file's page in coverage.py's HTML report; ``path`` as the report shows it."""
    return flat_rootname(path) + ".html"


def matcher(include: Iterable[str], omit: Iterable[str]) -> Callable[[str], bool]:
    """Whether ``[report] include`` and ``omit`` keep an absolute path; the patterns are absolute."""
    included = GlobMatcher(list(include), "include") if include else None
    omitted = GlobMatcher(list(omit), "omit") if omit else None
    return lambda path: (included is None or included.match(path)) and not (omitted and omitted.match(path))


def python_files(folder: str, namespaces: bool) -> Iterable[str]:
    """The source files below a folder that coverage.py counts though nobody executed them."""
    return find_python_files(folder, include_namespace_packages=namespaces)


Groups = Iterable[Iterable[str]]
"""``[paths]`` of one configuration: in each group the source's folder, then patterns for its copies."""


def path_map(folder: str, *paths: Groups, copies: Iterable[Groups] = ()) -> Callable[[str], str]:
    """From a recorded path to the real file: ``[paths]`` of each configuration in turn, then symlinks.

    A relative path (``relative_files``) is relative to ``folder``. The patterns are absolute. ``copies``,
    other projects' ``[paths]``, count for installed files alone: a pattern like ``*/app`` may match
    another project's sources, too.
    """
    own, others = _aliases(paths), _aliases(copies)
    known: dict[str, str] = {}

    def map_path(recorded: str) -> str:
        if recorded not in known:
            found = os.path.realpath(own.map(os.path.join(folder, recorded)))
            if not _INSTALLED.isdisjoint(found.split(os.sep)):
                found = os.path.realpath(others.map(found))
            known[recorded] = found
        return known[recorded]

    return map_path


_INSTALLED = {"site-packages", "dist-packages"}


def _aliases(paths: Iterable[Groups]) -> PathAliases:
    aliases = PathAliases()
    for groups in paths:
        for result, *patterns in groups:
            for pattern in patterns:
                aliases.add(pattern, result)
    return aliases
