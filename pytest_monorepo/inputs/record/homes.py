"""Where a module comes from, by its globals: it decides what a read in its code says of others who use it."""

from __future__ import annotations

import os
import sysconfig
from typing import Any, Dict, Mapping, Optional, Tuple

from ..callers import OURS
from ..originals import is_installed

STANDARD, RUNNER, OWN, OTHER, KEEPS = "standard", "runner", "own", "other", "keeps"
"""Of the standard library (or ours, or nobody's), pytest itself, the workspace, installed, and those of the
standard library that remember what they have read for whoever asks next."""

_RUNNERS = {"_pytest", "pluggy", "pytest"}
# importorskip, derive_importpath of monkeypatch, py.path, make_numbered_dir (pytest 6.2 to 9.2)
_LENDING = {
    *("_pytest.outcomes", "_pytest.monkeypatch", "_pytest.pathlib", "_pytest.legacypath", "_pytest.compat"),
    *("_pytest._py.path", "_pytest._py.error", "_pytest._code.source", "_pytest._code.code"),
}
_KEEPING = {
    "importlib.metadata",
    "mimetypes",
    "platform",
    "zoneinfo",
    "tempfile",
    "gettext",
    "locale",
    "_strptime",
    "sysconfig",
    "webbrowser",
    "uuid",
    "zipimport",
}
_LIBRARY: Tuple[str, ...] = tuple(
    {f"{folder}/" for folder in (os.path.dirname(os.__file__), sysconfig.get_path("platstdlib")) if folder}
)


class Homes:
    """``root`` is the workspace; ``plugins`` are the packages of pytest's plugins."""

    def __init__(self, root: str = "") -> None:
        self.root = root.rstrip("/") + "/" if root else ""
        self.plugins = frozenset({"coverage", "pytest_cov"})
        self._known: Dict[Tuple[Any, Any], str] = {}

    def of(self, variables: Mapping[str, Any]) -> str:
        """The home of the code that has these globals."""
        key = (variables.get("__name__"), variables.get("__file__"))
        try:
            home = _IN_ANY_WORKSPACE.get(key) or self._known.get(key)
        except TypeError:
            return STANDARD
        return self._learned(key) if home is None else home

    def _learned(self, key: Tuple[Any, Any]) -> str:
        name, file = str(key[0] or ""), key[1]
        home = _in_any_workspace(name, file if isinstance(file, str) else None)
        if home is not None:
            _IN_ANY_WORKSPACE[key] = home
            return home
        own = self.root and os.path.abspath(file).startswith(self.root)
        home = self._known[key] = OWN if own else OTHER
        return home

    def lends(self, variables: Mapping[str, Any]) -> bool:
        """Whether it is code of pytest's that does what tests, and modules, ask of it."""
        return variables.get("__name__") in _LENDING

    def is_plugin(self, name: Any) -> bool:
        return str(name).partition(".")[0] in self.plugins


_IN_ANY_WORKSPACE: Dict[Tuple[Any, Any], str] = {}
"""By name and file. A fork server asks for nearly all of them, before it knows any workspace."""


def _in_any_workspace(name: str, file: Optional[str]) -> Optional[str]:
    """``None`` where it depends on the workspace."""
    top = name.partition(".")[0]
    if top in _RUNNERS:
        return RUNNER
    if name.startswith(OURS) or file is None:
        return STANDARD
    if is_installed(file):
        return OTHER
    if file.startswith(_LIBRARY):
        return KEEPS if any(name == one or name.startswith(f"{one}.") for one in _KEEPING) else STANDARD
    return None
