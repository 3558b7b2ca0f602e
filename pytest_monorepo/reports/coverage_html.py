"""coverage.py's HTML report, its pages written by several processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coverage.html import FileInfo, FileToReport, HtmlReporter, IndexItem, IndexPage

from .coverage_helpers import Helper

if TYPE_CHECKING:
    from .coverage_engine import WorkspaceCoverage


@dataclass(frozen=True)
class Written:
    """One page: its line in the index, what the next run compares, its functions and classes by kind."""

    item: IndexItem
    info: FileInfo
    regions: Mapping[str, IndexPage]


class Pages(HtmlReporter):
    """Hands the pages of files that a helper analysed to that helper, and the rest does as always.

    coverage.py writes page after page, then the index of files, then those of functions and classes. Here
    all indexes come last, when the helpers have told what belongs into them.
    """

    def __init__(self, cov: WorkspaceCoverage) -> None:
        super().__init__(cov)
        self._cov = cov
        self._handed: dict[Helper, list[FileToReport]] = {}
        self._written: dict[str, Written] = {}
        self._silent = False
        self._ends: tuple[str, str] = ("", "")

    def write_html_page(self, ftr: FileToReport) -> None:
        helper = self._cov.helper(ftr.fr.filename)
        if helper is None:
            self._written[ftr.rootname] = self.written(ftr)
            return
        if helper not in self._handed:
            helper.ask((self.directory, self.template_globals["statics"]))
        helper.ask((ftr.fr.filename, ftr.prev_html, ftr.next_html))
        self._handed.setdefault(helper, []).append(ftr)

    def written(self, ftr: FileToReport) -> Written:
        """Write one page, or keep it where it is as it would be."""
        super().write_html_page(ftr)
        item = self.index_pages["file"].summaries.pop()
        return Written(item, self.incr.files[ftr.rootname], self._regions(ftr))

    def _regions(self, ftr: FileToReport) -> Mapping[str, IndexPage]:
        kinds = ftr.fr.code_region_kinds()
        pages, self.index_pages = self.index_pages, {kind[0]: self.new_index_page(*kind) for kind in kinds}
        self._silent = True
        super().write_region_index_pages([ftr])
        self._silent = False
        pages, self.index_pages = self.index_pages, pages
        return pages

    def write_index_page(self, index_page: IndexPage, **kwargs: str) -> str:
        return "" if self._silent else super().write_index_page(index_page, **kwargs)

    def write_file_index_page(self, first_html: str, final_html: str) -> None:
        self._ends = first_html, final_html

    def write_region_index_pages(self, files_to_report: Iterable[FileToReport]) -> None:
        for helper, files in self._handed.items():
            self._gather(helper, files)
        for ftr in files_to_report:
            written = self._written[ftr.rootname]
            self.index_pages["file"].summaries.append(written.item)
            self.incr.files[ftr.rootname] = written.info
            for kind, page in written.regions.items():
                _extend(self.index_pages[kind], page)
        self._write_indexes()

    def _write_indexes(self) -> None:
        """Those of functions and classes may be long: each is a process's, where there are some."""
        kinds = [kind for kind in self.index_pages if kind != "file"] if self._handed else []
        writers = {kind: Helper(self._write_index, [kind], list) for kind in kinds}
        super().write_file_index_page(*self._ends)
        if not writers:
            super().write_region_index_pages([])
        for kind, writer in writers.items():
            if writer.take() is None:
                self._write_index(kind)
            writer.close()

    def _write_index(self, kind: str) -> str:
        return self.write_index_page(self.index_pages[kind])

    def _gather(self, helper: Helper, files: list[FileToReport]) -> None:
        helper.ask(None)
        written = helper.take() or [self.written(ftr) for ftr in files]
        self._written.update(zip((ftr.rootname for ftr in files), written, strict=True))


def _extend(page: IndexPage, more: IndexPage) -> None:
    page.summaries += more.summaries
    page.totals += more.totals
    page.skipped_covered_count += more.skipped_covered_count
    page.skipped_empty_count += more.skipped_empty_count


def serve(cov: WorkspaceCoverage, questions: Iterable[Any]) -> list[Written]:
    """In a helper: write the pages asked for."""
    questions = iter(questions)
    beginning = next(questions, None)
    if beginning is None:
        return []
    directory, statics = beginning
    configure(cov, directory)
    reporter = Pages(cov)
    reporter.template_globals["statics"].update(statics)  # type: ignore[attr-defined]
    reporter.incr.read()
    reporter.incr.check_global_data(reporter.config, reporter.pyfile_html_source)
    written = []
    for path, previous, following in questions:
        ftr = FileToReport(cov._get_file_reporter(path), cov._analyze(path))
        ftr.prev_html, ftr.next_html = previous, following
        written.append(reporter.written(ftr))
    return written


def configure(cov: WorkspaceCoverage, directory: str | None) -> None:
    """The same in all processes: coverage.py keeps pages written by an equal configuration."""
    if directory is not None:
        cov.set_option("html:directory", directory)
    cov.set_option("report:ignore_errors", True)
