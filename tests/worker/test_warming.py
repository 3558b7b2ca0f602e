"""What the fork server does ahead leaves each worker's pytest as it would have been."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.patience import MINUTES

PLAIN = "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
WARMED = """
import sys, pytest
from pytest_monorepo.worker import warming
from pytest_monorepo.worker.process import fixtures
from _pytest.fixtures import FixtureManager
found = warming.Distributions(sys.path)
warming.warm_up(found)
fixtures.spare_searches(found.plugins)
assert FixtureManager.pytest_plugin_registered.__wrapped__, "the method has moved"
restore = found.answer_searches()
sys.exit(pytest.main(sys.argv[1:], plugins=[restore]))
"""


def run(code: str, folder: Path, *words: str) -> str:
    command = [sys.executable, "-c", code, "-p", "no:monorepo", "-p", "no:cacheprovider", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=MINUTES)
    return done.stdout


def fixtures(code: str, folder: Path) -> str:
    """What ``--fixtures`` lists, without the warnings and the time below."""
    return re.split("=+ (?:warnings summary|no tests ran)", run(code, folder, "--fixtures", "-v"))[0]


def test_no_fixture_is_lost(tmp_path: Path) -> None:
    """Those of pytest, of installed plugins and of the project; wrapped ones are warned of as ever."""
    (tmp_path / "conftest.py").write_text("import pytest\n\n@pytest.fixture\ndef mine():\n    'Mine.'\n")
    (tmp_path / "test_a.py").write_text("def test_a(mine, tmp_path, capsys, monkeypatch, caplog): pass\n")
    listing = fixtures(PLAIN, tmp_path)
    assert "mine -- " in listing
    assert "tmp_path" in listing
    assert "worker_id" in listing  # of an installed plugin
    assert fixtures(WARMED, tmp_path) == listing
    assert "1 passed" in run(WARMED, tmp_path)


def test_fixtures_of_classes_are_found(tmp_path: Path) -> None:
    """pytest makes one of ``setUpClass``, by a search of the collector itself."""
    (tmp_path / "test_a.py").write_text(
        "import unittest\n\nclass TestA(unittest.TestCase):\n"
        "    @classmethod\n    def setUpClass(cls): cls.x = 1\n    def test_a(self): assert self.x\n\n"
        "class TestB:\n    @classmethod\n    def setup_class(cls): cls.x = 1\n"
        "    def test_b(self): assert self.x\n"
    )
    assert "2 passed" in run(WARMED, tmp_path)


def test_plugins_are_found_and_named(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_a(): pass\n")
    header = [line for line in run(PLAIN, tmp_path).splitlines() if line.startswith("plugins: ")]
    assert header
    assert header == [line for line in run(WARMED, tmp_path).splitlines() if line.startswith("plugins: ")]


def test_a_distribution_has_the_version_that_it_says() -> None:
    from importlib.metadata import distributions

    from pytest_monorepo.worker import warming

    plugins = [one for one in distributions() if any(point.group == "pytest11" for point in one.entry_points)]
    assert plugins
    assert [warming._Read(one).version for one in plugins] == [one.version for one in plugins]


def _written(folder: Path, *names: str) -> Any:
    """A distribution whose record has these names."""
    from importlib.metadata import Distribution

    info = folder / "one-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: one\nVersion: 1\n")
    (info / "RECORD").write_text("".join(f"{name},sha256=abc,12\n" for name in names))
    for name in names:
        if not name.endswith("/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("")
    return Distribution.at(info)


@pytest.mark.parametrize(
    "names",
    [
        ["one/__init__.py", "one/part.py", "plain.py", "../bin/one"],
        ['"with, comma.py"'],
        ["./one//part.py"],
        ["one/./part.py"],
        ["one/"],
        [],
    ],
)
def test_the_files_of_a_distribution_are_those_that_it_says(tmp_path: Path, names: list[str]) -> None:
    from pytest_monorepo.worker import warming

    (tmp_path / "site").mkdir()
    one = _written(tmp_path / "site", *names)
    found = warming._files(one)
    assert [str(file) for file in found or []] == [str(file) for file in one.files or []]
    assert [type(str(file)) for file in found or []] == [str] * len(one.files or [])
    for file, path in zip(found or [], one.files or [], strict=True):
        assert (file.name, file.parts, file.size, file.locate()) == (
            path.name,
            path.parts,
            path.size,
            path.locate(),
        )
        assert os.fspath(file) == os.fspath(path)
        assert file / "more" == path / "more"


def test_pytest_finds_in_them_what_it_rewrites() -> None:
    from importlib.metadata import distributions

    from _pytest.config import _iter_rewritable_modules

    from pytest_monorepo.worker import warming

    for one in distributions():
        ways = (warming._files(one), one.files)
        ours, usual = ([*_iter_rewritable_modules(map(str, files or []))] for files in ways)
        assert ours == usual
