"""What one machine has decided is what another one reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_monorepo.affected.decision import Decision
from pytest_monorepo.affected.git.changes import Change, Changes
from pytest_monorepo.affected.rules.values import ChangedFile, Selection, Side
from pytest_monorepo.affected.selection import select, select_everything
from pytest_monorepo.affected.stored import as_plain, from_plain
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.graph import Edge, Graph
from pytest_monorepo.workspace.model import Project, Scope, Workspace

PROJECTS = tuple(Project(path, path, test_files=(f"{path}/test_a.py",)) for path in ("api", "core", "web"))
WORKSPACE = Workspace(Path("/workspace"), PROJECTS)
GRAPH = Graph(
    ("api", "core", "web"),
    (Edge("api", "core", Scope.RUNTIME, "imports"), Edge("web", "api", Scope.TEST, "dev group")),
)
SIDE = Side(WORKSPACE, GRAPH)
CHANGES = Changes(
    "main", "3f2c1ab", ("3f2c1ab" * 5,), (Change("core/\udcff.py", "M"), Change("n", "?")), ("x",)
)


@pytest.mark.parametrize(
    ("selection", "changes"),
    [
        (select([ChangedFile("core/x.py")], SIDE, (), Settings()), CHANGES),
        (select([ChangedFile("core/\udcff.py"), ChangedFile("README.md")], SIDE, (), Settings()), CHANGES),
        (select([ChangedFile("strange"), ChangedFile("web/a.py")], SIDE, (), Settings()), CHANGES),
        (select([], SIDE, (), Settings()), CHANGES),
        (select_everything(WORKSPACE, "no merge base"), None),
    ],
    ids=["a chain", "a name that is not UTF-8", "everything", "nothing", "no base"],
)
def test_a_decision_comes_back_as_it_was(selection: Selection, changes: Changes | None) -> None:
    decision = Decision(WORKSPACE, GRAPH, selection, changes, ("careful",), ("api imports web",))
    again = from_plain(json.loads(json.dumps(as_plain(decision))), WORKSPACE)
    assert again == decision
    assert again.header == decision.header
