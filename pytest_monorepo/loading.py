"""Loads our own modules as Python loads any other, past pytest's rewriting.

pytest rewrites the asserts of every module that an installed plugin brings. Ours have none that a test would
show, and what is rewritten is compiled by pytest's own hook: not when the package is installed, and where no
bytecode is written (``PYTHONDONTWRITEBYTECODE``, as in most images) in every run anew, for a second.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

import pytest

_OWN = __name__.rpartition(".")[0] + "."


class Plain(MetaPathFinder):
    """Finds the modules of this package, and no other."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return PathFinder.find_spec(fullname, path, target) if fullname.startswith(_OWN) else None


def plainly(config: pytest.Config) -> None:
    """Until ``config`` is let go of, which takes its own hook away as well."""
    finder = Plain()
    sys.meta_path.insert(0, finder)
    config.add_cleanup(lambda: sys.meta_path.remove(finder))
