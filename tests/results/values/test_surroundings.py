"""What of a workspace and beside it makes the digest of all that a project's tests can reach another one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_monorepo.records import Edge, Scope
from pytest_monorepo.results.values import surroundings
from pytest_monorepo.results.values.surroundings import Surroundings
from pytest_monorepo.workspace import graph
from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.model import Project, Workspace

FILES = ("README.md", "libs/a/t.py", "libs/a/in/x.py", "libs/b/b.py", "libs/b/data.json", "libs/c/c.py")
PROJECTS = tuple(
    Project(path, path.replace("/", "-")) for path in ("libs/a", "libs/a/in", "libs/b", "libs/c")
)
GRAPH = graph.of(PROJECTS, [Edge("libs/a", "libs/b", Scope.RUNTIME, "said")])


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workspace, with an environment beside it and a folder on the path."""
    for file in (
        *FILES,
        "../site-packages/plug-1.dist-info/RECORD",
        "../lib/thing.py",
        "../lib/pack/a.py",
        "../edited/it.py",
    ):
        path = tmp_path / "repo" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"the text of {file}")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site-packages")])
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lib"))
    said = {"url": (tmp_path / "edited").as_uri(), "dir_info": {"editable": True}}
    (tmp_path / "site-packages/plug-1.dist-info/direct_url.json").write_text(json.dumps(said))
    return tmp_path / "repo"


def digest(root: Path, files: tuple[str, ...] = FILES, graph: Graph = GRAPH, more: object = None) -> str:
    workspace = Workspace(root, PROJECTS, files)
    return of_a(workspace, graph, more=more)


def of_a(
    workspace: Workspace, graph: Graph = GRAPH, python: str = sys.executable, more: object = None
) -> str:
    return Surroundings(workspace, graph, os.environ).of_project("libs/a", python, more)


def edit(file: str) -> Callable[[Path], object]:
    return lambda root: (root / file).write_text("another")


def variable(name: str) -> Callable[[Path], object]:
    return lambda _: os.environ.update({name: "another"})


@pytest.mark.parametrize(
    ("change", "is_another"),
    [
        pytest.param(lambda _: None, False, id="nothing"),
        pytest.param(edit("libs/a/t.py"), True, id="the test file"),
        pytest.param(edit("libs/a/in/x.py"), True, id="a project that lies in it"),
        pytest.param(edit("libs/b/b.py"), True, id="a module that it imports begins to remember"),
        pytest.param(edit("libs/b/data.json"), True, id="a data file"),
        pytest.param(edit("README.md"), True, id="a file that is nobody's"),
        pytest.param(lambda root: (root / "libs/b/b.py").unlink(), True, id="a file that is gone"),
        pytest.param(edit("libs/c/c.py"), False, id="a project that it does not need"),
        pytest.param(variable("A_SWITCH"), True, id="a variable"),
        pytest.param(variable("PYTEST_ADDOPTS"), True, id="options in a variable"),
        pytest.param(variable("GITHUB_RUN_ID"), False, id="the name of a run"),
        pytest.param(edit("../site-packages/plug-1.dist-info/RECORD"), True, id="another build of a plugin"),
        pytest.param(
            lambda root: (root / "../site-packages/plug-1.dist-info").rename(
                root / "../site-packages/plug-2.dist-info"
            ),
            True,
            id="another version of a plugin",
        ),
        pytest.param(edit("../site-packages/more.pth"), True, id="a folder more on the path"),
        pytest.param(edit("../lib/thing.py"), True, id="a module on PYTHONPATH"),
        pytest.param(edit("../lib/more.so"), True, id="one more there"),
        pytest.param(edit("../lib/pack/data.json"), True, id="data in a package there"),
        pytest.param(edit("../lib/pack/.notes"), False, id="a hidden file there"),
        pytest.param(edit("../lib/results.xml"), False, id="what somebody writes beside them"),
        pytest.param(edit("../edited/it.py"), True, id="a package that is installed as it stands elsewhere"),
        pytest.param(edit("../elsewhere.py"), False, id="a file that nothing leads to"),
    ],
)
def test_what_it_is_made_of(
    root: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object], is_another: bool
) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    before = digest(root)
    assert before
    change(root)
    assert (digest(root) != before) is is_another


def test_a_new_file_another_edge_or_option_is_another(root: Path) -> None:
    (root / "libs/b/new.py").touch()
    apart = graph.of(PROJECTS, [])
    found = [
        digest(root),
        digest(root, (*FILES, "libs/b/new.py")),
        digest(root, graph=apart),
        digest(root, more=1),
    ]
    assert len(set(found)) == len(found)


def test_what_git_knows_is_not_read(root: Path) -> None:
    known = Workspace(root, PROJECTS, FILES, blobs=dict.fromkeys(FILES, "0a1b"))
    before = of_a(known)
    (root / "libs/a/t.py").write_text("another")
    assert of_a(known) == before


def test_where_it_cannot_be_known_there_is_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, python = Workspace(root, PROJECTS, FILES), str(root / "venv/bin/python")
    assert of_a(workspace, python=python) == ""
    settings = root / "venv/pyvenv.cfg"
    settings.parent.mkdir()
    (root / "venv/lib/python3.12/site-packages").mkdir(parents=True)
    for text, is_known in ("home = /usr\n", True), ("include-system-site-packages = true\n", False):
        settings.write_text(text)
        assert bool(of_a(workspace, python=python)) is is_known
    monkeypatch.setattr(surroundings, "_MOST", 0)
    assert digest(root) == ""


def test_a_project_at_the_root_reaches_all_that_it_holds(root: Path) -> None:
    workspace = Workspace(root, (Project(".", "all"), *PROJECTS), FILES)
    apart = graph.of(workspace.projects, [])
    found = Surroundings(workspace, apart, os.environ)
    assert list(found.reached(".")) == list(FILES)
    assert list(found.reached("libs/c")) == ["README.md", "libs/c/c.py"]
    assert list(found.reached("no/longer/there")) == ["README.md"]


def test_when_it_was_last_written(root: Path) -> None:
    found = Surroundings(Workspace(root, PROJECTS, FILES), GRAPH, os.environ)
    assert list(found.reached("libs/a")) == [file for file in FILES if file != "libs/c/c.py"]
    os.utime(root / "libs/b/b.py", (5e9, 5e9))
    assert found.latest("libs/a") == 5e9
    (root / "libs/b/b.py").unlink()
    assert found.latest("libs/a") == float("inf")
    (root / "libs/b/b.py").symlink_to("nowhere")
    assert 1e9 < found.latest("libs/a") < 5e9


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read."""
    found: list[str] = []
    plain = Path.read_bytes

    def noted(self: Path) -> bytes:
        found.append(self.name)
        return plain(self)

    monkeypatch.setattr(Path, "read_bytes", noted)
    return found


def test_what_many_projects_share_is_read_once(root: Path, read: list[str]) -> None:
    found = Surroundings(Workspace(root, PROJECTS, FILES), GRAPH, os.environ)
    digests = {found.of_project(project.path, sys.executable, None) for project in PROJECTS}
    assert len(digests) == len(PROJECTS)
    assert len(read) == len(set(read))
    assert {"RECORD", "README.md", "b.py"} <= set(read)


def test_a_large_file_that_git_does_not_know_is_told_by_size_and_time(
    root: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "_LARGE", 1000)
    file = root / "libs/b/data.json"
    file.write_bytes(bytes(2000))
    os.utime(file, (1e9, 1e9))
    before = digest(root)
    assert before == digest(root)
    os.utime(file, (1e9, 1e9 + 1))
    assert digest(root) != before
    assert file.name not in read


@pytest.mark.parametrize(
    ("file", "tag", "counts"),
    [
        ("junit.xml", b"? ", False),
        ("htmlcov/index.html", b"? ", False),
        ("junit.xml", b"C 100644 0 0\t", True),  # git knows it, and it is edited
        ("notes.xml", b"? ", True),
        ("libs/a/junit.xml", b"? ", True),  # a project's own tests may read it
    ],
)
def test_what_a_run_leaves_beside_the_projects_is_nobodys_input(
    root: Path, file: str, tag: bytes, counts: bool
) -> None:
    before = digest(root)
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text("a report")
    listed = tag + file.encode() + b"\0"
    left = Workspace(root, PROJECTS, tuple(sorted((*FILES, file))), listed=listed)
    assert (of_a(left) != before) is counts
