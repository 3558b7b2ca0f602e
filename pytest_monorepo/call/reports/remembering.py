"""Where a run is remembered: beside the page, and in the results' store where there is one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_monorepo.affected.git.checkout import parents
from pytest_monorepo.reports.historian import Historian

from .account import origin_of

if TYPE_CHECKING:
    from pytest_monorepo.reports.coverage.model import CoverageReport
    from pytest_monorepo.reports.origin import Origin
    from pytest_monorepo.reports.tally import Tally
    from pytest_monorepo.results.entries.store import Store
    from pytest_monorepo.run.plan.invocation import Invocation
    from pytest_monorepo.run.plan.plan import Plan

BESIDE = "history"
"""The folder of records in that of the page."""


def historian(
    call: Invocation,
    plan: Plan,
    tally: Tally,
    coverage: Callable[[], CoverageReport | None],
    page: Path | None,
    store: Store | None,
    proven: Callable[[], Mapping[str, str]] = dict,
) -> Historian | None:
    """``None`` where the run is remembered nowhere. A shard is no run: the merge is."""
    if (page is None and store is None) or plan.collect_only or plan.print_only:
        return None
    origin = origin_of(call)
    beside = page / BESIDE if page is not None else None
    kept = store.history(_workspace(call, origin)) if store is not None else None
    places = (beside, kept) if plan.shard is None else (None, None)

    def whole(project: str) -> bool:
        return not (plan.targets.get(project) or plan.unselected.get(project))

    def links(commits: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return parents(call.root, commits)

    expected = [project.path for project in plan.workspace.projects if project.runs]
    return Historian(tally, plan.run_id, origin, coverage, whole, *places, proven, expected, links)


def _workspace(call: Invocation, origin: Origin) -> str:
    """Equal for all clones and worktrees of a repository where it has an ``origin``."""
    place = origin.checkout.remote or str(call.root.resolve())
    return hashlib.sha256(f"{place}\0{origin.prefix}".encode("utf-8", "replace")).hexdigest()[:16]
