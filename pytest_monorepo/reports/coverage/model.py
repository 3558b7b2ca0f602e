"""The coverage of a run as plain values: what the reporters read and the page draws.

Paths are POSIX and relative to the workspace root; a measured file outside the workspace keeps its absolute
path and belongs to no project. A number that was not measured is ``None``, never 0 or 100 %.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property

from pytest_monorepo.value import value


@dataclass(frozen=True)
class Numbers:
    """Counts as coverage.py defines them; they add up over files."""

    files: int = 0
    statements: int = 0
    missing: int = 0
    excluded: int = 0
    branches: int = 0
    partial_branches: int = 0
    missing_branches: int = 0

    def __add__(self, other: Numbers) -> Numbers:
        return Numbers(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def executed(self) -> int:
        return self.statements - self.missing

    @property
    def executed_branches(self) -> int:
        return self.branches - self.missing_branches

    @property
    def countable(self) -> int:
        """What the percentage is a share of: statements and branches."""
        return self.statements + self.branches

    @property
    def covered(self) -> int:
        return self.executed + self.executed_branches

    @property
    def percent(self) -> float:
        """From 0 to 100 and unrounded; nothing to cover is 100, as in coverage.py."""
        return 100.0 * self.covered / self.countable if self.countable else 100.0

    @staticmethod
    def sum(numbers: Iterable[Numbers]) -> Numbers:
        total = Numbers()
        for number in numbers:
            total += number
        return total


@dataclass(frozen=True)
class FileCoverage:
    """One physical file by all tests of the run; line numbers are sorted.

    ``missing_branches`` are ``(from line, to line)``, a negative target is the exit of that scope.
    ``has_branches`` is false where the file was measured by lines only. ``missing_text`` is coverage.py's
    own wording (``"3-5, 9->11"``), ``html`` the name of its page inside coverage.py's HTML folder.
    """

    path: str
    project: str | None
    numbers: Numbers
    executed: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    excluded: tuple[int, ...] = ()
    missing_branches: tuple[tuple[int, int], ...] = ()
    has_branches: bool = False
    missing_text: str = ""
    html: str = ""


@value(frozen=True)
class ProjectCoverage:
    """One project's two numbers: ``own`` is what its own tests executed of the files that its configuration
    measures (its packages, where it names no source); ``all`` counts the files that belong to it, by all.

    ``limit`` is its own ``fail_under`` (0: none) and ``precision`` the digits it is compared with.
    ``error`` says why there is no trustworthy own number.
    """

    path: str
    own: Numbers | None = None
    all: Numbers | None = None
    own_files: tuple[FileCoverage, ...] = ()
    limit: float = 0.0
    precision: int = 0
    error: str | None = None

    @property
    def trouble(self) -> str | None:
        """``measured in part: killed by signal 9``, in the same words wherever it is told."""
        if self.error is None:
            return None
        return f"{'not measured' if self.own is None else 'measured in part'}: {self.error}"


@value(frozen=True)
class FolderCoverage:
    """The sum over the projects below a folder (``"libs"``), by all tests."""

    path: str
    projects: tuple[str, ...]
    all: Numbers


@value(frozen=True)
class PatchFile:
    """Changed executable lines of one file; ``executable`` holds ``missing``."""

    path: str
    project: str | None
    executable: tuple[int, ...]
    missing: tuple[int, ...]


@value(frozen=True)
class PatchCoverage:
    """The covered share of the changed executable lines; ``unmeasured`` are changed files without data."""

    files: tuple[PatchFile, ...] = ()
    unmeasured: tuple[str, ...] = ()

    @property
    def executable(self) -> int:
        return sum(len(file.executable) for file in self.files)

    @property
    def missing(self) -> int:
        return sum(len(file.missing) for file in self.files)

    @property
    def percent(self) -> float | None:
        """``None`` where no executable line changed."""
        if not self.executable:
            return None
        return 100.0 * (self.executable - self.missing) / self.executable


@value(frozen=True)
class CoverageReport:
    """Everything measured in one run.

    ``partial`` says why the totals are not those of a whole run. ``changed`` are files that changed while the
    tests ran: their data fits no version of the file, so they are in no number. ``carried`` says of whom
    earlier runs have measured what is in the numbers, in words. ``html`` is the folder of
    coverage.py's own pages relative to the root, ``None`` when they were not written. ``under`` has a
    sentence for every limit that does not hold.
    """

    files: tuple[FileCoverage, ...] = ()
    projects: tuple[ProjectCoverage, ...] = ()
    folders: tuple[FolderCoverage, ...] = ()
    total: Numbers = Numbers()
    precision: int = 0
    branch: bool = False
    partial: str | None = None
    carried: str = ""
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    patch: PatchCoverage | None = None
    html: str | None = None
    under: tuple[str, ...] = ()

    @property
    def measured(self) -> Numbers | None:
        """The total, ``None`` where nothing was measured; files without a statement are measured."""
        return self.total if self.files or self.total.countable else None

    @cached_property
    def _by_project(self) -> dict[str | None, tuple[FileCoverage, ...]]:
        grouped: dict[str | None, list[FileCoverage]] = {}
        for file in self.files:
            grouped.setdefault(file.project, []).append(file)
        return {project: tuple(files) for project, files in grouped.items()}

    def files_of(self, project: str | None) -> tuple[FileCoverage, ...]:
        """The files that belong to a project; of no project for ``None``."""
        return self._by_project.get(project, ())

    def project(self, path: str) -> ProjectCoverage:
        """The numbers of a project, an empty value where it was not measured."""
        return next((p for p in self.projects if p.path == path), ProjectCoverage(path))
