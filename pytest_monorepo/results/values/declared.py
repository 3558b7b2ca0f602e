"""What settings and hooks say that a project's results depend on: it counts as if it were read."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .current import Current


def declared(root: Path, answers: Iterable[Mapping[str, str] | Iterable[str]], current: Current) -> list[Any]:
    """The named values, and (path, content) of every file that is declared, sorted."""
    values: list[list[str]] = []
    files: set[str] = set()
    for answer in answers:
        if isinstance(answer, Mapping):
            values += ([str(name), str(value)] for name, value in answer.items())
        else:
            files.update(path for pattern in answer for path in _matching(root, pattern))
    contents = [[path, current.value("file", str(root / path))] for path in sorted(files)]
    return [sorted(values), contents]


def _matching(root: Path, pattern: str) -> Iterable[str]:
    """Files on disk, whether git knows them or not; of a path that is no glob also that there is none."""
    if not glob.has_magic(pattern):
        return [pattern]
    return glob.iglob(pattern, root_dir=root, recursive=True)
