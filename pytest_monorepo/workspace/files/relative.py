"""A path as it is seen from a folder, in the form that git and node ids have.

On Windows nothing leads from one drive to another, and ``os.path.relpath`` says so by a ``ValueError``:
Python and a checkout may lie on two of them, as may a report that is asked for.
"""

from __future__ import annotations

import os


def seen_from(folder: str | os.PathLike[str], path: str | os.PathLike[str]) -> str:
    """``path`` relative to ``folder``, also where that leads up; absolute where nothing leads there."""
    try:
        return os.path.relpath(path, folder).replace(os.sep, "/")
    except ValueError:
        return os.path.abspath(path).replace(os.sep, "/")


def within(folder: str | os.PathLike[str], path: str | os.PathLike[str]) -> str | None:
    """``path`` relative to ``folder``, which is ``"."`` itself; ``None`` where it does not lie there."""
    found = seen_from(folder, path)
    return None if found == ".." or found.startswith("../") or os.path.isabs(found) else found
