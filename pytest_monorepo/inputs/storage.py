"""What hypothesis keeps beside a project and makes anew where it is gone: found or not, tests see the same.

Tables of the interpreter's Unicode, and for each source by a hash of its text the constants in it (6.170:
``internal/charmap.py``, ``constants_ast.py``, ``configuration.py``). In a fresh checkout each run makes them,
and after a change of a source that one's. Of its examples, in ``.hypothesis/examples``, tests see which there
are: these are files like others. That it makes tables is, as with bytecode, no doing of the tests.

Nor is what pytest-benchmark does in each session for what it may save.
"""

from __future__ import annotations

import hashlib
from types import FrameType
from typing import Optional

from . import callers, originals

FOLDER = "/.hypothesis"
CONSTANTS = "constants of a source"
"""The kind of such an input, whose path is that of the table and below it the version that asks."""
_OF_CONSTANTS = f"{FOLDER}/constants/"
_KEPT = ("/constants/", "/unicode_data/", "/tmp/", "/.gitignore/")
_THROUGH = (
    *("pathlib", "glob", "os", "gzip", "tempfile", "posixpath", "genericpath", "io", "codecs"),
    callers.OF_REAL_PATHS,
)


def keeps(frame: Optional[FrameType], path: str) -> bool:
    """Whether hypothesis asks for what it keeps so, or makes it, or the folder around it: no input.

    Nor is the folder that pytest-benchmark makes.
    """
    if FOLDER not in path:
        return path.endswith(_BENCHMARKS) and _begins_benchmarks(frame)
    inside = path.rpartition(FOLDER)[2].rstrip("/")
    if inside and not f"{inside}/".startswith(_KEPT):
        return False
    by = callers.outside_of(_THROUGH, frame)
    if by is None or not callers.module(by).startswith("hypothesis."):
        return False
    # a database of examples lies where the tests say, be it there
    return callers.is_installed(by) and not (inside and callers.module(by) == "hypothesis.database")


def _begins_benchmarks(frame: Optional[FrameType]) -> bool:
    """Whether pytest-benchmark (5.3) makes the folder for what it will save, as it does in each session.

    In a fresh checkout, as a CI has it, there is none before.
    """
    by = callers.outside_of(_THROUGH, frame)
    if by is None or callers.module(by) != "pytest_benchmark.storage.file":
        return False
    return by.f_code.co_name == "__init__" and callers.is_installed(by)


_BENCHMARKS = "/.benchmarks"


def names_benchmarks(frame: Optional[FrameType]) -> bool:
    """Whether pytest-benchmark (5.2), while its options are made, asks under which name to save by default.

    That is made of the commit, the time, and whether anything is not committed; nobody looks at it but who
    saves, which is an option of its own.
    """
    by = callers.outside("subprocess", frame)
    while by is not None and callers.module(by) == "pytest_benchmark.utils":
        by = by.f_back
    if by is None or (callers.module(by), by.f_code.co_name) != _NAMING:
        return False
    return callers.is_installed(by)


_NAMING = ("pytest_benchmark.plugin", "pytest_addoption")


def table(path: str) -> str:
    """The path by which a table of constants is an input; empty for what is no such table."""
    version = originals.attribute(callers.loaded("hypothesis"), "__version__")
    known = isinstance(version, str) and "/" not in version
    # of who is unknown all of it counts
    return f"{path}/{version if known else 'unknown'}" if _OF_CONSTANTS in path else ""


def read(path: str) -> Optional[str]:
    """``None`` where there is none or that version has made it, which would make the same again."""
    place, _, version = path.rpartition("/")
    try:
        with open(place, "rb") as stream:
            found = stream.read()
    except IsADirectoryError:
        return None
    made = f"\n# hypothesis_version: {version}\n".encode("utf-8", "surrogateescape")
    return None if made in found[:_HEAD] else hashlib.sha256(found).hexdigest()


_HEAD = 8192
"""Of bytes that hold what made it: the first line is a path."""
