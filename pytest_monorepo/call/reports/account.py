"""What reports tell of a run beyond its tests: where it comes from, and what it leaves out and why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_monorepo.affected.git.checkout import checkout
from pytest_monorepo.reports.origin import Origin, origin
from pytest_monorepo.reports.places import repository_prefix
from pytest_monorepo.reports.receipt import Account, LeftOut

if TYPE_CHECKING:
    from pytest_monorepo.affected.decision import Decision
    from pytest_monorepo.run.plan.invocation import Invocation
    from pytest_monorepo.run.plan.plan import Plan

UNAFFECTED = "no change reaches it"
ELSEWHERE = "not asked for"


def origin_of(call: Invocation) -> Origin:
    """Asks git: what is checked out, and from where."""
    words = [*(["python", "-m", "pytest"] if call.as_module else ["pytest"]), *call.words, *call.targets]
    prefix = repository_prefix(call.root, os.environ.get("GITHUB_WORKSPACE"))
    return origin(checkout(call.root), words, os.environ, prefix, call.root.resolve().as_uri())


def account(call: Invocation, plan: Plan, decision: Decision | None) -> Account:
    """What a receipt tells beyond the tests."""
    why = {p.path: decision.listing.reason(p) for p in plan.projects} if decision is not None else {}
    return Account(origin_of(call), tuple(_left_out(plan, decision)), why)


def _left_out(plan: Plan, decision: Decision | None) -> Iterator[LeftOut]:
    """Each project once, by the first rule that leaves it out."""
    running = {project.path for project in plan.projects}
    skipped = set(decision.selection.skipped) - running if decision is not None else set()
    if skipped:
        yield LeftOut(UNAFFECTED, sorted(skipped))
    others = {project.path for project in plan.deselected_projects} - skipped - running
    if others:
        yield LeftOut("what failed last is elsewhere", sorted(others))
    rest = {project.path for project in plan.workspace.projects if project.runs}
    if rest := rest - running - skipped - others:
        yield LeftOut(f"{ELSEWHERE}, or in another shard" if plan.shard else ELSEWHERE, sorted(rest))
    if plan.unselected:
        files = sum(map(len, plan.unselected.values()))
        yield LeftOut("no change reaches these test files", sorted(plan.unselected), files)
