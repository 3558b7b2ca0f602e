"""What cannot be written costs one line and the exit code, never the failures nor the summary."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.reports import unwritten
from pytest_monorepo.run.plan import history
from tests.run.space import KNOWS_MARKDOWN, Run, Space

FULL = "/dev/full"
needs_full = pytest.mark.skipif(not os.path.exists(FULL), reason="there is no /dev/full on this system")
PASS = "from core import f\n\ndef test_it():\n    assert f() == 1\n"
FAIL = PASS + "\ndef test_bad():\n    assert f() == 2, 'the failure'\n"


def made(root: Path, test: str = PASS) -> Space:
    space = Space(root)
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n", "core/core.py": "def f():\n    return 1\n"})
    space.projects({"core": test, "other": "def test_it(): pass\n"})
    return space


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return made(tmp_path)


def told(found: Run, sentence: str, code: int = 4) -> None:
    assert found.code == code, found.out
    found.lacks("INTERNALERROR", "Traceback")
    found.has(sentence)
    assert len([line for line in found.lines if "not written" in line or "cannot write" in line]) == 1
    found.has(r"^project +passed", r"^core +1")


@needs_full
@pytest.mark.sampled("arguments", "sentence")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--junitxml=/dev/full"], r"^--junitxml /dev/full: not written: .*No space left"),
        (["--cov", "--cov-report=xml:/dev/full"], r"^ERROR: coverage xml not written: .*No space left"),
        (["--cov", "--cov-report=json:/dev/full"], r"^ERROR: coverage json not written: .*No space left"),
        (["--cov", "--cov-report=lcov:/dev/full"], r"^ERROR: coverage lcov not written: .*No space left"),
        pytest.param(
            ["--cov", "--cov-report=markdown:/dev/full"],
            r"^ERROR: coverage markdown not written: .*No space",
            marks=pytest.mark.skipif(not KNOWS_MARKDOWN, reason="the word came with pytest-cov 6.3"),
        ),
    ],
)
def test_a_full_disk_loses_a_file_and_no_summary(space: Space, arguments: list[str], sentence: str) -> None:
    told(space.run("-p", "pytest_cov", *arguments), sentence)


@pytest.mark.parametrize(
    ("taken", "arguments", "sentence"),
    [
        (".coverage/kept", ["--cov"], r"^ERROR: coverage data not written to .*\.coverage: "),
        ("coverage.xml/kept", ["--cov", "--cov-report=xml"], r"^ERROR: coverage xml not written: "),
        ("htmlcov", ["--cov", "--cov-report=html"], r"^ERROR: coverage html not written: "),
        ("site", ["--monorepo-html", "site"], r"^--monorepo-html \S*site: not written: \[Errno "),
    ],
)
def test_a_place_that_is_taken(space: Space, taken: str, arguments: list[str], sentence: str) -> None:
    # refused to root, too
    space.write({taken: ""})
    told(space.run("-p", "pytest_cov", *arguments), sentence)


def test_the_table_is_shown_though_the_data_is_lost(tmp_path: Path) -> None:
    space = made(tmp_path, FAIL)
    space.write({".coverage/kept": ""})
    found = space.run("-p", "pytest_cov", "--cov")
    assert found.code == 1
    found.has("the failure", r"^ERROR: coverage data not written", r"^core +2 +0 +100%", r"^FAILED core/")


class FullCache:
    """pytest's cache on a disk where a file can be opened and not filled."""

    def get(self, key: str, default: object) -> object:
        return default

    def set(self, key: str, value: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


class FullConfig:
    cache = FullCache()


def test_a_cache_that_cannot_be_filled_is_a_warning() -> None:
    config: Any = FullConfig()
    with pytest.warns(
        pytest.PytestCacheWarning, match="cache could not write monorepo/durations: .*No space"
    ):
        history.save(config, history.History({"core/tests/test_main.py": 1.0}), ["core/tests/test_main.py"])
    with pytest.warns(pytest.PytestCacheWarning, match="cache could not write cache/nodeids"):
        config.cache.set("cache/nodeids", [])


SHARD = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    shard = config.pluginmanager.get_plugin("monorepo-shard")
    if shard is not None:  # not in a worker
        shard._stream.close()
        shard._stream = open("/dev/full", "w", buffering=1)
"""


@needs_full
def test_a_shard_whose_disk_runs_full_shows_what_failed(tmp_path: Path) -> None:
    space = made(tmp_path, FAIL)
    space.write({"fills.py": SHARD})
    with space.environment(PYTHONPATH=os.pathsep.join([str(space.root), str(Path(__file__).parents[2])])):
        found = space.run("-p", "fills", "--shard=1/1")
    assert found.code == 3
    found.lacks("INTERNALERROR", "Traceback")
    found.has("the failure", r"^--shard-dir .*1-of-1: not written: .*No space left", r"^FAILED core/")
    assert not (space.root / "monorepo-shards" / "1-of-1").exists(), "half a shard is none"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if not sys.platform.startswith("linux") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a small disk needs the right to mount one")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_disk_without_a_free_block(small_disk: Path) -> None:
    space = made(small_disk, FAIL)
    with open(small_disk / "filler", "wb", buffering=0) as filler:
        try:
            while filler.write(b"\0" * 1024):
                pass
        except OSError:
            pass
    reports = ["--cov-report=xml", "--cov-report=term", "--junitxml=r.xml", "--monorepo-html=site"]
    with space.environment(PYTHONDONTWRITEBYTECODE="1"):
        found = space.run("-p", "pytest_cov", "--cov", *reports)
    assert found.code == 1
    found.lacks("INTERNALERROR", "Traceback")
    found.has(
        "the failure", r"^ERROR: coverage data not written .*full", r"^core +2 +0 +100%", r"^FAILED core/"
    )
    for name in ("--junitxml", "--monorepo-html", "ERROR: coverage xml"):
        found.has(f"^{name}.*No space left")


def test_what_was_written_in_part_is_taken_away(tmp_path: Path) -> None:
    part, folder = tmp_path / "part.xml", tmp_path / "folder"
    part.write_text("<half")
    folder.mkdir()
    for path in (part, folder, tmp_path / "gone"):
        unwritten.remove(str(path))
    assert not part.exists()
    assert folder.exists()
