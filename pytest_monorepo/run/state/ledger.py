"""What is known of a run while it goes on: the one state that its parts share. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Any

from pytest_monorepo.records import ProjectRun
from pytest_monorepo.run.plan.history import History, weights
from pytest_monorepo.run.plan.plan import Plan
from pytest_monorepo.value import value

from . import exit_codes
from .conversation import Conversation
from .percent import Percent
from .projects import Progress


@value(frozen=False)
class Ledger:
    """``projects`` run or are replayed, by path; ``runs`` are those of them that are over.

    ``known`` is what earlier runs took, ``measured`` what this one does. ``exit_codes`` are those of projects
    with a problem beyond their tests; ``failures`` counts tests. ``coverage`` is what workers said of theirs.
    ``broken`` says why what has not run never will. ``interrupted``: by Ctrl-C or a signal. ``lastfailed``
    are node ids, for projects among them their paths. ``imports`` are the
    seconds that modules took to import, by project.
    """

    projects: dict[str, Progress]
    known: History
    lastfailed: frozenset[str] = frozenset()
    runs: dict[str, ProjectRun] = field(default_factory=dict)
    measured: History = field(default_factory=History)
    coverage: list[dict[str, Any]] = field(default_factory=list)
    exit_codes: set[int] = field(default_factory=set)
    failures: int = 0
    interrupted: bool = False
    broken: str = ""
    imports: dict[str, dict[str, float]] = field(default_factory=dict)
    percent: Percent = field(default_factory=Percent)

    @classmethod
    def of(cls, plan: Plan, known: History, lastfailed: Iterable[str] = ()) -> Ledger:
        weight = weights(plan.projects, known)
        expected = {project.path: known.expected_tests(project) or 0 for project in plan.projects}
        projects = {
            project.path: Progress(project, expected[project.path], weight.get(project.path, 0.0))
            for project in plan.projects
        }
        return cls(projects, known, frozenset(lastfailed))

    def project_of(self, talk: Conversation) -> Progress:
        return self.projects[talk.task.project]

    @property
    def weights(self) -> dict[str, float]:
        """What of the run each project is, in seconds or files."""
        return {path: progress.weight for path, progress in self.projects.items()}

    @property
    def collected(self) -> int:
        """The tests that were collected, but for those of projects that have ended before they ran them.

        One at least where there was any: none at all is another exit code.
        """
        found = sum(progress.collected or 0 for progress in self.projects.values())
        return max(found - sum(progress.unrun for progress in self.projects.values()), min(found, 1))

    @property
    def total(self) -> int:
        """What pytest's terminal is to divide by: until all have collected, earlier runs tell the rest."""
        return self.percent.total(self.projects.values())

    def exit_code(self, code: int, plan: Plan, *, stopped: bool) -> int:
        """That of the run, where pytest's session ends with ``code``; ``stopped`` before all was done."""
        nothing_to_do = bool(not plan.projects and plan.deselected_projects)
        # the tests are in other shards; that there are none at all is for the merge to tell
        nothing_to_do |= plan.shard is not None and plan.shard.count > 1
        if code == exit_codes.EMPTY and (nothing_to_do or plan.print_only):
            code = exit_codes.OK
        # a project's conftest, or a plugin (pytest-testmon), may call it a pass that it had nothing to run
        if code == exit_codes.EMPTY and exit_codes.OK in (one.exitstatus for one in self.projects.values()):
            code = exit_codes.OK
        # in a run of several, what one project could not collect keeps nobody from running the others
        only = len(self.projects) == 1 and plan.shard is None and not stopped
        alone = next(progress.exitstatus or 0 for progress in self.projects.values()) if only else None
        # of those that --affected leaves out there is none
        asked = (self.projects.get(path) for path, words in plan.targets.items() if words)
        mistyped = any(progress is not None and progress.exitstatus == exit_codes.USAGE for progress in asked)
        return exit_codes.conclude(code, self.exit_codes, alone, mistyped=mistyped)
