"""What the sources of loaded modules say of the packages that they have at hand."""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, Optional, Set, Tuple

from ... import originals
from .. import attributes


class Sources:
    """Each is read once."""

    def __init__(self) -> None:
        self._read: Dict[Tuple[str, bool], Optional[Dict[str, Set[str]]]] = {}

    def names(self, module: str, package: str, *, at_import: bool = False) -> Optional[Set[str]]:
        """What a module names below a package; an empty name, or ``None``, stands for everything.

        ``at_import``: outside of its functions.
        """
        found = self.all(module, at_import=at_import)
        return None if found is None else found.get(package, set())

    def all(self, module: str, *, at_import: bool = False) -> Optional[Dict[str, Set[str]]]:
        """The same of each package that it binds to a name."""
        key = module, at_import
        if key not in self._read:
            self._read[key] = _read(module, at_import)
        return self._read[key]


def text_of(name: str) -> str:
    """The source of a module; empty where there is none."""
    file = str(originals.attribute(sys.modules.get(name), "__file__"))
    try:
        with open(file if file.endswith(".py") else os.devnull, encoding="utf-8") as stream:
            return stream.read()
    except (OSError, ValueError):
        return ""


def _read(name: str, at_import: bool) -> Optional[Dict[str, Set[str]]]:
    module: Any = sys.modules.get(name)
    text = text_of(name)
    if not text:
        return None
    package = name if hasattr(module, "__path__") else name.rpartition(".")[0]
    return attributes.named(text, package, at_import=at_import)
