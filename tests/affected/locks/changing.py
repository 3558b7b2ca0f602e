"""Two versions of a lock, made from one."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_monorepo.affected.locks.formats.pieces import Format
from pytest_monorepo.affected.locks.formats.toml_locks import PDM, POETRY, PYLOCK, UV
from pytest_monorepo.affected.locks.lockfiles import (
    LockChange,
    compare,
)

from .samples import (
    PDM_3_LOCK,
    PDM_LOCK,
    POETRY_1_LOCK,
    POETRY_LOCK,
    PYLOCK_TOML,
    UV_LOCK,
)

TOML_LOCKS: Mapping[str, tuple[str, Format]] = {
    "uv.lock": (UV_LOCK, UV),
    "poetry.lock": (POETRY_LOCK, POETRY),
    "old/poetry.lock": (POETRY_1_LOCK, POETRY),
    "pdm.lock": (PDM_LOCK, PDM),
    "old/pdm.lock": (PDM_3_LOCK, PDM),
    "pylock.toml": (PYLOCK_TOML, PYLOCK),
}


def change(name: str, text: str, old: str, new: str) -> LockChange:
    """The change where ``old`` is replaced by ``new``."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the fixture"
    return compare(name, text.encode(), text.replace(old, new).encode())


def without(text: str, name: str, array: str = "package") -> str:
    """The lock without the table of one package."""
    head, *rest = text.split(f"[[{array}]]\n")
    return f"[[{array}]]\n".join([head, *(part for part in rest if not part.startswith(f'name = "{name}"'))])
