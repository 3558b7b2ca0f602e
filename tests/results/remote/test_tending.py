"""``--cached-info`` and ``--cached-clear`` for both stores."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from pytest_monorepo import settings as settings_module
from pytest_monorepo.call.cached import stores, tending
from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.results.entries.entry import Entry
from pytest_monorepo.results.keeping.book import Written
from pytest_monorepo.results.remote.filesystem import FileSystem
from pytest_monorepo.results.values.section import Section
from pytest_monorepo.settings import Settings
from tests.patience import MINUTES

from .servers import Artifacts, serving

DAY = 86_400.0


def test_what_is_old_or_too_much_goes_the_oldest_first() -> None:
    settings = Settings(cached_max_age=7, cached_size=0.003)
    now = 100 * DAY
    sizes = {f"entries/{age}": (now - age * DAY, 1000) for age in (1, 2, 3, 4, 6, 8, 20)}
    assert tending.old(sizes, settings, now) == ["entries/8", "entries/20", "entries/6", "entries/4"]
    assert tending.old({}, settings, now) == []


def workspace(root: Path, store: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    (root / "pyproject.toml").write_text(f'[tool.pytest-monorepo]\ncached-store = "{store}"\n')
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / "cache"))
    monkeypatch.setenv("PYTEST_MONOREPO_CACHE_KEY", "a key that nobody has")
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "CIRCLE"))]:
        monkeypatch.delenv(name)
    return root


@pytest.mark.skipif(sys.platform == "win32", reason="a path is no URL there")
def test_a_store_that_can_be_listed_is_told_of_and_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("fsspec", reason="the package fsspec is not installed")
    url = f"memory:///{secrets.token_hex(8)}"
    root = workspace(tmp_path, url, monkeypatch)
    store = FileSystem.of(url, MINUTES)
    for name in ("entries/a/b", "entries/a/c", "slots/a/1"):
        store.put(name, b"data" * 100_000, new=True)
    tending.tend(root, None)
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}/cache/pytest-monorepo: 0 results, 0.0 of 1000 MB",
        f"{url}: 2 results, 1.2 MB; written to",
    ]
    tending.tend(root, "old")
    assert capsys.readouterr().out == f"0 objects removed from {url}\n"
    tending.tend(root, "own")
    assert len(store.sizes() or {}) == 3
    tending.tend(root, "all")
    assert capsys.readouterr().out.endswith(f"3 objects removed from {url}\n")
    assert store.sizes() == {}


@pytest.mark.skipif(sys.platform == "win32", reason="a path is no URL there")
def test_what_was_dropped_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names at which a tombstone of ours stands: not what is as small, nor what another has signed."""
    pytest.importorskip("fsspec", reason="the package fsspec is not installed")
    url = f"memory:///{secrets.token_hex(8)}"
    root = workspace(tmp_path, url, monkeypatch)
    store, dropped = FileSystem.of(url, MINUTES), Entry("a", "", 0, "", (), Section(), b"", 0, 0)
    _, shared, _ = stores.opened(root, settings_module.load(root), os.environ)
    assert shared is not None
    for key in ("one", "two"):
        shared.drop(Written(cast(Any, None), key, dropped, ()), "ran otherwise")
    sizes = store.sizes() or {}
    assert len(sizes) == 2
    for name in ("entries/a/b", "entries/a/c", "slots/a/1"):
        store.put(name, b"tombstone\0", new=True)
    tending.tend(root, None)
    size = sum(size for _, size in sizes.values())
    words = f"4 results, 0.0 MB (2 of them dropped, {size:,} bytes of tombstones); written to"
    assert capsys.readouterr().out.splitlines()[1] == f"{url}: {words}"


def test_a_store_that_cannot_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Artifacts()) as artifacts:
        url = f"turborepo+{artifacts.url}"
        root = workspace(tmp_path, url, monkeypatch)
        tending.tend(root, None)
        assert capsys.readouterr().out.endswith(f"{url}: cannot be listed; written to\n")
        ours = tmp_path / "cache" / "pytest-monorepo" / "v1" / "entries" / "a"
        ours.parent.mkdir(parents=True)
        ours.touch()
        with pytest.raises(MonorepoError, match="clear it at its server"):
            tending.tend(root, "all")
        assert ours.exists()
        monkeypatch.delenv("PYTEST_MONOREPO_CACHE_KEY")
        tending.tend(root, None)
        assert "PYTEST_MONOREPO_CACHE_KEY is not set" in capsys.readouterr().out
        with pytest.raises(MonorepoError, match="no key to it"):
            tending.tend(root, "old")
