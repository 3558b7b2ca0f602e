"""Where installed modules lie: what a project's own code is not."""

from __future__ import annotations

import os
import sys
import sysconfig
from typing import Iterable, Optional, Tuple


def standard() -> Tuple[str, ...]:
    """The folders of Python's own library, each with a separator at its end."""
    return _closed(sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))


def installed(root: str) -> Tuple[str, ...]:
    """Those of installed packages, and others on the path that are not below ``root``, the workspace."""
    own = standard()
    known = _closed(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    below = os.path.join(root, "")
    others = (path for path in _closed(sys.path) if not path.startswith((below, *own)))
    return (*known, *others)


def _closed(paths: Iterable[Optional[str]]) -> Tuple[str, ...]:
    return tuple(dict.fromkeys(os.path.join(os.path.abspath(path), "") for path in paths if path))
