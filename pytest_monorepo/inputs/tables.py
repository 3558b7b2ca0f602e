"""What its readers take out of a ``pyproject.toml``: one table, and whether all of the file can be parsed.

pytest (``_pytest/config/findpaths.py``, 6.2 to 9.2) and coverage.py (``tomlconfig.py``) read it whole in each
run, and look at nothing else in it. What that is, the value of such an input says; anybody else reads a file.
"""

from __future__ import annotations

import hashlib
import sys
from types import FrameType
from typing import Any, Dict, Optional, Tuple

from . import callers

NAME = "pyproject.toml"
OF_PYTEST, OF_COVERAGE = "table of pytest", "table of coverage"
"""The kinds of such inputs."""
KINDS = {OF_PYTEST: "pytest", OF_COVERAGE: "coverage"}
_READERS: Dict[Tuple[str, str], str] = {
    ("_pytest.config.findpaths", "load_config_dict_from_file"): OF_PYTEST,
    ("_pytest.config.findpaths", "_load_pyproject_toml"): OF_PYTEST,
    ("coverage.tomlconfig", "read"): OF_COVERAGE,
    # it keeps the bytes for "coverage debug"
    ("coverage.config", "from_file"): OF_COVERAGE,
}
_PARSES = ("_pytest.config.findpaths", "_parse_toml_file")
"""Since pytest 9.2; of whoever else asks it for the file all of it counts."""


def kind_of_reading(frame: Optional[FrameType], path: str) -> Optional[str]:
    """The kind of input that the file is for who opens it; ``None`` where all of it counts.

    Python before 3.11 has no parser, and nothing is imported for one, which the tests could see: who reads
    the file has one.
    """
    if not path.endswith(f"/{NAME}"):
        return None
    by = callers.outside_pathlib(frame)
    if by is not None and (callers.module(by), by.f_code.co_name) == _PARSES:
        by = by.f_back
    kind = _READERS.get((callers.module(by), by.f_code.co_name)) if by is not None else None
    return kind if kind is not None and _parser() is not None else None


def _parser() -> Any:
    return sys.modules.get("tomllib") or sys.modules.get("tomli")


def read(kind: str, path: str) -> str:
    """The value of the file at a path for who reads it so; raises :class:`OSError`."""
    with _open(path, "rb") as stream:
        return of_text(kind, stream.read())


# a test may put another in its place
_open = open


def of_text(kind: str, text: bytes) -> str:
    """The value of a file that holds this: all of it where it is no TOML, or strange."""
    try:
        table = _parser().loads(text.decode("utf-8")).get("tool", {}).get(KINDS[kind])
        taken = repr(table).encode("utf-8", "surrogateescape")
    except Exception:  # what its readers make of it is theirs
        taken = b"\0" + text
    return hashlib.sha256(taken).hexdigest()
