"""What its readers take out of a file of settings: one table or some sections, and whether it can be parsed.

pytest (``_pytest/config/findpaths.py``, 6.2 to 9.2) and coverage.py (``config.py``, ``tomlconfig.py``) read
``pyproject.toml``, ``setup.cfg``, ``tox.ini`` and the like whole in each run, and look at nothing else in
them. What that is, the value of such an input says; anybody else reads a file.
"""

from __future__ import annotations

import hashlib
import sys
from types import FrameType
from typing import Any, Callable, Dict, Optional, Tuple

from . import callers, sections

NAME = "pyproject.toml"
OF_PYTEST, OF_COVERAGE = "table of pytest", "table of coverage"
INI_OF_PYTEST, INI_OF_COVERAGE = "sections of pytest", "sections of coverage"
"""The kinds of such inputs."""
_READERS: Dict[Tuple[str, str], str] = {
    ("_pytest.config.findpaths", "load_config_dict_from_file"): OF_PYTEST,
    ("_pytest.config.findpaths", "_load_pyproject_toml"): OF_PYTEST,
    ("coverage.tomlconfig", "read"): OF_COVERAGE,
    # it keeps the bytes for "coverage debug"
    ("coverage.config", "from_file"): OF_COVERAGE,
}
_PARSES = ("_pytest.config.findpaths", "_parse_toml_file")
"""Since pytest 9.2; of whoever else asks it for the file all of it counts."""
_PARSES_INI = ("_pytest.config.findpaths", "_parse_ini_config")
_LOADS_INI = ("load_config_dict_from_file", "_load_pytest_ini", "_load_ini_file", "_load_cfg_file")
"""All but the first since pytest 9.2."""
_INI = (".ini", ".cfg")
_SHARED = ("/setup.cfg", "/tox.ini")
"""Where coverage.py looks for sections of its own name, among those of other tools."""


def kind_of_reading(frame: Optional[FrameType], path: str) -> Optional[str]:
    """The kind of input that the file is for who opens it; ``None`` where all of it counts.

    Python before 3.11 has no parser of TOML, and nothing is imported for one, which the tests could see: who
    reads the file has one.
    """
    if path.endswith(_INI):
        return _kind_of_ini(frame, path)
    if not path.endswith(f"/{NAME}"):
        return None
    by = callers.outside_pathlib(frame)
    if by is not None and (callers.module(by), by.f_code.co_name) == _PARSES:
        by = by.f_back
    kind = _READERS.get((callers.module(by), by.f_code.co_name)) if by is not None else None
    return kind if kind is not None and _parser() is not None else None


def _kind_of_ini(frame: Optional[FrameType], path: str) -> Optional[str]:
    by = callers.outside_of(("iniconfig", "configparser"), frame)
    if by is None:
        return None
    if (callers.module(by), by.f_code.co_name) == _PARSES_INI:
        by = by.f_back
        pytests = callers.module(by) == _PARSES_INI[0] and by is not None and by.f_code.co_name in _LOADS_INI
        return INI_OF_PYTEST if pytests else None
    if (callers.module(by), by.f_code.co_name) == ("coverage.config", "read"):
        by = by.f_back
    if by is None or (callers.module(by), by.f_code.co_name) != ("coverage.config", "from_file"):
        return None
    # in a file of its own, as --cov-config makes one of any, its sections have plain names
    shared = path.endswith(_SHARED) and by.f_locals.get("our_file") is False
    return INI_OF_COVERAGE if shared else None


def _parser() -> Any:
    return sys.modules.get("tomllib") or sys.modules.get("tomli")


def parser(kind: str) -> Optional[str]:
    """Whose parser says what the value of that kind is; ``None`` where it is ours."""
    if kind not in (OF_PYTEST, OF_COVERAGE) or "tomllib" not in sys.modules:
        return None
    return "Python " + ".".join(map(str, sys.version_info[:3]))


def read(kind: str, path: str) -> str:
    """The value of the file at a path for who reads it so; raises :class:`OSError`."""
    with _open(path, "rb") as stream:
        return of_text(kind, stream.read())


# a test may put another in its place
_open = open


def of_text(kind: str, text: bytes) -> str:
    """The value of a file that holds this: all of it where it cannot be parsed, or is strange."""
    try:
        found = KINDS[kind](text.decode("utf-8"))
        taken = repr(found).encode("utf-8", "surrogateescape")
    except Exception:  # what its readers make of it is theirs
        taken = b"\0" + text
    return hashlib.sha256(taken).hexdigest()


def _table(name: str) -> Callable[[str], Any]:
    return lambda text: _parser().loads(text).get("tool", {}).get(name)


def _sections(counts: Callable[[str], bool]) -> Callable[[str], Any]:
    def read_them(text: str) -> Any:
        found = sections.taken(text, counts)
        if found is None:
            raise ValueError("not plain")
        # older readers decode it as the locale says
        return found, all(ord(letter) < 128 for letter in text)

    return read_them


KINDS: Dict[str, Callable[[str], Any]] = {
    OF_PYTEST: _table("pytest"),
    OF_COVERAGE: _table("coverage"),
    INI_OF_PYTEST: _sections(lambda name: name in ("pytest", "tool:pytest")),
    # what stands in the first is in all of them
    INI_OF_COVERAGE: _sections(lambda name: name == "DEFAULT" or name.startswith("coverage:")),
}
