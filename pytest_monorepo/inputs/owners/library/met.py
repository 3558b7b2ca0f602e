"""What of all that is otherwise for a while an installed function sees, which remembers what it has found."""

from __future__ import annotations

import sys
from typing import Any, Dict, FrozenSet, Tuple

from ...record.asked import CHILDREN, SAID
from ...record.loading import NOTHING, Otherwise
from ...record.scopes import Scopes
from ..glance import CALLED, PLAIN
from ..names import said
from ..names.sources import text_of

PLACE = "working directory"
_OF_NO_RESULT = frozenset(
    {"descriptors", CHILDREN, "garbage collection", "switch interval", "processors and priority"}
)
"""Settings by which hardly anything is found otherwise, and which many a test has otherwise while it runs."""


def of_nothing(placed: bool) -> FrozenSet[str]:
    """The settings by which it finds nothing; ``placed``: it has asked where the process stands."""
    return _OF_NO_RESULT if placed else _OF_NO_RESULT | {PLACE}


def by(name: str, args: Tuple[Any, ...], found: Otherwise, scopes: Scopes) -> Dict[str, Otherwise]:
    """What of it a function of that module sees, and modules of the workspace of which it is given anything.

    ``None`` where it is not known who sees it.
    """
    if found == NOTHING:
        return {}
    names = {name, *(one for one in map(_module_of, args) if _is_workspaces(one, scopes))}
    if found is None:
        return {name: None}
    settings = {one for one in found if one.startswith(SAID)}
    text = text_of(name) if settings else ""
    if any(said.asks(text, one[len(SAID) :]) for one in settings):
        return {name: None}
    left = found.difference(settings)
    return dict.fromkeys(names, left) if left else {}


def _is_workspaces(name: str, scopes: Scopes) -> bool:
    return name in sys.modules and scopes.is_workspaces(sys.modules[name])


def _module_of(value: Any) -> str:
    """Where an object, its class at least, is made; empty of plain values."""
    kind = type(value)
    if kind in PLAIN:
        return ""
    called = issubclass(kind, CALLED)
    name = getattr(value, "__module__", None) if called else type.__getattribute__(kind, "__module__")
    return name if isinstance(name, str) else ""
