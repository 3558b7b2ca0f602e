"""A store that fsspec knows, here in memory and in a folder."""

from __future__ import annotations

import errno
import secrets
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.results.remote import filesystem
from pytest_monorepo.results.remote.backend import StoreError
from pytest_monorepo.results.remote.filesystem import FileSystem
from tests.patience import MINUTES

pytest.importorskip("fsspec", reason="the package fsspec is not installed")


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystem:
    place = tmp_path / "store" if request.param == "file" else f"/{secrets.token_hex(8)}"
    return FileSystem.of(f"{request.param}://{place}", MINUTES)


def test_what_is_put_is_got_listed_and_removed(store: FileSystem) -> None:
    assert (store.get("a/b"), store.sizes()) == (None, {})
    store.put("a/b", b"data\0", new=True)
    store.put("a/b", b"other", new=True)  # the first stays
    store.put("c", b"", new=False)
    assert (store.get("a/b"), store.get("c")) == (b"data\0", b"")
    store.put("a/b", b"other", new=False)
    assert store.get("a/b") == b"other"
    sizes = store.sizes()
    assert sizes is not None
    assert {name: size for name, (_, size) in sizes.items()} == {"a/b": 5, "c": 0}
    assert all(abs(time.time() - changed) < MINUTES for changed, _ in sizes.values())
    store.delete(["a/b"])
    assert store.get("a/b") is None


def test_whatever_a_file_system_raises_is_the_stores_failure(store: FileSystem) -> None:
    class Full:
        def __getattr__(self, name: str) -> Any:
            raise OSError(errno.ENOSPC, "No space left on device")

    store._made = (Full(), "/")
    with pytest.raises(StoreError, match="No space left on device"):
        store.put("a", b"", new=True)
    with pytest.raises(StoreError, match="No space left on device"):
        store.get("a")


def test_an_object_that_is_too_large_is_a_failure(store: FileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystem, "LARGEST", 3)
    store.put("a", b"data", new=True)
    with pytest.raises(StoreError, match="too large"):
        store.get("a")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3x://bucket", "fsspec knows no 's3x://'"),
        ("fiel:///tmp", "did you mean 'file://'"),
        ("://", "knows no"),
    ],
)
def test_an_address_that_fsspec_does_not_know_is_said(url: str, words: str) -> None:
    with pytest.raises(MonorepoError) as error:
        FileSystem.of(url, 1)
    assert words in str(error.value)


def test_a_password_is_not_shown() -> None:
    assert FileSystem("sftp://me:secret@host/folder", {}).shown == "sftp://host/folder"
