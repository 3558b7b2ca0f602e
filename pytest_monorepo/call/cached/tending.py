"""``--cached-info`` and ``--cached-clear``: what is kept, here and in the store that machines share."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from pytest_monorepo import settings as settings_module
from pytest_monorepo.call.printing import say
from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.results.remote.backend import StoreError
from pytest_monorepo.results.remote.shared import Shared
from pytest_monorepo.settings import Settings

from . import stores

Sizes = Mapping[str, tuple[float, int]]


def tend(root: Path, clear: str | None) -> int:
    """Print what is kept, or that it is no more. ``clear`` is ``own``, ``all`` or ``old``.

    Raises :class:`MonorepoError` where the store that machines share cannot be cleared.
    """
    settings = settings_module.load(root)
    store, shared, note = stores.opened(root, settings, os.environ)
    # first: where it cannot be done, nothing is taken away here either
    cleared = _cleared(settings, shared, everything=clear == "all") if clear in ("all", "old") else None
    if clear in ("own", "all"):
        say(f"{store.clear()} files removed from {store.folder}")
    elif clear is None:
        sizes = {str(path): (used, size) for used, size, path in store.files()}
        say(f"{store.folder}: {_summary(sizes)} of {settings.cached_size:g} MB")
    if note is not None:
        say(note)
    if cleared is not None:
        say(cleared)
    elif clear is None and shared is not None:
        say(_told(shared))
    return 0


def _summary(sizes: Sizes) -> str:
    results = sum("entries" in Path(name).parts for name in sizes)
    size = sum(size for _, size in sizes.values()) / stores.MEGABYTE
    return f"{results} result{'s' * (results != 1)}, {size:.1f}"


def _told(shared: Shared) -> str:
    """What there is, and what this machine may do there."""
    try:
        sizes = shared.backend.sizes()
    except StoreError as error:
        return f"{shared.backend.shown}: cannot be asked: {error}"
    known = "cannot be listed" if sizes is None else f"{_summary(sizes)} MB{_dropped(shared, sizes)}"
    writes = "written to" if shared.reads_only is None else f"not written to: {shared.reads_only}"
    return f"{shared.backend.shown}: {known}; {writes}"


def _dropped(shared: Shared, sizes: Sizes) -> str:
    """Of these results those that are none any more, and are not written again."""
    found = shared.dropped(sizes)
    if shared.errands.problem is not None:
        return f" (which of them were dropped is not known: {shared.errands.problem})"
    count, size = len(found), sum(found)
    return f" ({count} of them dropped, {size:,} bytes of tombstones)" if count else ""


def _cleared(settings: Settings, shared: Shared | None, *, everything: bool) -> str:
    if shared is None:
        raise MonorepoError("--cached-clear: there is no cached-store that machines share, or no key to it")
    if shared.reads_only is not None:
        raise MonorepoError(f"--cached-clear: {shared.backend.shown} is not written to: {shared.reads_only}")
    try:
        sizes = shared.backend.sizes()
        if sizes is None:
            raise StoreError("it can be neither listed nor cleared by this protocol; clear it at its server")
        gone = sorted(sizes) if everything else old(sizes, settings, time.time())
        if gone:
            shared.backend.delete(gone)
    except StoreError as error:
        raise MonorepoError(f"--cached-clear: {shared.backend.shown}: {error}") from None
    return f"{len(gone)} objects removed from {shared.backend.shown}"


def old(sizes: Sizes, settings: Settings, now: float) -> list[str]:
    """What is older than ``cached-max-age``, and the oldest of what is more than ``cached-size``."""
    limit = now - settings.cached_max_age * stores.DAY
    gone = [name for name, (changed, _) in sizes.items() if changed < limit]
    left = sum(size for name, (_, size) in sizes.items() if name not in set(gone))
    for name in sorted(sizes.keys() - set(gone), key=lambda name: sizes[name]):
        if left <= settings.cached_size * stores.MEGABYTE:
            break
        gone.append(name)
        left -= sizes[name][1]
    return gone
