from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery import discover as discovery
from pytest_monorepo.workspace.files.tree import Tree
from pytest_monorepo.workspace.model import Workspace
from tests.workspace.trees import TEST, git, named, write

SETUP = "from setuptools import setup\nsetup(name='old', packages=['old'])\n"
NAMED_TEST = '[tool.pytest.ini_options]\ntestpaths = ["tests/unit.py", "../../shared/test_it.py", "test_*"]\n'
FILES = {
    "pyproject.toml": "[tool.ruff]\n",
    "libs/a/pyproject.toml": named("a"),
    "libs/a/a/__init__.py": "",
    "libs/a/a/inner/one.py": "",
    "libs/a/tests/test_a.py": TEST,
    "libs/a/tests/test_b.py": TEST,
    "libs/flat/pyproject.toml": named("flat"),
    "libs/flat/flat.py": "",
    "libs/flat/test_flat.py": TEST,
    "libs/ns/pyproject.toml": named("ns-one"),
    "libs/ns/src/ns/one/__init__.py": "",
    "libs/ns/tests/test_one.py": TEST,
    "libs/given-up/setup.cfg": "[flake8]\n",
    "libs/given-up/data/one.py": "",
    "libs/old/setup.py": SETUP,
    "libs/old/old/__init__.py": "",
    "libs/picky/pyproject.toml": named("picky") + NAMED_TEST,
    "libs/picky/picky.py": "",
    "libs/picky/tests/test_picky.py": TEST,
    "libs/doctested/pyproject.toml": named("d")
    + '[tool.pytest.ini_options]\naddopts = "--doctest-modules"\n',
    "libs/doctested/d/__init__.py": "",
    "libs/doctested/test_d.py": TEST,
    "libs/a/vendor/v/pyproject.toml": named("v"),
    "libs/a/vendor/v/v.py": "",
    "libs/linked/pyproject.toml": named("linked"),
    "shared/readme.py": "",
    "scripts/run.py": "",
    ".github/workflows/ci.yml": "",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "ws", FILES)
    os.symlink("../../shared", tmp_path / "ws/libs/linked/tests")
    git(tmp_path / "ws", "init", "-q")
    git(tmp_path / "ws", "add", "-A")
    return tmp_path / "ws"


class Counting:
    """Discovery that counts how often it had to be done."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, tree: Tree, settings: Settings) -> Workspace:
        self.runs += 1
        return self.original(tree, settings)

    original: Callable[[Tree, Settings], Workspace] = staticmethod(discovery.discover_tree)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counted = Counting()
    monkeypatch.setattr(discovery, "discover_tree", counted)
    return counted


@pytest.mark.parametrize(
    "path",
    [
        "libs/a/a/two.py",
        "libs/a/a/inner/two.py",
        "libs/a/tests/test_c.py",
        "libs/a/tests/helper.py",
        "libs/old/old/two.py",
        "libs/ns/tests/test_two.py",
        "libs/ns/src/ns/one/more.py",
        "libs/flat/test_more.py",
    ],
)
@pytest.mark.parametrize("settings", [Settings(), Settings(exclude=("libs/old",))], ids=["plain", "exclude"])
def test_a_module_in_a_known_folder_costs_no_discovery(
    root: Path, tmp_path: Path, counting: Counting, path: str, settings: Settings
) -> None:
    cache = tmp_path / "cache"
    first = discovery.discover(root, settings, cache)
    write(root, {path: TEST})
    again = discovery.discover(root, settings, cache)
    assert counting.runs == 1
    assert again == discovery.discover(root, settings)
    (root / path).unlink()
    assert discovery.discover(root, settings, cache) == first


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("libs/flat/more.py", ""),
        ("libs/a/a/inner/__init__.py", ""),
        ("libs/a/tests/conftest.py", ""),
        ("libs/a/setup.py", SETUP),
        ("libs/a/new/test_new.py", TEST),
        ("libs/ns/src/ns/two.py", ""),
        ("libs/given-up/data/test_new.py", TEST),
        ("libs/old/old/test_new.py", TEST),
        ("libs/picky/tests/unit.py", TEST),
        ("libs/picky/test_new.py", TEST),
        ("libs/doctested/d/two.py", ">>> 1\n"),
        ("libs/a/vendor/v/test_v.py", TEST),
        ("shared/test_it.py", TEST),
        ("scripts/test_run.py", TEST),
        ("libs/a/README.md", ""),
        ("libs/a/requirements.txt", "-e ../flat\n"),
    ],
)
@pytest.mark.parametrize("settings", [Settings(), Settings(projects=("libs/*",))], ids=["plain", "projects"])
def test_whatever_comes_the_answer_is_that_of_a_fresh_look(
    root: Path, tmp_path: Path, path: str, text: str, settings: Settings
) -> None:
    cache = tmp_path / "cache"
    discovery.discover(root, settings, cache)
    write(root, {path: text})
    assert discovery.discover(root, settings, cache) == discovery.discover(root, settings)


@pytest.mark.parametrize("path", sorted(path for path in FILES if path.endswith(".py")))
def test_whatever_goes_the_answer_is_that_of_a_fresh_look(root: Path, tmp_path: Path, path: str) -> None:
    cache = tmp_path / "cache"
    discovery.discover(root, Settings(), cache)
    (root / path).unlink()
    assert discovery.discover(root, Settings(), cache) == discovery.discover(root, Settings())


@pytest.mark.parametrize("named", ["../a/extra", "../a/ext*", "../a/extra/test_new.py"])
def test_a_first_test_where_others_name_theirs(root: Path, tmp_path: Path, named: str) -> None:
    """Before, those who name it stayed projects without tests, or none."""
    elsewhere = f"[tool:pytest]\ntestpaths = {named}\n"
    files = {"libs/x/setup.cfg": elsewhere + "[metadata]\nname = x\n", "libs/y/setup.cfg": elsewhere}
    write(root, {**files, "libs/y/y.py": "", "libs/a/extra/helper.py": ""})
    cache = tmp_path / "cache"
    discovery.discover(root, Settings(), cache)
    for text in (TEST, None):
        if text is None:
            (root / "libs/a/extra/test_new.py").unlink()
        else:
            write(root, {"libs/a/extra/test_new.py": text})
        fresh = discovery.discover(root, Settings())
        assert discovery.discover(root, Settings(), cache) == fresh
        assert {"libs/x", "libs/y"} & {p.path for p in fresh.projects if p.test_files} == (
            {"libs/x", "libs/y"} if text else set()
        )


@pytest.mark.parametrize(
    "path", ["libs/a/a/NOTES.md", "libs/old/old/12.bugfix", ".github/workflows/more.yml"]
)
def test_a_text_that_nothing_asks_for_costs_no_discovery(
    root: Path, tmp_path: Path, counting: Counting, path: str
) -> None:
    write(root, {"libs/picky/pyproject.toml": named("picky"), "libs/old/test_other.py": TEST})
    write(root, {"libs/old/test_old.py": TEST})
    cache = tmp_path / "cache"
    first = discovery.discover(root, Settings(), cache)
    write(root, {path: ""})
    again = discovery.discover(root, Settings(), cache)
    assert again == discovery.discover(root, Settings())
    (root / path).unlink()
    assert discovery.discover(root, Settings(), cache) == first
    assert counting.runs == 2, "the first, and the one without a cache"


TWO = {"libs/z/test_one.py": TEST, "libs/z/test_two.py": TEST}
Z = named("z")


@pytest.mark.parametrize(
    ("files", "path"),
    [
        (
            {"libs/z/pyproject.toml": Z, "libs/z/tox.ini": "[testenv]\ndeps = -r NEEDS.md\n"},
            "libs/z/NEEDS.md",
        ),
        ({"libs/z/pyproject.toml": Z, "libs/z/Makefile": "test:\n\tcat ../a/a/N.md\n"}, "libs/a/a/N.md"),
        ({"libs/w/setup.cfg": "[tool:pytest]\naddopts = --markdown-docs\n"}, "libs/w/guide.md"),
        ({"libs/z/setup.cfg": "[tool:pytest]\naddopts = --doctest-glob=*.md\n"}, "libs/z/guide.md"),
        ({"libs/z/setup.cfg": "[tool:pytest]\ntestpaths = guide.rst test_one.py\n"}, "libs/z/guide.rst"),
        ({"libs/z/pyproject.toml": Z}, "libs/z/Makefile.md"),
    ],
)
def test_a_text_that_something_follows_from(
    root: Path, tmp_path: Path, files: dict[str, str], path: str
) -> None:
    text = "-e ../flat\n>>> 1\ncp ../flat/flat.py .\n"
    cache = tmp_path / "cache"
    write(root, {**files, **TWO})
    for _ in range(2):
        before = discovery.discover(root, Settings())
        assert discovery.discover(root, Settings(), cache) == before
        write(root, {path: text})
        after = discovery.discover(root, Settings())
        assert discovery.discover(root, Settings(), cache) == after
        assert after.projects != before.projects
        (root / path).unlink()


def test_a_requirement_file_with_the_name_of_a_module(root: Path, tmp_path: Path) -> None:
    write(root, {"libs/a/requirements.txt": "-r tests/needs.py\n"})
    cache = tmp_path / "cache"
    discovery.discover(root, Settings(), cache)
    write(root, {"libs/a/tests/needs.py": "-e ../../flat\n"})
    found = discovery.discover(root, Settings(), cache)
    assert "libs/a/tests/needs.py" in found.by_path["libs/a"].includes
    assert found == discovery.discover(root, Settings())
