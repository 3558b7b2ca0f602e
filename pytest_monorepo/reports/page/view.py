"""The run, its projects and its coverage → what the overview's template shows: pure, no I/O."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pytest_monorepo.affected.files.narrow import Narrowed
from pytest_monorepo.affected.rules.values import Selection
from pytest_monorepo.quarantine import Entry
from pytest_monorepo.reports.coverage.model import CoverageReport, Numbers, ProjectCoverage
from pytest_monorepo.reports.origin import Origin
from pytest_monorepo.reports.owners import Owners
from pytest_monorepo.reports.run_model import BAD, WORST_FIRST, ProjectSummary, RunReport, TestRun, Warned
from pytest_monorepo.results.history.story import Story
from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.model import ROOT, Workspace

from . import words
from .beside import Beside
from .history import Change, Past, Snapshot, change_rank, changes

FAILURES_SHOWN = 100


@dataclass(frozen=True)
class Site:
    """Everything the page is made from; ``files`` are those of a selection by file.

    ``unconcerned`` are test files that read nothing of what changed.
    """

    run: RunReport
    workspace: Workspace
    graph: Graph
    selection: Selection | None = None
    coverage: CoverageReport | None = None
    previous: Snapshot = field(default_factory=Snapshot)
    story: Story | None = None
    origin: Origin = field(default_factory=Origin)
    owners: Owners = field(default_factory=Owners)
    beside: tuple[Beside, ...] = ()
    files: Mapping[str, Narrowed] | None = None
    unconcerned: Collection[str] = ()
    quarantine: Sequence[Entry] = ()

    @cached_property
    def slugs(self) -> Mapping[str, str]:
        """Every project's name in addresses and file names, by path."""
        known = {project.path for project in self.workspace.projects}
        return slugs(sorted(known | {project.path for project in self.run.projects}))

    @cached_property
    def names(self) -> Mapping[str, str]:
        known = {project.path: project.name for project in self.workspace.projects}
        return {project.path: project.name for project in self.run.projects} | known

    @cached_property
    def ran(self) -> Mapping[str, ProjectSummary]:
        return {project.path: project for project in self.run.projects}

    @cached_property
    def tests(self) -> Mapping[str, tuple[TestRun, ...]]:
        grouped: dict[str, list[TestRun]] = {}
        for test in self.run.tests:
            grouped.setdefault(test.project, []).append(test)
        return {project: tuple(tests) for project, tests in grouped.items()}

    @cached_property
    def measured(self) -> Mapping[str, ProjectCoverage]:
        return {project.path: project for project in self.coverage.projects} if self.coverage else {}


@dataclass(frozen=True)
class Row:
    """One project in the overview's table; ``state`` is passed, failed, error or empty."""

    path: str
    name: str
    slug: str
    state: str
    tests: int
    passed: int
    failed: int
    skipped: int
    deselected: int
    duration: float
    cached: bool
    warnings: int
    own: float | None
    all: float | None
    changed: bool
    error: str | None
    changes: tuple[Change, ...]
    change_rank: float
    owners: tuple[str, ...]


@dataclass(frozen=True)
class Failure:
    """A line of the overview's list of failures; ``index`` is the test's place among its project's tests."""

    project: str
    slug: str
    index: int
    nodeid: str
    outcome: str
    message: str


@dataclass(frozen=True)
class NotRun:
    path: str
    name: str
    slug: str
    why: str


def slugs(paths: Iterable[str]) -> dict[str, str]:
    """``libs/ml`` → ``libs-ml``, unique also on file systems that do not tell ``A`` from ``a``."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for path in paths:
        base = re.sub(r"[^A-Za-z0-9._]+", "-", "root" if path == ROOT else path).strip("-.")[:80] or "project"
        slug, number = base, 1
        while slug.casefold() in taken:
            number += 1
            slug = f"{base}-{number}"
        taken.add(slug.casefold())
        found[path] = slug
    return found


def state(project: ProjectSummary) -> str:
    if project.error is not None or project.counts.get("error"):
        return "error"
    if project.counts.get("failed"):
        return "failed"
    return "passed" if project.tests else "empty"


def outcome(site: Site, path: str) -> str:
    """The state of any project, run or not: also ``skipped``."""
    if path in site.ran:
        return state(site.ran[path])
    project = site.workspace.by_path.get(path)
    return "skipped" if project is not None and project.runs else "empty"


OUTCOME_WORDS = {"skipped": "not run", "empty": "no tests"}


def rows(site: Site) -> tuple[Row, ...]:
    return tuple(_row(site, project) for project in site.run.projects)


def _row(site: Site, project: ProjectSummary) -> Row:
    past = site.previous.projects.get(project.path)
    present = record(site, project)
    coverage = site.measured.get(project.path)
    return Row(
        path=project.path,
        name=site.names[project.path],
        slug=site.slugs[project.path],
        state=state(project),
        tests=project.tests,
        passed=project.counts.get("passed", 0),
        failed=project.failures,
        skipped=project.counts.get("skipped", 0),
        deselected=project.deselected,
        duration=project.duration,
        cached=cached(site, project.path),
        warnings=project.warnings,
        own=percentage(coverage.own) if coverage else None,
        all=percentage(coverage.all) if coverage else None,
        changed=site.selection is not None and project.path in site.selection.changed,
        error=project.error,
        changes=changes(past, present, _earlier_seconds(site, project.path)) if past else (),
        change_rank=change_rank(past, present),
        owners=tuple(site.owners.of_folder(project.path)),
    )


def percentage(numbers: Numbers | None) -> float | None:
    """``None`` also where there was nothing to measure: that is no data, not 100 %."""
    return numbers.percent if numbers is not None and numbers.countable else None


def record(site: Site, project: ProjectSummary) -> Past:
    """What the next run is compared with."""
    coverage = site.measured.get(project.path)
    percent = percentage(coverage.all) if coverage else None
    skipped = project.counts.get("skipped", 0)
    return Past(project.tests, project.failures, skipped, round(project.duration, 3), percent, project.cached)


def _earlier_seconds(site: Site, path: str) -> list[float]:
    runs = site.story.earlier if site.story is not None else ()
    known = [run.projects[path] for run in runs if path in run.projects and path in run.whole]
    return [figures.seconds for figures in known if not figures.replayed][-20:]


def totals(site: Site) -> Counter[str]:
    """Counts by pytest's categories over all projects."""
    total: Counter[str] = Counter()
    for project in site.run.projects:
        total.update(project.counts)
    return total


def flaky(site: Site) -> tuple[Failure, ...]:
    """Every test that needed another try and did not fail in the end."""
    return tuple(
        Failure(
            project,
            site.slugs[project],
            index,
            test.nodeid,
            test.outcome,
            f"{test.outcome} after {words.plural(test.reruns, 'failed attempt')}",
        )
        for project, tests in site.tests.items()
        for index, test in enumerate(tests)
        if test.reruns and test.outcome not in BAD
    )


def addresses(site: Site) -> Mapping[str, str]:
    """By node id where the tests stand of which the runs so far have a story to tell."""
    story = site.story
    told = set[str]()
    if story is not None:
        told = {one.test for some in (story.fixed, story.flaky, story.slower) for one in some}
    return {
        test.nodeid: f"#/project/{site.slugs[project]}/{index}"
        for project, tests in (site.tests.items() if told else ())
        for index, test in enumerate(tests)
        if test.nodeid in told
    }


def outcomes(site: Site) -> tuple[tuple[str, int], ...]:
    """How many tests had each outcome, the worst first, and how many of those that passed are flaky."""
    counts = Counter(test.outcome for test in site.run.tests)
    again = len(flaky(site))
    found = tuple((outcome, counts[outcome]) for outcome in WORST_FIRST if counts[outcome])
    both = ((BOTH, counts["failed"] + counts["error"]),) if counts["failed"] and counts["error"] else ()
    return (*both, *found, ("flaky", again)) if again else (*both, *found)


BOTH = "failures"
"""Of tests that failed and tests with errors, where there are both."""


def bad_outcome(site: Site) -> str:
    """What the list of tests is asked for by whoever wants all that is wrong."""
    found = {test.outcome for test in site.run.tests} & set(BAD)
    return BOTH if len(found) > 1 else next(iter(found), "failed")


UNAFFECTED = "no change reaches it"


def not_run(site: Site) -> tuple[NotRun, ...]:
    """The projects with tests that have no report, each with the reason."""
    skipped = set(site.selection.skipped) if site.selection else set()
    return tuple(
        NotRun(
            project.path,
            project.name,
            site.slugs[project.path],
            UNAFFECTED if project.path in skipped else "not asked for, or not reached",
        )
        for project in site.workspace.projects
        if project.runs and project.path not in site.ran
    )


def reach(site: Site, path: str) -> str:
    """A project's mark on the map: ``changed``, ``affected``, ``skipped`` or ``""`` without a selection."""
    selection = site.selection
    if selection is None or selection.everything is not None:
        return ""
    if path in selection.changed:
        return "changed"
    return "affected" if path in selection.selected else "skipped"


def cached(site: Site, path: str) -> bool:
    """Whether all that the project reports was replayed from an earlier run."""
    summary = site.ran.get(path)
    return summary is not None and 0 < summary.tests <= summary.cached


def replayed(site: Site) -> str:
    """How many of the tests did not run, in words: what they say is an earlier run's. Empty for none."""
    number = sum(project.cached for project in site.run.projects)
    if not number:
        return ""
    whole = number >= len(site.run.tests)
    return f"{'all' if whole else words.count(number)} replayed from earlier runs"


def carried(site: Site) -> str:
    """Whose lines were measured in earlier runs, in words; empty for none."""
    return site.coverage.carried if site.coverage is not None else ""


def warned(site: Site) -> tuple[tuple[Warned, str], ...]:
    """The warnings of all projects with their project's path, the most frequent first."""
    found = [(one, project.path) for project in site.run.projects for one in project.warned]
    return tuple(sorted(found, key=lambda pair: -pair[0].count))


def partial(site: Site) -> tuple[str, ...]:
    """Why the counts are not those of a whole run; nothing where whatever was asked for left nothing out."""
    skipped = len(site.selection.skipped) if site.selection is not None else 0
    others = len(not_run(site)) - sum(one.why == UNAFFECTED for one in not_run(site))
    left_out = others or any(project.deselected for project in site.run.projects)
    found = [word for word in site.run.filters if left_out or word.partition(" ")[0] in _ALWAYS]
    if skipped:
        found.append(f"{words.plural(skipped, 'project')} skipped as unaffected")
    if others:
        found.append(f"{words.plural(others, 'project')} not run")
    if site.run.exitstatus == 2:
        found.append("the run was interrupted")
    return tuple(found)


# What leaves out tests that nobody counts: pytest never collects them.
_ALWAYS = ("paths", "--shard")


def unmeasured(site: Site) -> tuple[str, ...]:
    """Whose coverage was lost in part or whole though its tests were to run, as the terminal says it."""
    if site.coverage is None:
        return ()
    return tuple(f"{one.path}: {one.trouble}" for one in site.coverage.projects if one.trouble)
