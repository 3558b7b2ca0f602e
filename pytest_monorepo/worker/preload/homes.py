"""Where installed modules lie: what a project's own code is not.

By the path alone: a worker has no business to import what tells more, which its project may have itself.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Iterable, Tuple

OURS = __name__.rpartition(".preload")[0] + "."
"""What the names of our own modules begin with, in this process."""

_INSTALLED = ("site-packages", "dist-packages")


def standard() -> Tuple[str, ...]:
    """The folders of Python's own library, each with a separator at its end."""
    extensions = (path for path in sys.path if os.path.basename(path) == "lib-dynload")
    return _closed([os.path.dirname(os.__file__), *extensions])


def installed(root: str) -> Tuple[str, ...]:
    """Those of installed packages, and others on the path that are not below ``root``, the workspace."""
    below, own = os.path.join(root, ""), standard()
    return tuple(
        folder
        for folder in _closed(sys.path)
        if os.path.basename(folder[:-1]) in _INSTALLED or not folder.startswith((below, *own))
    )


def _closed(paths: Iterable[str]) -> Tuple[str, ...]:
    return tuple(dict.fromkeys(os.path.join(os.path.abspath(path), "") for path in paths if path))


def token_of(distribution: str) -> str:
    """What stands for it, however its name is written."""
    words = distribution.lower().replace("-", " ").replace("_", " ").replace(".", " ").split()
    return "_".join(words) + ".dist-info"


def is_standard(name: str) -> bool:
    """Whether a module of this name is Python's own: what those do at a fork is known to work."""
    top = (name or "").partition(".")[0]
    known = getattr(sys, "stdlib_module_names", None)
    if known is not None:
        return top in known
    if top in sys.builtin_module_names:  # some of them, until 3.8, do not say where they are from
        return True
    spec = getattr(sys.modules.get(top), "__spec__", None)
    origin = getattr(spec, "origin", None)
    return origin in ("built-in", "frozen") or (
        isinstance(origin, str)
        and origin.startswith(os.path.dirname(os.__file__))
        and "-packages" not in origin
    )


def is_relative(path: Any) -> bool:
    """``None`` is the working directory itself; a number is an open file."""
    if isinstance(path, int):
        return False
    try:
        return path is None or not os.path.isabs(path)
    except TypeError:
        return False


def is_of_process(path: Any) -> bool:
    """Whether the system tells there of whoever asks."""
    return isinstance(path, (str, os.PathLike)) and os.fspath(path)[:10] in ("/proc/self", "/proc/thre")
