"""What is kept of the arrows between runs never alters an answer, and is used where it can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo import settings
from pytest_monorepo.affected.files.arrows import renewing as known_module
from pytest_monorepo.affected.files.arrows.layers import Layered, Rows
from pytest_monorepo.affected.files.arrows.memory import Memory, load, save
from pytest_monorepo.affected.files.arrows.places import Places
from pytest_monorepo.affected.files.arrows.renewing import Mentioned
from pytest_monorepo.affected.sides import present
from pytest_monorepo.workspace.discovery.discover import discover
from tests.affected.files.test_files import MEMBERS, ONE_ROOT, TEST, Repo, uses


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    root = tmp_path / "repo"
    root.mkdir()
    return Repo(root)


BASE = {
    **ONE_ROOT,
    "shop/named.py": "NAMES = ['some.py']\n",
    "shop/bends.py": "import sys\nsys.path.insert(0, 'x')\n",
    "shop/web.py": "import django\n",
    "shop/table.py": "from importlib import import_module\n_T = {'a': 'late'}\n\n\n"
    "def get(n):\n    return import_module(f'shop.{_T[n]}')\n",
    "tests/test_table.py": uses("import shop.table"),
    "shop/part/__init__.py": "",
    "shop/part/alone.py": "",
    "scripts/go": "",
    "tests/test_script.py": uses("import runpy", "runpy.run_path('scripts/go')"),
}


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({"shop/limits.py": "LIMIT = 4\n"}, True),
        ({"shop/uses.py": "from shop.late import x\n"}, True),
        ({"shop/uses.py": ""}, True),
        ({"shop/limits.py": None}, True),
        ({"tests/test_nothing.py": None}, True),
        ({"tests/test_nothing.py": uses("import subprocess")}, True),
        ({"tests/unit/conftest.py": "def pytest_sessionfinish(): pass\n"}, True),
        ({"shop/unheard.py": "import shop.late\n"}, True),
        ({"tests/test_unheard.py": uses("import shop.late")}, True),
        ({"scripts/go": "import shop.late\n"}, True),
        ({"shop/web.py": "import django.db\n"}, True),
        ({"shop/bends.py": ""}, True),
        ({"shop/web.py": ""}, True),
        # what these do concerns files that are as they were
        ({"tests/limits.py": ""}, False),
        ({"shop/awesome.py": ""}, False),
        ({"shop/unit/__init__.py": ""}, False),
        ({"shop/deep/unheard.py": ""}, False),
        ({"tests/unit/deep/conftest.py": "", "tests/unit/deep/test_deep.py": TEST}, False),
        ({"shop/other.py": "import sys\nsys.path.insert(0, 'x')\n"}, False),
        ({"shop/late.py": "from unittest.mock import patch as swapped\n"}, False),
        ({"shop/late.py": "from shop import table\ntable._T['b'] = 'right'\n"}, False),
        ({"shop/late.py": "from shop import table\ntable._other = 'right'\n"}, True),
        ({"shop/table.py": "x = 1\n"}, True),
        ({"shop/late.py": "from importlib import import_module as grab\n"}, False),
        (
            {"shop/part/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"},
            False,
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_kept_alters_nothing(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str | None], kept: bool
) -> None:
    repo.commit(BASE)
    cache = tmp_path / "kept" / "imports"
    repo.after({"shop/other.py": "x = 1\n"}, cache)
    assert load(cache.with_name("arrows")) is not None
    afresh = repo.after(changed)
    asked: list[str] = []
    everything = known_module._all

    def counted(*given: Any) -> Any:
        asked.append("all")
        return everything(*given)

    monkeypatch.setattr(known_module, "_all", counted)
    assert repo.after(changed, cache).files == afresh.files
    assert bool(asked) is not kept


def test_nothing_is_kept_of_a_file_that_changed_while_it_was_read(repo: Repo, tmp_path: Path) -> None:
    repo.commit(BASE)
    found = settings.load(repo.root)
    workspace = discover(repo.root, found)
    now = present(workspace, found, workspace.blobs, tmp_path / "imports")
    names = {path: frozenset[str]() for path in workspace.files}
    known_module.known(workspace, now, {}, (), lambda _: Mentioned(names, {"shop/late.py"}))
    kept = load(tmp_path / "arrows")
    assert kept is not None
    keys = dict(zip(kept.paths, kept.keys, strict=True))
    assert (keys["shop/late.py"], keys["shop/uses.py"]) == ("", workspace.blobs["shop/uses.py"])


def test_other_projects_and_edges_start_anew(repo: Repo, tmp_path: Path) -> None:
    repo.commit(MEMBERS)
    cache = tmp_path / "kept" / "imports"
    change: dict[str, str | None] = {"libs/core/core/extra.py": "x = 2\n"}
    repo.after(change, cache)
    more = {"web/app/main.py": "import core\n", "web/pyproject.toml": None}
    for one in (change, {**change, **more}, {"api/app/more.py": "", **change}):
        assert repo.after(one, cache).files == repo.after(one).files


def test_damage_is_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "arrows"
    odd = "b\udcff.py"
    found = Memory(
        key="key",
        paths=["a.py", odd],
        keys=["1", ""],
        loads={"a.py": [odd, "gone"]},
        loaders={odd: ("a.py",)},
        marked={"mark": ["a.py"]},
        unfollowed={"a.py": "why"},
        fixtures={".": "a.py"},
        words=b"\0a\0",
        files=["x.py"],
        settings={"pytest.ini": "1"},
    )
    save(file, found)
    again = load(file)
    assert again is not None
    assert again.loads["a.py"] == ("b\udcff.py",)
    assert (again.loads["b\udcff.py"], again.loaders.get("gone"), len(again.loads)) == ((), None, 2)
    plain = ("key", "paths", "keys", "marked", "unfollowed", "fixtures", "words", "files", "settings")
    assert [getattr(again, name) for name in plain] == [getattr(found, name) for name in plain]
    file.write_bytes(file.read_bytes()[:-1])
    assert load(file) is None


def test_layers() -> None:
    below = Rows(["a", "b"], ["1", ""], {"a": 0, "b": 1})
    found = Layered({"a": ("x",), "c": ()}, below)
    assert (found["a"], found["b"], sorted(found), len(found), "d" in found) == (
        *(("x",), (), ["a", "b", "c"], 3, False),
    )


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        ("shop", {".", "lib"}),
        ("a", {"shop", "lib/shop"}),
        ("v1", {"shop"}),
        ("b", {"shop/v1.2"}),
        ("data", set()),
        ("py", set()),
        ("x", {"."}),
    ],
)
def test_places_are_searched_as_they_are_listed(top: str, expected: set[str]) -> None:
    files = (
        "lib/shop/a/__init__.py",
        "shop/a.py",
        "shop/data/x.csv",
        "shop/v1.2/b.py",
        "shop/v1.py",
        "x.pyx",
    )
    for few in (True, False):
        assert set(Places(files, few=few).of(top)) == expected
