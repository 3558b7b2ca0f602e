"""Every row of the tables in ``docs/reference/local-projects.md``, read from there and tried."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_monorepo.workspace import graph
from pytest_monorepo.workspace.imports.edges import import_edges
from pytest_monorepo.workspace.model import Scope
from tests.workspace.trees import TEST, look, named, project, running

PAGE = Path(__file__).parents[3] / "docs/reference/local-projects.md"
SCOPES = {"run time": Scope.RUNTIME, "extra": Scope.EXTRA, "tests": Scope.TEST}
SURROUNDINGS = {
    "libs/core/pyproject.toml": named("core"),
    "libs/core/src/core/__init__.py": "",
    "libs/core/tests/test_core.py": TEST,
    # its name is known to those who run it alone: only a path can mean it
    "libs/legacy/setup.py": "from setuptools import setup\nfrom names import NAME\nsetup(name=NAME)\n",
    "libs/legacy/legacy/__init__.py": "",
    "libs/legacy/tests/test_legacy.py": TEST,
    "libs/legacy/package.json": '{"name": "@acme/legacy"}',
    "libs/legacy/project.json": '{"name": "legacy-app"}',
    "shared/versions.txt": "1\n",
    "shared/tasks.toml": "",
    "shared/pylock.toml": 'lock-version = "1.0"\n',
    "constraints/common.txt": "requests==2\n",
    "components/acme/log/__init__.py": "",
    "components/acme/other/__init__.py": "",
    "wheels/core-1-py3-none-any.whl": "",
    "crates/fast/Cargo.toml": '[package]\nname = "fast"\n',
    "Cargo.toml": '[workspace.dependencies]\nfast = {path = "crates/fast"}\n',
    "pixi.toml": 'workspace.dependencies.legacy = {path = "libs/legacy"}\n',
    "msgs/package.xml": '<package format="3"><name>msgs</name></package>',
    "a/deps.in": "core\n",
    "a/tests/test_a.py": TEST,
}


def rows(heading: str) -> Iterator[list[str]]:
    """The cells of the table below a heading, without its first two lines."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def spans(cell: str) -> list[str]:
    """What stands in backticks, an escape for a line's end resolved by TOML alone."""
    return re.findall(r"`([^`]+)`", cell)


def _ids(row: list[str]) -> str:
    return f"{row[0]}: {'; '.join(spans(row[-2]))}"


@pytest.mark.parametrize("row", list(rows("Dependencies and inputs")), ids=_ids)
def test_what_is_named_is_reached(tmp_path: Path, row: list[str]) -> None:
    _, file, written, reaches = row
    (name,), (place,) = spans(file), spans(reaches)
    files = {f"a/{name}": "\n".join(spans(written)) + "\n"}
    if name != "pyproject.toml":
        files["a/pyproject.toml"] = named("a")
    elif "project." not in written and "poetry" not in written and "flit" not in written:
        files["a/pyproject.toml"] += 'project.name = "a"\n'
    workspace = look(tmp_path, {**SURROUNDINGS, **files})
    kind = reaches.partition("`")[0].strip()
    if kind == "input":
        assert place in project(workspace, "a").includes
    else:
        edges = graph.build(workspace.projects).needs("a")
        assert [(edge.dependency, edge.scope) for edge in edges] == [(place, SCOPES[kind])]


def test_nothing_is_named_by_the_surroundings_alone(tmp_path: Path) -> None:
    workspace = look(tmp_path, {**SURROUNDINGS, "a/pyproject.toml": named("a")})
    assert graph.build(workspace.projects).edges == ()
    assert project(workspace, "a").includes == ()


@pytest.mark.parametrize("row", list(rows("Members of a workspace")), ids=_ids)
def test_who_is_a_member(tmp_path: Path, row: list[str]) -> None:
    _, written, kept = row
    files = {"pyproject.toml": "\n".join(spans(written)) + "\n"}
    for path in ("libs/a", "libs/a-old", "legacy/old"):
        files |= {f"{path}/pyproject.toml": named(path[5:]), f"{path}/tests/test_it.py": TEST}
    workspace = look(tmp_path, files)
    assert sorted(running(workspace)) == spans(kept)
    left = {"libs/a", "libs/a-old", "legacy/old"}.difference(spans(kept))
    assert all(f"'{path}'" in "\n".join(workspace.warnings) for path in left)


@pytest.mark.parametrize("row", [*rows("Where the code is"), *rows("Code under another name")], ids=_ids)
def test_where_the_code_is(tmp_path: Path, row: list[str]) -> None:
    _, written, places = row
    files = {f"a/{place}": "" for place in spans(places)}
    said, settings = spans(written), 'project.name = "a-lib"\n'
    if said and said[0].endswith("meson.build"):
        files[f"a/{said[0]}"] = "\n".join(said[1:]) + "\n"
        settings += 'build-system.build-backend = "mesonpy"\n'
    else:
        settings = "\n".join((*said, settings))
    files["a/pyproject.toml"] = settings
    files |= {"b/pyproject.toml": named("b"), "b/tests/test_b.py": "import pkg\n\ndef test_it():\n    pass\n"}
    found = import_edges(look(tmp_path, {**files, "a/tests/test_a.py": TEST}))
    assert [(edge.dependent, edge.dependency) for edge in found.edges] == [("b", "a")]


def test_a_name_below_which_several_projects_put_their_code(tmp_path: Path) -> None:
    files = {}
    for name, other in (("one", "two"), ("two", "one")):
        sources = '[tool.hatch.build.targets.wheel.sources]\n"" = "ns"\n'
        files[f"{name}/pyproject.toml"] = named(name, sources)
        files[f"{name}/{name}_code/__init__.py"] = ""
        files[f"{name}/tests/test_it.py"] = f"import ns.{other}_code\n{TEST}"
    workspace = look(tmp_path, files)
    assert project(workspace, "one").renamed == (("ns.one_code", "one/one_code"),)
    found = import_edges(workspace).edges
    assert [(edge.dependent, edge.dependency) for edge in found] == [("one", "two"), ("two", "one")]


def test_what_is_shared_below_a_name_may_have_any_name(tmp_path: Path) -> None:
    """Tools and docs are no code of a project only where they lie beside it."""
    shared = '[tool.setuptools.package-dir]\nns = "lib"\n'
    files = {
        "one/pyproject.toml": named("one", shared),
        "one/lib/tools/__init__.py": "",
        "one/tests/test_it.py": TEST,
        "two/pyproject.toml": named("two"),
        "two/ns/two/__init__.py": "",
        "two/tests/test_it.py": f"import ns.tools\n{TEST}",
    }
    workspace = look(tmp_path, files)
    assert project(workspace, "one").renamed == (("ns.tools", "one/lib/tools"),)
    assert [(edge.dependent, edge.dependency) for edge in import_edges(workspace).edges] == [("two", "one")]


def test_code_of_another_project_under_another_name(tmp_path: Path) -> None:
    taken = '[tool.hatch.build.targets.wheel.force-include]\n"../two/impl" = "pkg"\n'
    files = {
        "one/pyproject.toml": named("one", taken),
        "one/tests/test_it.py": TEST,
        "two/pyproject.toml": named("two"),
        "two/impl/__init__.py": "",
        "two/tests/test_it.py": TEST,
    }
    assert project(look(tmp_path, files), "one").renamed == (("pkg", "two/impl"),)
