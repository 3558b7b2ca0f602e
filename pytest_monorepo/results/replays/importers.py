"""Who imports a source that has changed: for those who read why a test file runs, and for nothing else."""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pytest_monorepo.workspace.imports.one_file.scan import scan

_CHANGED = re.compile(r"(?P<path>\S+\.py) changed")
_PACKAGE = "__init__"


def worded(reason: str, file: str, sources: Iterable[str], root: Path) -> str:
    """``lib/limits.py changed (imported by app/uses.py)``, where that is a source that the file reaches.

    The reason as it is where the test file imports it itself, or nobody is found.
    """
    found = _CHANGED.fullmatch(reason)
    if found is None:
        return reason
    names = set(_names(found["path"], root)) - {""}
    # who is nearest comes first: it may be one of several
    for source in (file, *sorted(set(sources) - {file, found["path"]})):
        if not names.isdisjoint(_imported(source, root)):
            return reason if source == file else f"{reason} (imported by {source})"
    return reason


def _names(path: str, root: Path) -> Iterator[str]:
    """How a source may be named from where it lies up to the root, by its path or from its top package on."""
    folder, name = posixpath.split(path.removesuffix(".py"))
    dotted = "" if name == _PACKAGE else name
    while folder.strip("/"):  # what lies outside of the repository has its whole path
        if dotted and not (root / folder / f"{_PACKAGE}.py").is_file():
            yield dotted
        folder, last = posixpath.split(folder)
        dotted = f"{last}.{dotted}" if dotted else last
    yield dotted
    yield f"{path.removesuffix('.py').removesuffix(f'/{_PACKAGE}')}"


@functools.lru_cache(maxsize=4096)
def _imported(source: str, root: Path) -> frozenset[str]:
    """By their names, and of relative imports by their paths; of each also what holds it."""
    try:
        content = (root / source).read_bytes()
    except OSError:
        return frozenset()
    return frozenset(_imports(content, source))


def _imports(content: bytes, source: str) -> Iterator[str]:
    for found in scan(content).imports:
        name = found.module.lstrip(".")
        dots = len(found.module) - len(name)
        if not dots:
            yield from (name, name.rpartition(".")[0])
            continue
        folder = posixpath.dirname(source)
        for _ in range(dots - 1):
            folder = posixpath.dirname(folder)
        path = posixpath.join(folder, *name.split("."))
        yield from (path, posixpath.dirname(path))
