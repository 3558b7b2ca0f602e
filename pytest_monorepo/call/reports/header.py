"""What pytest prints before the tests: how many projects, by how many workers, and why not all."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from pytest_monorepo.run.plan import plan as planning
from pytest_monorepo.run.workers import interpreters

if TYPE_CHECKING:
    from pytest_monorepo.affected.decision import Decision


def lines(plan: planning.Plan, decision: Decision | None, merged: str | None, *, explain: bool) -> list[str]:
    """``merged`` says how many shards were put together, where that is what is done."""
    projects = len(plan.projects)
    everything = sum(project.runs for project in plan.workspace.projects)
    count = f"{projects} project{'s' * (projects != 1)}"
    if projects != everything:
        count = f"{projects} of {everything} projects"
    workers = f"{plan.workers} worker{'s' * (plan.workers != 1)}"
    if plan.places:
        machines = len(set(plan.places))
        workers += f" on {machines} node{'s' * (machines != 1)}"
    used = Counter(plan.interpreter(project.path) for project in plan.projects)
    pythons = [f"Python {'.'.join(map(str, sys.version_info[:3]))}"]
    for interpreter, number in used.items():
        if not interpreter.is_current:
            version = interpreters.version_of(interpreter.executable) or interpreter.executable
            pythons.append(f"Python {version} ({number} project{'s' * (number != 1)})")
    lines = [f"monorepo: {count}, {workers}, {', '.join(dict.fromkeys(pythons))}"]
    if merged is not None:
        lines = [merged]
    if plan.shard is not None:
        lines.append(_shard_line(plan))
    if decision is not None:
        lines.append(decision.header)
        if not plan.projects and plan.shard is None:
            lines.append("nothing affected: no test to run")
        if explain:
            from pytest_monorepo.affected import listing

            lines += listing.explain(decision.listing).splitlines()
    return lines


def _shard_line(plan: planning.Plan) -> str:
    """``shard 2/3: 14 projects, 2 of them in part``."""
    projects = len(plan.projects)
    if not projects:
        return f"shard {plan.shard}: nothing left for it"
    part = f", {len(plan.shares)} of them in part" if plan.shares else ""
    return f"shard {plan.shard}: {projects} project{'s' * (projects != 1)}{part}"
