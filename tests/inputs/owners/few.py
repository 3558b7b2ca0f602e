"""Looks at how a process is that see few of its modules: those of all tests of ours are a thousand and more.

Where each is looked at, a look takes seven times as long, and tells of what other tests do in the meantime.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from typing import Any

import pytest

from pytest_monorepo.inputs.owners import state


class Few:
    """Stands for :mod:`sys` where its modules are asked for."""

    def __init__(self, seen: Callable[[str], bool]) -> None:
        self._seen = seen

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)

    @property
    def modules(self) -> dict[str, Any]:
        return {name: module for name, module in list(sys.modules.items()) if self._seen(name)}


def named(patch: pytest.MonkeyPatch, names: Collection[str]) -> None:
    """Of all modules those with these names are looked at."""
    patch.setattr(state, "sys", Few(names.__contains__))


def of_the_library(patch: pytest.MonkeyPatch) -> None:
    """Those of the standard library are looked at."""
    patch.setattr(state, "sys", Few(lambda name: name.partition(".")[0] in sys.stdlib_module_names))
