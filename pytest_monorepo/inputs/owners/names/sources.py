"""What the sources of loaded modules say of the packages that they have at hand."""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, Optional, Set

from ... import originals
from .. import attributes


class Sources:
    """Each is read once."""

    def __init__(self) -> None:
        self._read: Dict[str, Optional[Dict[str, Set[str]]]] = {}

    def names(self, module: str, package: str) -> Optional[Set[str]]:
        """What a module names below a package; an empty name, or ``None``, stands for everything."""
        if module not in self._read:
            self._read[module] = _read(module)
        found = self._read[module]
        return None if found is None else found.get(package, set())


def text_of(name: str) -> str:
    """The source of a module; empty where there is none."""
    file = str(originals.attribute(sys.modules.get(name), "__file__"))
    try:
        with open(file if file.endswith(".py") else os.devnull, encoding="utf-8") as stream:
            return stream.read()
    except (OSError, ValueError):
        return ""


def _read(name: str) -> Optional[Dict[str, Set[str]]]:
    module: Any = sys.modules.get(name)
    text = text_of(name)
    if not text:
        return None
    return attributes.named(text, name if hasattr(module, "__path__") else name.rpartition(".")[0])
