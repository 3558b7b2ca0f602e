"""A :class:`~.decision.Decision` as JSON-able data and back: one machine decides, another reports.

An object with the keys of ``--monorepo-list=json`` and beside them ``changes`` (``null`` or ``ref``,
``base``, ``bases``, ``changed`` as ``[path, status]`` pairs, ``notes``), ``edges`` of the graph (as
:class:`Edge`) and ``undeclared``; ``warnings`` are the decision's, ``selection_warnings`` those of the
selection in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_monorepo.workspace.graph import Edge, Graph
from pytest_monorepo.workspace.model import Scope, Workspace

from . import listing
from .decision import Decision
from .files.narrow import FileReason, Narrowed
from .git.changes import Change, Changes
from .rules.values import Reason, Selection, Step


def as_plain(decision: Decision) -> dict[str, Any]:
    """Everything but the workspace."""
    changes = decision.changes
    plain: dict[str, Any] = json.loads(listing.as_json(decision.listing))
    return {
        **plain,
        "changes": None
        if changes is None
        else {
            "ref": changes.ref,
            "base": changes.base,
            "bases": list(changes.bases),
            "changed": [[change.path, change.status] for change in changes.changed],
            "notes": list(changes.notes),
        },
        "edges": [[e.dependent, e.dependency, e.scope.value, e.how] for e in decision.graph.edges],
        "warnings": list(decision.warnings),
        "selection_warnings": list(decision.selection.warnings),
        "undeclared": list(decision.undeclared),
    }


def from_plain(plain: Mapping[str, Any], workspace: Workspace) -> Decision:
    """The decision that :func:`as_plain` was given, for the same workspace."""
    projects = plain["projects"]
    affected = plain["affected"]
    selection = Selection(
        selected={p["path"]: _reason(p["chain"]) for p in projects if p["chain"] is not None},
        skipped=tuple(p["path"] for p in projects if p["chain"] is None),
        changed=tuple(p["path"] for p in projects if p["state"] == "changed"),
        files={each["path"]: each["effect"] for each in affected["files"]},
        warnings=tuple(plain["selection_warnings"]),
        everything=affected["everything"],
    )
    edges = tuple(Edge(one, other, Scope(scope), how) for one, other, scope, how in plain["edges"])
    return Decision(
        workspace,
        Graph(tuple(project.path for project in workspace.projects), edges),
        selection,
        _changes(plain["changes"]),
        tuple(plain["warnings"]),
        tuple(plain["undeclared"]),
        _files(projects),
    )


def _files(projects: Sequence[Mapping[str, Any]]) -> dict[str, Narrowed] | None:
    found = {p["path"]: _narrowed(p["files"]) for p in projects if p.get("files") is not None}
    return found or None


def _narrowed(plain: Mapping[str, Any]) -> Narrowed:
    files = {each["path"]: FileReason(tuple(each["chain"]), each["why"]) for each in plain["run"]}
    return Narrowed(files, tuple(plain["left_out"]), plain["all"])


def _reason(chain: Mapping[str, Any]) -> Reason:
    steps = tuple(Step(step["project"], step["how"]) for step in chain["steps"])
    return Reason(chain["file"], steps, chain["why"])


def _changes(plain: Mapping[str, Any] | None) -> Changes | None:
    if plain is None:
        return None
    changed = tuple(Change(path, status) for path, status in plain["changed"])
    return Changes(plain["ref"], plain["base"], tuple(plain["bases"]), changed, tuple(plain["notes"]))
