"""Which stores the settings name, and what is asked of them beside a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_monorepo.results.entries.store import Store, user_folder
from pytest_monorepo.results.values.names import CACHE_KEY
from pytest_monorepo.settings import Settings

if TYPE_CHECKING:
    from pytest_monorepo.results.remote.shared import Shared
    from pytest_monorepo.results.remote.signing import Signing

DAY = 86_400.0
MEGABYTE = 1_000_000
NO_KEY = f"{CACHE_KEY} is not set: nothing is replayed from there or written there"


def opened(
    root: Path, settings: Settings, environ: Mapping[str, str]
) -> tuple[Store, Shared | None, str | None]:
    """The own folder, the store of several machines where one is named, and what the user is told of it."""
    named = settings.cached_store
    if named is None:
        return Store(user_folder()), None, None
    if "://" not in named:
        return Store(root / os.path.expanduser(named)), None, None
    from pytest_monorepo.results.remote import opening
    from pytest_monorepo.results.remote.errands import Errands
    from pytest_monorepo.results.remote.shared import Shared
    from pytest_monorepo.results.remote.signing import signing_of

    backend = opening.backend_of(named, environ, settings.cached_wait)
    signing = signing_of(environ, settings.cached_public_key)
    if signing is None:
        return Store(user_folder()), None, f"cached-store {backend.shown}: {NO_KEY}"
    store = Store(user_folder(), given_secret=signing.secret or None)
    reads_only = _why_not_written(settings, signing, environ)
    errands = Errands(settings.cached_wait)
    shared = Shared(backend, signing, errands, store, settings.cached_max_age * DAY, reads_only)
    return store, shared, None


def _why_not_written(settings: Settings, signing: Signing, environ: Mapping[str, str]) -> str | None:
    if signing.sign is None:
        return f"{CACHE_KEY} is not set, and only who has it can write"
    if settings.cached_write is not None:
        return None if settings.cached_write else "cached-write = false"
    from pytest_monorepo.results.remote import forks

    fork = forks.fork_of(environ)
    return None if fork is None else f"this builds a fork's pull request ({fork})"
