"""Why something was not kept: a run that keeps nothing says so once, and the next one has to tell."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .store import Store

ALL, PART, COLLECTION = "", "part", "collection"
"""In place of a file: why nothing of the project was kept, nothing of a part that was asked for, and not
which files the project has."""


def read(store: Store, weak: str) -> dict[str, str]:
    """By file, why it was not kept when it ran last under a weak key of this name."""
    data = store.whys(weak)
    try:
        found = json.loads(data) if data is not None else {}
    except ValueError:
        return {}
    return {str(file): str(why) for file, why in found.items()} if isinstance(found, dict) else {}


def write(store: Store, weak: str, known: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Replace what was ``known``."""
    if known != now:
        store.write_whys(weak, json.dumps(now, sort_keys=True).encode("ascii") if now else None)


def after(known: Mapping[str, str], now: Mapping[str, str], ran: list[str]) -> Mapping[str, str]:
    """What is known after a run in which these files ran, of which, or of all, ``now`` says why not.

    A run of a part says nothing of what a run of all would be.
    """
    if PART in now:
        return known or now
    rest = {file: why for file, why in known.items() if file not in {ALL, PART, COLLECTION, *ran}}
    return {**({} if ALL in now else rest), **now}


def lasts(known: Mapping[str, str]) -> bool:
    """Whether it stands against a project as it is that nothing was kept, not against how one run ended."""
    return any("last time" not in known.get(part, "last time") for part in (ALL, COLLECTION))


def told(known: Mapping[str, str], file: str) -> str | None:
    """In words that say when that was; for no file: why it is not known which ones there are."""
    why = known.get(file) or known.get(ALL) or known.get(PART)
    why = why if why or file else known.get(COLLECTION)
    return worded(why) if why else None


def worded(why: str) -> str:
    """Of an earlier run: a reason may say itself when that was."""
    return why if "last time" in why else f"not kept last time: {why}"


def of_now(why: str) -> str:
    """The same of this run, which the next one tells of the last."""
    return why.replace(" last time", "")


def since(known: Mapping[str, str], file: str) -> str | None:
    """Where an older result is kept, why none is that came after it."""
    return known.get(file) or known.get(ALL)


def beside(reason: str, since: str | None) -> str:
    """That, as it is said behind the reason why a file runs; nothing where the reason says it already."""
    return "" if since is None or reason == worded(since) else f" (what ran since was not kept: {since})"
