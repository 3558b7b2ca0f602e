"""Which array library computes."""

from __future__ import annotations

import importlib
from types import ModuleType


def array_module() -> ModuleType:
    """CuPy where it is installed, else NumPy."""
    try:
        return importlib.import_module("cupy")
    except ImportError:
        return importlib.import_module("numpy")
