"""On a cluster's node, the workspace's own modules are those that were sent.

An image that has the workspace installed would be tested instead, and pass for the code that is here.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

from .. import protocol


class Origin:
    """``own`` has ``top``, the folder with the code, and ``packages``, the dotted names that are in it."""

    def __init__(self, own: Dict[str, Any], send: Callable[[Any], None]) -> None:
        self.top = os.path.realpath(own["top"]) + os.sep
        self.packages = set(own["packages"])
        self.send = send

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        for name, file in self.strays():
            self.send(protocol.Stray(name, file))

    def strays(self) -> List[Tuple[str, str]]:
        """Modules of the workspace from elsewhere, one for each package."""
        found: Dict[str, Tuple[str, str]] = {}
        for name in sorted(sys.modules):
            package = self._package(name)
            file = _file_of(sys.modules[name]) if package is not None else None
            if package is not None and file is not None and not (self._is_here(file) or _is_installed(file)):
                found.setdefault(package, (name, file))
        return list(found.values())

    def _is_here(self, file: str) -> bool:
        return os.path.abspath(file).startswith(self.top) or os.path.realpath(file).startswith(self.top)

    def _package(self, name: str) -> Optional[str]:
        while name not in self.packages:
            name, dot, _ = name.rpartition(".")
            if not dot:
                return None
        return name


def _file_of(module: Any) -> Optional[str]:
    try:
        file = module.__file__
    except Exception:  # what stands in sys.modules may be anything
        return None
    return file if isinstance(file, str) else None


_STANDARD = os.path.dirname(os.__file__) + os.sep


def _is_installed(file: str) -> bool:
    """A library's own of the same name; of the workspace's packages the fingerprint compares copies."""
    return file.startswith(_STANDARD) or any(f"{os.sep}{name}{os.sep}" in file for name in _INSTALLED)


_INSTALLED = ("site-packages", "dist-packages")
