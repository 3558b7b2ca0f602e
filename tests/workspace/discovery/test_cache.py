from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery import cache as discovery_cache
from pytest_monorepo.workspace.discovery import discover as discovery
from pytest_monorepo.workspace.files.tree import Tree
from pytest_monorepo.workspace.model import Workspace
from tests.workspace.trees import TEST, git, named, write

FILES = {
    "ws/a/pyproject.toml": named("a", 'dependencies = ["b"]\noptional-dependencies.x = ["b"]\n'),
    "ws/a/tests/test_a.py": TEST,
    "ws/b/setup.py": "setup(name='b', install_requires=open('needs.txt'))",
    "ws/b/needs.txt": "-e ../vendor/v\n",
    "ws/b/test_b.py": TEST,
    "ws/c/pyproject.toml": "[[",
    "ws/vendor/v/setup.py": "",
}


class Counting:
    """Discovery that counts how often it had to be done."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, tree: Tree, settings: Settings) -> Workspace:
        self.runs += 1
        return self.original(tree, settings)

    original: Callable[[Tree, Settings], Workspace] = staticmethod(discovery.discover_tree)


@pytest.fixture(params=["git", "walk"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    write(tmp_path, FILES)
    if request.param == "git":
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", "-A")
    return tmp_path / "ws"


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counted = Counting()
    monkeypatch.setattr(discovery, "discover_tree", counted)
    return counted


def test_the_second_look_is_the_first_one(root: Path, tmp_path: Path, counting: Counting) -> None:
    cache = tmp_path / "deep/cache.json"
    first = discovery.discover(root, Settings(), cache)
    write(root, {"a/tests/test_a.py": "def test_other(): ..."})
    assert discovery.discover(root, Settings(), cache) == first
    assert counting.runs == 1
    assert first == discovery.discover(root, Settings())


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a/pyproject.toml", named("renamed")),
        ("b/needs.txt", "other\n"),
        ("a/tests/new/test_new.py", TEST),
        ("a/pytest.ini", "[pytest]\n"),
        ("../pytest.ini", "[pytest]\n"),
        ("../setup.cfg", "[tool:pytest]\n"),
    ],
)
def test_what_discovery_depends_on_makes_it_look_again(
    root: Path, tmp_path: Path, counting: Counting, path: str, text: str
) -> None:
    cache = tmp_path / "cache.json"
    discovery.discover(root, Settings(), cache)
    write(root, {path: text})
    again = discovery.discover(root, Settings(), cache)
    assert counting.runs == 2
    assert again == discovery.discover(root, Settings())


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_that_leads_elsewhere_makes_it_look_again(
    root: Path, tmp_path: Path, counting: Counting
) -> None:
    link, cache = root / "a/more", tmp_path / "cache.json"
    write(root, {"x/test_x.py": TEST, "y/test_y.py": TEST})
    link.symlink_to("../x")
    discovery.discover(root, Settings(), cache)
    link.unlink()
    link.symlink_to("../y")
    assert "a/more/test_y.py" in discovery.discover(root, Settings(), cache).by_path["a"].test_files
    assert counting.runs == 2


def test_other_settings_look_again(root: Path, tmp_path: Path, counting: Counting) -> None:
    cache = tmp_path / "cache.json"
    discovery.discover(root, Settings(), cache)
    assert "a" not in {
        p.path for p in discovery.discover(root, Settings(exclude=("a",)), cache).projects if p.runs
    }


@pytest.mark.parametrize("text", ["", "[]", "{", '{"key": 1}'])
def test_a_broken_cache_is_written_anew(root: Path, tmp_path: Path, counting: Counting, text: str) -> None:
    cache = write(tmp_path, {"cache.json": text}) / "cache.json"
    expected = discovery.discover(root, Settings(), cache)
    assert discovery.discover(root, Settings(), cache) == expected
    assert counting.runs == 1


@pytest.mark.parametrize("part", [0.2, 0.5, 0.8, 0.99])
def test_a_cache_with_a_damaged_part_is_written_anew(
    root: Path, tmp_path: Path, counting: Counting, part: float
) -> None:
    cache = tmp_path / "cache.json"
    expected = discovery.discover(root, Settings(), cache)
    whole = cache.read_bytes()
    at = int(len(whole) * part)
    cache.write_bytes(whole[:at] + b"\xff\0" + whole[at + 2 :])
    assert discovery.discover(root, Settings(), cache) == expected
    assert counting.runs == 2


def test_another_python_looks_again(
    root: Path, tmp_path: Path, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache.json"
    discovery.discover(root, Settings(), cache)
    monkeypatch.setattr(discovery_cache, "sys", SimpleNamespace(version_info=(2, 7)))
    discovery.discover(root, Settings(), cache)
    assert counting.runs == 2


@pytest.mark.parametrize("root", ["git"], indirect=True)
@pytest.mark.parametrize("endings", [b"\n", b"\r\n"])
def test_line_endings_of_a_checkout_do_not_keep_it_from_being_kept(
    root: Path, tmp_path: Path, counting: Counting, endings: bytes
) -> None:
    cache, manifest = tmp_path / "cache.json", root / "a/pyproject.toml"
    git(tmp_path, "config", "core.autocrlf", "true")
    manifest.write_bytes(manifest.read_bytes().replace(b"\n", endings))
    git(tmp_path, "add", "-A")
    discovery.discover(root, Settings(), cache)
    discovery.discover(root, Settings(), cache)
    assert counting.runs == 1


def test_a_cache_that_cannot_be_written_is_no_error(root: Path, tmp_path: Path) -> None:
    write(tmp_path, {"file": ""})
    assert discovery.discover(root, Settings(), tmp_path / "file/cache.json").projects


def test_every_field_survives(root: Path, tmp_path: Path) -> None:
    workspace = discovery.discover(root, Settings())
    encoded = discovery_cache.encoded(workspace)
    assert discovery_cache.decoded(json.loads(json.dumps(encoded)), root, workspace.files) == workspace
