"""Which dependencies a project finds on its path though they are not installed in its environment."""

from __future__ import annotations

import os
from collections.abc import Collection

from pytest_monorepo.workspace.files.relative import seen_from
from pytest_monorepo.workspace.model import Project

from .plan import Plan


def dependencies(plan: Plan, project: Project, roots: Collection[str]) -> tuple[str, ...]:
    """The projects that ``project`` needs, nearest first, one of whose source roots is in ``roots``.

    ``roots`` are absolute, as a worker tells them. What the project itself puts on its path, as its own
    source or by its ``pythonpath``, is there without us, too.
    """
    if not roots:
        return ()
    own = {*project.source_roots, *project.pythonpath}
    base = plan.workspace.root
    told = {path for path in roots if seen_from(base, path) not in own}
    needed = (plan.workspace.by_path.get(path) for path in plan.graph.transitive_dependencies(project.path))
    return tuple(
        other.path
        for other in needed
        if other is not None and not told.isdisjoint(os.path.normpath(base / r) for r in other.source_roots)
    )
