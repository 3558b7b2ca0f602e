"""What users and machines read of a decision."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pytest_monorepo.affected import drawings, listing
from pytest_monorepo.affected.listing import Listing
from pytest_monorepo.affected.rules.values import ChangedFile, Reason, Selection, Side, Step
from pytest_monorepo.affected.selection import select, select_everything
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.graph import Edge, Graph
from pytest_monorepo.workspace.model import Project, Scope, Workspace


def project(path: str, name: str, *, tests: bool = True, error: str | None = None) -> Project:
    return Project(path, name, test_files=(f"{path}/tests/test_a.py",) if tests else (), error=error)


PROJECTS = (
    project("libs/core", "core"),
    project("services/api", "api"),
    project("services/web", "web"),
    project("tools/gen", "gen", tests=False),
)
WORKSPACE = Workspace(Path("/workspace"), PROJECTS, warnings=("two projects are named 'x'",))
GRAPH = Graph(
    tuple(p.path for p in PROJECTS),
    (
        Edge("services/api", "libs/core", Scope.RUNTIME, "poetry path dependency"),
        Edge("services/web", "services/api", Scope.TEST, "dev group"),
    ),
)


def shown(*paths: str, workspace: Workspace = WORKSPACE) -> Listing:
    selection = select(map(ChangedFile, paths), Side(workspace, GRAPH), (), Settings())
    return Listing(workspace, GRAPH, selection, ref="origin/main", base="3f2c1ab")


def test_header_counts_projects_with_tests() -> None:
    line = listing.header(shown("libs/core/x.py", "README.md"))
    assert line == "affected by origin/main (3f2c1ab, 2 files): 3 of 3 projects, 0 deselected"
    assert listing.header(shown("README.md")).endswith("(3f2c1ab, 1 file): 0 of 3 projects, 3 deselected")


def test_explain_says_it_for_every_project_and_every_file() -> None:
    text = listing.explain(shown("services/api/tests/test_a.py", "docs/x.md"))
    assert "  api: services/api/tests/test_a.py → (test file) → api" in text
    assert "  core: no changed file reaches it" in text
    assert "  docs/x.md: ignored: documentation of no project" in text
    assert "  services/api/tests/test_a.py: services/api: test file" in text


def test_explain_says_it_once_for_many_files_of_a_folder_that_nobody_reads() -> None:
    text = listing.explain(
        shown(*(f"docs/{name}.md" for name in "abcd"), *(f"docs/site/{n}.md" for n in "abc"))
    )
    assert "\n  docs/: 4 files: ignored: documentation of no project\n" in text
    assert "\n  docs/site/c.md: ignored: documentation of no project" in text
    assert "docs/a.md" not in text


def test_a_chain_reads_from_the_file_to_the_project() -> None:
    chains = listing.explain(shown("libs/core/x.py"))
    assert "api: libs/core/x.py → core → (poetry path dependency) → api" in chains
    assert "web: libs/core/x.py → core → (poetry path dependency) → api → (dev group) → web" in chains


def test_explain_says_why_all_run() -> None:
    selection = select_everything(WORKSPACE, "no common ancestor")
    text = listing.explain(Listing(WORKSPACE, GRAPH, selection))
    assert text.startswith("all run: no common ancestor")
    assert "core: no common ancestor" in text


def test_table() -> None:
    lines = listing.table(shown("services/api/a.py")).splitlines()
    assert re.match(r"-    core +libs/core +no changed file reaches it", lines[1])
    assert re.match(r"run  api +services/api +services/api/a.py → api", lines[2])
    assert lines[4].endswith("has no tests")
    assert lines[5] == "2 of 4 projects would run"
    assert lines[6] == "warning: two projects are named 'x'"


def test_table_without_a_selection() -> None:
    assert "all projects run" in listing.table(Listing(WORKSPACE, GRAPH))
    assert "not asked for" in listing.table(Listing(WORKSPACE, GRAPH, only=("libs/core",)))


def test_json_has_what_it_documents() -> None:
    data = json.loads(listing.as_json(shown("services/api/a.py")))
    assert data["version"] == listing.VERSION
    assert data["affected"]["ref"] == "origin/main"
    assert data["affected"]["files"] == [{"path": "services/api/a.py", "effect": "services/api: source"}]
    core, api, web, gen = data["projects"]
    assert (core["selected"], core["state"], core["dependents"]) == (False, "untouched", ["services/api"])
    assert (api["selected"], api["state"], api["dependencies"]) == (True, "changed", ["libs/core"])
    assert api["reason"] == "services/api/a.py → api"
    assert api["chain"]["steps"] == [{"project": "services/api", "how": ""}]
    assert web["state"] == "affected"
    assert (gen["selected"], gen["has_tests"]) == (False, False)
    documented = set(re.findall(r'^ +"(\w+)":|, "(\w+)":', listing.__doc__ or "", re.MULTILINE))
    assert set(core) <= {name for pair in documented for name in pair}


def test_json_without_a_selection() -> None:
    data = json.loads(listing.as_json(Listing(WORKSPACE, GRAPH)))
    assert data["affected"] is None
    assert [p["selected"] for p in data["projects"]] == [True, True, True, False]


def test_a_broken_manifest_is_listed_with_its_error() -> None:
    broken = Workspace(Path("/workspace"), (project("a", "a", tests=False, error="a/pyproject.toml: bad"),))
    (found,) = json.loads(listing.as_json(Listing(broken, Graph(("a",), ()))))["projects"]
    assert (found["selected"], found["error"]) == (True, "a/pyproject.toml: bad")


def outputs(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines())


def test_github_matrix() -> None:
    found = outputs(listing.github(shown("services/api/a.py")))
    assert json.loads(found["matrix"])["include"] == [
        {"project": "api", "path": "services/api", "args": "--project services/api"},
        {"project": "web", "path": "services/web", "args": "--project services/web"},
    ]
    assert found["has-work"] == "true"


@pytest.mark.parametrize("count", [1, 255, 256, 257, 300, 1000])
def test_github_matrix_has_no_more_jobs_than_github_allows_and_loses_nothing(count: int) -> None:
    paths = [f"libs/p{number:04}" for number in range(count)]
    workspace = Workspace(Path("/workspace"), tuple(project(path, path) for path in paths))
    found = outputs(listing.github(Listing(workspace, Graph(tuple(paths), ()))))
    include = json.loads(found["matrix"])["include"]
    assert len(include) == min(count, 256)
    assert [path for entry in include for path in entry["path"].split()] == paths
    assert [word for entry in include for word in entry["args"].split() if word != "--project"] == paths
    sizes = {entry["args"].count("--project") for entry in include}
    assert max(sizes) - min(sizes) <= 1


def test_github_matrix_with_a_space_in_a_path() -> None:
    workspace = Workspace(Path("/workspace"), (project("my lib", "lib"),))
    (entry,) = json.loads(outputs(listing.github(Listing(workspace, Graph(("my lib",), ()))))["matrix"])[
        "include"
    ]
    assert entry == {"project": "lib", "path": "my lib", "args": "--project my?lib"}


def test_github_matrix_is_never_empty() -> None:
    found = outputs(listing.github(shown("README.md")))
    assert len(json.loads(found["matrix"])["include"]) == 1
    assert found["has-work"] == "false"


HOSTILE = Workspace(Path("/workspace"), (project('a"b\n]', 'x"]\n-->y#\\'),))


@pytest.mark.parametrize(
    "draw", [drawings.mermaid, drawings.dot, listing.table, listing.explain, listing.github]
)
def test_hostile_names_break_no_line(draw: object) -> None:
    assert callable(draw)
    text = draw(Listing(HOSTILE, Graph(('a"b\n]',), ()), Selection()))
    assert "\n]" not in text
    assert "\n-->" not in text


def test_names_are_escaped_in_the_drawings() -> None:
    drawn = Listing(HOSTILE, Graph(('a"b\n]',), ()))
    assert '["x#34;#93;#92;n' in drawings.mermaid(drawn)
    assert '[label="x\\"]\\\\n--' in drawings.dot(drawn)


def test_mermaid_tells_the_states_apart() -> None:
    text = drawings.mermaid(shown("services/api/a.py"))
    assert 'p0["core"]:::untouched' in text
    assert 'p1["api"]:::changed' in text
    assert 'p2["web"]:::affected' in text
    assert "p1 --> p0" in text
    assert "p2 -.-> p1" in text


def test_dot_tells_the_states_apart() -> None:
    text = drawings.dot(shown("services/api/a.py"))
    assert 'p1 [label="api", class="changed"' in text
    assert "p2 -> p1 [style=dashed];" in text


def test_graph_json() -> None:
    data = json.loads(drawings.graph_json(shown("services/api/a.py")))
    assert data["projects"][1] == {"name": "api", "path": "services/api", "state": "changed"}
    assert data["edges"][0]["scope"] == "runtime"
    assert data["cycles"] == []


def test_two_projects_of_one_name_are_told_apart_by_path() -> None:
    workspace = Workspace(Path("/workspace"), (project("a", "app"), project("b", "app"), project("c", "c")))
    assert listing.labels(workspace) == {"a": "a", "b": "b", "c": "c"}


def test_file_names_are_shown_in_one_line() -> None:
    reason = Reason("a\nb\udcff.py", (Step("x", ""),))
    assert listing.chain(reason, {"x": "x"}) == "a\\nb\\udcff.py → x"
