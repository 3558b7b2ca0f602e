"""The page's graph is the one of ``--monorepo-graph``, with and without ``--affected``."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.run.space import Space

IT = "def test_it(): pass\n"


def edges_of_page(site: Path) -> set[tuple[str, str]]:
    """``(dependent, dependency)`` of the table below the map, by the names that the page gives."""
    table = re.search(r"The map as a table.*?</table>", (site / "index.html").read_text(), re.DOTALL)
    assert table is not None
    found = set()
    for row in re.findall(r"<tr><th.*?</tr>", table[0], re.DOTALL)[1:]:
        project, needs = re.findall(r"#/project/([\w.-]+)", row.partition("<td>")[0]), row.split("<td>")[1]
        found |= {(project[0], other) for other in re.findall(r"#/project/([\w.-]+)", needs)}
    return found


def needed_by(site: Path) -> set[tuple[str, str]]:
    found = set()
    for file in (site / "data").glob("project-*.js"):
        data = json.loads(re.sub(r"^receive\([^,]+, |\);\s*$", "", file.read_text()))
        slug = file.stem.removeprefix("project-")
        found |= {(dependent[1], slug) for dependent in data["neededBy"]}
    return found


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [[], ["--affected=HEAD"], ["--project=b"]], ids=" ".join)
def test_one_graph(tmp_path: Path, arguments: list[str]) -> None:
    space = Space(tmp_path)
    space.projects(dict.fromkeys("abcd", IT))
    space.write(
        {
            "pyproject.toml": '[tool.pytest-monorepo.projects.d]\ndepends-on = ["a"]\n',
            "a/a/__init__.py": "",
            "b/b/__init__.py": "import a\n",
            "c/c/__init__.py": "import b\n",
        }
    )
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *command]
        subprocess.run(git, cwd=tmp_path, check=True)

    said = space.run("--monorepo-graph=json", *arguments).out  # with warnings behind it
    printed, _ = json.JSONDecoder().raw_decode(said)
    found = space.run("--monorepo-html=site", *arguments)

    assert found.code == 0, found.out
    edges = {(edge["dependent"], edge["dependency"]) for edge in printed["edges"]}
    assert {("b", "a"), ("c", "b"), ("d", "a")} <= edges
    assert edges_of_page(tmp_path / "site") == edges
    assert needed_by(tmp_path / "site") == edges
