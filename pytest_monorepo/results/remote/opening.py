"""From the address in the settings to the store."""

from __future__ import annotations

from collections.abc import Mapping

from .backend import Backend
from .filesystem import FileSystem
from .turborepo import PREFIX, Turborepo


def backend_of(url: str, environ: Mapping[str, str], timeout: float) -> Backend:
    """Raises :class:`MonorepoError` for an address that names no store. Nothing is asked of it yet."""
    if url.startswith(PREFIX):
        return Turborepo.of(url, environ, timeout)
    return FileSystem.of(url, timeout)
