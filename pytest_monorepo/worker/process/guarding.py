"""Source roots of other projects, without their tests.

The folder of a project with a flat layout holds its package and its tests side by side. Where it is on
``sys.path`` for the package, ``import tests`` must not find what no installation would bring.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
    SourcelessFileLoader,
)
from typing import Any, Iterable, Optional


def looks_like_tests(name: str) -> bool:
    """Whether a top-level module or package of this name holds tests, or what tests share."""
    return name in ("test", "tests", "conftest") or name.startswith("test_") or name.endswith("_test")


class Guarded(FileFinder):
    """Finds in a folder what ``but`` names and what does not look like tests."""

    def __init__(self, folder: str, but: Iterable[str]) -> None:
        loaders = (
            (ExtensionFileLoader, EXTENSION_SUFFIXES),
            (SourceFileLoader, SOURCE_SUFFIXES),
            (SourcelessFileLoader, BYTECODE_SUFFIXES),
        )
        super().__init__(folder, *loaders)
        self._but = frozenset(but)

    def find_spec(self, fullname: str, target: Any = None) -> Optional[ModuleSpec]:
        if "." not in fullname and looks_like_tests(fullname) and fullname not in self._but:
            return None
        return super().find_spec(fullname, target)


def entry(folder: str, but: Iterable[str]) -> str:
    """What to put on ``sys.path`` for the folder: itself, where nothing in it looks like tests.

    Else another string than the folder itself: pytest may put that there, for a conftest in it, and then all
    is found as in plain pytest.
    """
    try:
        names = {name.partition(".")[0] for name in os.listdir(folder)}
    except OSError:
        return folder
    if not any(looks_like_tests(name) for name in names.difference(but)):
        return folder
    guarded = os.path.join(folder, os.curdir)
    sys.path_importer_cache[guarded] = Guarded(folder, but)
    return guarded
