"""Who asks: what the standard library and pytest make of an answer is often less than the answer.

``os.path.exists`` asks for a ``stat`` and looks at nothing in it. An unknown caller looks at all of it.
"""

from __future__ import annotations

import functools
import sys
from types import FrameType, ModuleType
from typing import Any, Dict, Optional, Tuple

from . import originals

OURS = ("pytest_monorepo_worker", __name__.rpartition(".")[0])
"""The name that the worker's own code has in a worker; what it does is no project's doing."""

_KINDS: Dict[Tuple[str, str], str] = {
    ("genericpath", "exists"): "type",
    ("genericpath", "isfile"): "type",
    ("genericpath", "isdir"): "type",
    ("genericpath", "islink"): "ltype",
    ("genericpath", "lexists"): "ltype",
    ("genericpath", "getsize"): "size",
    ("genericpath", "samefile"): "identity",
    ("posixpath", "islink"): "ltype",
    ("posixpath", "lexists"): "ltype",
    ("posixpath", "realpath"): "ltype",
    ("posixpath", "_joinrealpath"): "ltype",
    ("importlib.metadata", "mtime"): "distributions",
    ("importlib._bootstrap_external", "_path_stat"): "type",
    ("_frozen_importlib_external", "_path_stat"): "type",
    ("shutil", "_stat"): "mode",
    ("shutil", "copystat"): "times",
    ("linecache", "updatecache"): "file",
    ("linecache", "checkcache"): "file",
    ("_pytest.assertion.rewrite", "_rewrite_test"): "file",
    ("_pytest.assertion.rewrite", "_read_pyc"): "file",
    ("_pytest.assertion.rewrite", "exec_module"): "file",
}
# they ask whether two names are of one file, where mostly one of the two is the tests' own
_COMPARE = ("shutil", "_pytest.pathlib")
SAME = "same file"
_OF_PATHLIB = {
    "exists": "type",
    "is_file": "type",
    "is_dir": "type",
    "is_symlink": "ltype",
    "resolve": "ltype",
    "samefile": "identity",
}
_MACHINERY = ("importlib._bootstrap", "_frozen_importlib", "_pytest.assertion.rewrite")
# they list folders for the modules and test files in them
# coverage.py walks through its sources at the end, for modules that nobody imported (find_python_files, 7.17)
_LISTS_CODE = ("_pytest.", "importlib._bootstrap", "_frozen_importlib", "coverage.files")


def behind_wrapper(frame: Optional[FrameType]) -> Optional[FrameType]:
    """Who called a function, where the event comes from our wrapper of it: else it would be our own doing."""
    wrapped = frame is not None and (module(frame), frame.f_code.co_name) in _THROUGH
    return frame.f_back if wrapped and frame is not None else frame


_AFTER = f"{OURS[1]}.probes.after_import"
_THROUGH = {
    *((f"{OURS[1]}.probes.wrappers", "open"), (f"{OURS[1]}.probes.sockets", "wrapper")),
    *((_AFTER, "reading"), (_AFTER, "method"), (f"{OURS[1]}.probes.databases", "connect")),
}


def module(frame: Optional[FrameType]) -> str:
    if frame is None:
        return ""
    name = frame.f_globals.get("__name__", "")
    return name if type(name) is str else str(name)  # a call less, of some thousands a worker


def loaded(name: Any) -> Optional[ModuleType]:
    """The module that is loaded under a name."""
    found = sys.modules.get(name) if isinstance(name, str) else None
    return found if originals.is_module(found) else None


def kind_of_stat(frame: Optional[FrameType], default: str) -> str:
    """What the caller of a ``stat`` looks at, as a kind of :mod:`values`; else ``default``."""
    while frame is not None:
        name, function = module(frame), frame.f_code.co_name
        if name.partition(".")[0] != "pathlib":
            kind = _KINDS.get((name, function), default)
            return SAME if kind == "identity" and module(frame.f_back) in _COMPARE else kind
        if function in _OF_PATHLIB:
            kind = _OF_PATHLIB[function]
            if function == "is_file" and _is_pytests_way(frame.f_back):
                return "regular"
            return "ltype" if kind == "type" and default == "lstat" else kind  # since Python 3.12
        frame = frame.f_back
    return default


def _is_pytests_way(frame: Optional[FrameType]) -> bool:
    """Whether pytest asks whose conftests count of a path: its own, or of a file its folder's."""
    return (
        frame is not None and frame.f_code.co_name == "_get_directory" and module(frame) == "_pytest.config"
    )


def looks_always_at(kind: str, frame: FrameType) -> bool:
    """Whether the code that asks looks at this kind and no other, whoever has called it."""
    name, function = module(frame), frame.f_code.co_name
    of_pathlib = name.partition(".")[0] == "pathlib"
    known = _OF_PATHLIB.get(function) if of_pathlib else _KINDS.get((name, function))
    return kind != "identity" and known == kind


def outside_pathlib(frame: Optional[FrameType]) -> Optional[FrameType]:
    """The first frame that is none of ``pathlib``'s, ``glob``'s or ``os``'s own."""
    # Python 3.13's pathlib goes through glob
    while frame is not None and module(frame).partition(".")[0] in ("pathlib", "glob", "os"):
        frame = frame.f_back
    return frame


def outside(package: str, frame: Optional[FrameType]) -> Optional[FrameType]:
    """Who uses a package; the import system where it is only being imported."""
    while frame is not None and module(frame).partition(".")[0] == package:
        frame = frame.f_back
    return frame


def leads(frame: Optional[FrameType]) -> str:
    """The package that leads to what is being imported: of all that load one another the first.

    ``pytest_freezer`` loads freezegun, which loads PyMySQL, say. Empty where nobody but pytest does.
    """
    found = ""
    while frame is not None:
        name = module(frame)
        known = is_pytests(name) or name.startswith(OURS) or name in IMPORTING
        if frame.f_code.co_name == "<module>" and not known:
            found = name.partition(".")[0]
        frame = frame.f_back
    return found


def outside_of(packages: Tuple[str, ...], frame: Optional[FrameType]) -> Optional[FrameType]:
    """Who uses packages, or modules, of which one uses the other."""
    while frame is not None:
        name = module(frame)
        if name.partition(".")[0] not in packages and name not in packages:
            break
        frame = frame.f_back
    return frame


def is_installed(frame: FrameType) -> bool:
    """Whether its code is an installed package's: of a package's own tests, say, all they do counts."""
    return originals.is_installed(frame.f_code.co_filename)


def lists_code(frame: Optional[FrameType]) -> bool:
    """Whether the caller looks for modules or test files, and not at what Python leaves beside them."""
    name = module(outside_pathlib(frame))
    return name == "pkgutil" or name.startswith(_LISTS_CODE)


def looks_for_sources(frame: Optional[FrameType]) -> bool:
    """Whether coverage.py walks through its sources: it takes what ends like a module, and folders."""
    return module(outside_pathlib(frame)) == "coverage.files"


def collects(frame: Optional[FrameType]) -> bool:
    """Whether pytest lists a folder to hand each entry to the hooks that collect."""
    if module(frame) != "_pytest.pathlib":
        return False
    while module(frame) == "_pytest.pathlib" and frame is not None:  # scandir; visit before pytest 8
        frame = frame.f_back
    return module(frame) in ("_pytest.main", "_pytest.python")


def collects_folder(frame: Optional[FrameType]) -> bool:
    """Whether pytest (8 and later) asks if a folder that it comes to is a package, or what such a file is."""
    asks = outside_pathlib(frame)
    while module(asks).startswith(OURS):
        asks = outside_pathlib(asks.f_back) if asks is not None else None
    return asks is not None and (module(asks), asks.f_code.co_name) in _COLLECTING


_COLLECTING = {("_pytest.python", "pytest_collect_directory"), ("_pytest.main", "pytest_ignore_collect")}


def comes_to(frame: Optional[FrameType]) -> bool:
    """Whether pytest (8 and later) asks of an entry of a folder that it has listed if it is a folder.

    Of the other questions there, for what makes an environment of it, each is ``is_file``.
    """
    is_folder = False
    while frame is not None and module(frame).partition(".")[0] in ("pathlib", "genericpath"):
        is_folder, frame = frame.f_code.co_name in ("is_dir", "isdir"), frame.f_back
    return is_folder and (module(frame), frame.f_code.co_name if frame else "") == _IGNORING


_IGNORING = ("_pytest.main", "pytest_ignore_collect")


def looks_for_conftests(frame: Optional[FrameType]) -> bool:
    """Whether pytest, which begins, asks for the folders ``test*`` among all that is there."""
    caller = outside_pathlib(frame)
    return caller is not None and module(caller) == "_pytest.config" and caller.f_code.co_name in _INITIAL


_INITIAL = ("_set_initial_conftests", "_try_load_conftest", "<genexpr>", "<listcomp>")


def measures(frame: Optional[FrameType]) -> bool:
    """Whether coverage.py asks where the files lie that it measures."""
    return module(outside_of(_OF_PATHS, frame)).startswith("coverage.")


def locates(frame: Optional[FrameType]) -> bool:
    """Whether coverage.py asks the import system where a package lies that it is to measure.

    It loads none, but for those that the one asked for lies in.
    """
    if LOCATES not in sys.modules:
        return False
    finder = frame
    while frame is not None and module(frame) in _FINDERS:
        frame = frame.f_back
    while module(frame) == "importlib.util" or module(frame).startswith(OURS):
        frame = frame.f_back if frame is not None else None
    if module(frame) != LOCATES:
        return False
    # asking for a frame's code raises an event: nearly all that is looked for is imported
    while finder is not None and module(finder) in _FINDERS and finder.f_code.co_name in _FINDS:
        finder = finder.f_back
    return module(finder) not in _FINDERS


LOCATES = "coverage.inorout"
_IMPORTS = ("importlib._bootstrap", "_frozen_importlib")
_FINDERS = {
    *(*_IMPORTS, "importlib._bootstrap_external"),
    *("_frozen_importlib_external", "_pytest.assertion.rewrite"),
}


def finds_to_import(frame: Optional[FrameType]) -> bool:
    """Whether the import system itself looks through the search path: it loads its own bytecode only."""
    for _ in _OF_PATH_FINDER:
        if module(frame) not in IMPORTING or frame is None:
            return False
        frame = frame.f_back
    return module(frame) in _IMPORTS


_OF_PATH_FINDER = ("_get_spec", "find_spec")
"""Its methods (importlib/_bootstrap_external.py, CPython 3.8 to 3.13)."""
_FINDS = ("find_spec", "_find_spec", "_get_spec")


def makes_base(caller: Optional[FrameType]) -> bool:
    """Whether pytest makes the folder that holds all temporary ones, for who is the first to want one."""
    return caller is not None and (module(caller), caller.f_code.co_name) == ("_pytest.tmpdir", "getbasetemp")


def names_folder(frame: Optional[FrameType]) -> bool:
    """Whether somebody has pytest make a temporary folder of a name: not where that is the test's own."""
    asks = False
    while frame is not None and module(frame) in ("_pytest.tmpdir", "_pytest.legacypath", "_pytest.pathlib"):
        if frame.f_code.co_name in ("_mk_tmp", "getbasetemp"):  # of tmp_path, and that of all of them
            return False
        asks = asks or frame.f_code.co_name in ("mktemp", "make_numbered_dir")
        frame = outside_pathlib(frame.f_back)
    return asks


def by_pytest(frame: Optional[FrameType]) -> bool:
    """Whether pytest itself has asked us, or made something."""
    while frame is not None and module(frame).startswith(OURS):
        frame = frame.f_back
    return module(outside_of(_OF_PATHS, frame)).startswith("_pytest.")


OF_REAL_PATHS = f"{OURS[1]}.probes.real_paths"
_OF_PATHS = ("pathlib", "glob", "os", "posixpath", "genericpath", "shutil", OF_REAL_PATHS)


def kind_of_listing(frame: Optional[FrameType]) -> str:
    """What the caller of ``os.listdir`` looks for."""
    if module(frame).startswith("importlib.metadata"):
        return "distributions"
    if looks_for_conftests(frame):
        return "test folders"
    return "names of code" if lists_code(frame) else "names"


# the import system looks for modules by itself, see probes/imports.py; it asks the system's own module
IMPORTING = {"importlib._bootstrap_external", "_frozen_importlib_external"}


def is_importing(frame: Optional[FrameType]) -> bool:
    """Whether the import system asks for itself, and not for ``zipimport``, which has no other way to ask."""
    return frame is not None and module(frame) in IMPORTING and module(frame.f_back) != "zipimport"


def is_machinery(frame: Optional[FrameType]) -> bool:
    """Whether the import system, or pytest's, is at work on its bytecode."""
    return module(outside_pathlib(frame)).startswith(_MACHINERY)


_BETWEEN = ("os", "_collections_abc", "collections.abc", "shutil")
_REPORTERS = ("_pytest._io.terminalwriter", "_pytest.terminal")


def overlooked(frame: Optional[FrameType], key: Any) -> bool:
    """Whether a variable is read by us, or by pytest's reporter, which no test's outcome depends on.

    ``key`` is its name as ``os.environ`` keeps it.
    """
    while frame is not None and module(frame) in _BETWEEN:
        frame = frame.f_back
    name = module(frame)
    # pytest takes away what it has set itself after each test: no other code of that module asks for it
    if name.startswith(OURS) or (name == "_pytest.runner" and type(key) is bytes and key == _CURRENT_TEST):
        return True
    return name in _REPORTERS and (_is_pytests_own(frame) or _only_prints(frame))


_CURRENT_TEST = b"PYTEST_CURRENT_TEST"


def _only_prints(frame: Optional[FrameType]) -> bool:
    """Whether how wide the terminal is says only how a line is shown, whoever has led pytest there.

    It shows a log's line (``log_cli``); an option that is added is looked at by a formatter of help, which is
    thrown away.
    """
    while frame is not None:
        where = module(frame), frame.f_code.co_name
        if where in _PRINTS:
            return True
        if not (where[0].startswith("_pytest.") or where == ("argparse", "_get_formatter")):
            return False
        frame = frame.f_back
    return False


# the last since Python 3.13
_PRINTS = {("_pytest.logging", "emit"), ("argparse", "add_argument"), ("argparse", "_check_help")}


def captures(frame: Optional[FrameType]) -> bool:
    """Whether pytest (9.2) asks its own temporary file, six times a test, whether it holds anything."""
    return module(frame) == "_pytest.capture"


def _is_pytests_own(frame: Optional[FrameType]) -> bool:
    """Whether pytest asks for itself, and not for a test or a fixture."""
    while frame is not None:
        name = frame.f_globals.get("__name__", "")  # as module(), of each in a stack
        if type(name) is not str or not _is_pytests_or_ours(name):
            return False
        frame = frame.f_back
    return True


@functools.lru_cache(maxsize=4096)
def _is_pytests_or_ours(name: str) -> bool:
    return is_pytests(name) or name.startswith(OURS)


def is_pytests(name: str) -> bool:
    """Whether a module is pytest's own, or one that it calls itself through."""
    return name.partition(".")[0] in _PYTESTS


_PYTESTS = {"_pytest", "pytest", "pluggy", "__main__", "runpy", "os", "_collections_abc", "shutil"}
_PYTESTS |= {"collections", "contextlib", "functools"}


def place(frame: Optional[FrameType]) -> Tuple[int, int]:
    """Where in the code a mapping of variables is asked: the caller's frame and its instruction."""
    while frame is not None and (
        module(frame) in ("_collections_abc", "collections.abc")
        or (module(frame) == "os" and frame.f_code.co_name in ("__iter__", "__getitem__"))
    ):
        frame = frame.f_back
    return (originals.identity(frame), frame.f_lasti) if frame is not None else (0, 0)


def puts_back(frame: Optional[FrameType]) -> bool:
    """Whether all variables are copied only to be put back."""
    while frame is not None and module(frame) in _BETWEEN:
        frame = frame.f_back
    return module(frame) == "unittest.mock" and frame is not None and frame.f_code.co_name == "_patch_dict"
