"""What a hook is shown of a lock."""

from __future__ import annotations

import pytest

from pytest_monorepo.affected.locks.formats.entries import canonical
from pytest_monorepo.affected.locks.lockfiles import (
    KnownLock,
    read,
)

from .changing import TOML_LOCKS
from .samples import (
    PIPFILE_LOCK,
    REQUIREMENTS,
)

LOCKS = {
    **{name: text for name, (text, _) in TOML_LOCKS.items()},
    "Pipfile.lock": PIPFILE_LOCK,
    "requirements.txt": REQUIREMENTS,
}


@pytest.mark.parametrize("name", LOCKS)
def test_a_hook_sees_every_package_of_a_known_lock(name: str) -> None:
    lock = read(name, LOCKS[name].encode())
    assert lock is not None
    assert lock
    assert all(name == canonical(name) and package.version for name, package in lock.items())
    assert dict(lock) == dict(KnownLock(name, LOCKS[name].encode()))


@pytest.mark.parametrize("name", TOML_LOCKS)
def test_a_package_names_what_it_needs(name: str) -> None:
    lock = KnownLock(name, LOCKS[name].encode())
    assert {need for package in lock.values() for need in package.needs}


def test_another_hash_is_another_version() -> None:
    text = LOCKS["uv.lock"]
    assert "sha256:" in text
    other = KnownLock("uv.lock", text.replace("sha256:", "sha256:0", 1).encode())
    before = KnownLock("uv.lock", text.encode())
    assert len([name for name in before if before[name] != other[name]]) == 1


def test_a_file_that_is_no_lock_is_none() -> None:
    assert read("src/app.py", b"x = 1\n") is None
