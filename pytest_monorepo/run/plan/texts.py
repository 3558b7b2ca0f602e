"""What a project's files say that forbids to import a module before its process begins. Pure.

Rather too much than too little: a word in a comment counts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

from pytest_monorepo.workspace.files.late import late

# Hooks that would have seen the import, and whoever looks at or changes which modules are loaded.
_LOOKS = late(
    rb"sys\.modules|from sys import[^\n]*\bmodules\b|\bmeta_path\b|\bpath_hooks\b|register_assert_rewrite"
    rb"|\bimport_hook|beartype\.claw|beartype_(?:this_package|packages?|all)|\btypeguard\b|\bjaxtyping\b"
    rb"|__import__|\breload\(|monkey(?:\.|_)patch_all|\bgevent\b|\beventlet\b|settrace|setprofile|\bpyximport\b"
    rb"|_find_and_load|addaudithook|importtime|\btracemalloc\b|gc\.get_objects|resetwarnings"
)
# Who asks for the memory of its process: that has begun with more, and keeps what is freed.
_MEMORY = late(
    rb"\bpsutil\b|getrusage|ru_maxrss|/proc/[^\n]*(?:status|statm|smaps)|\bstatm\b|\bVm(?:RSS|HWM|Size|Peak)\b"
    rb"|malloc_trim|mallinfo|malloc_stats|mallopt|memory_profiler|memory_usage|memray|\bguppy\b|\bpympler\b"
    rb"|limit_memory|limit_leaks|RLIMIT_(?:AS|DATA|RSS|VMEM)"
)
# Who sets up all loggers that there are means those that have come by then.
_LOGGERS = late(
    rb"dictConfig|fileConfig|disable_existing_loggers|loggerDict|setLoggerClass|setLogRecordFactory"
    rb"|\bLOGGING(?:_CONFIG)?\b"
)
# Who replaces something before an import is made lets it take that: at the left of a file, or in what pytest
# calls before the tests are collected.
_HOOKS = late(rb"^\s*def pytest_", re.MULTILINE)
_REPLACES = (
    rb"(\w+)(?:\.\w+)+[ \t]*(?::[^=\n]*)?=(?!=)|(?:set|del)attr\([ \t]*(\w+)|del (\w+)\.|vars\((\w+)\)\["
)
_AT_THE_LEFT = late(rb"^(?:" + _REPLACES + rb"|(\w+)\.__dict__)", re.MULTILINE)
_ANYWHERE = late(rb"^[ \t]*(?:" + _REPLACES + rb"|(\w+)\.__dict__)", re.MULTILINE)
_IMPORTED = late(
    rb"^[ \t]*import[ \t]+([^\n#;]+)|^[ \t]*from[ \t]+\S+[ \t]+import[ \t]+([^\n#;(]+)", re.MULTILINE
)
_PATCHERS = late(rb"patch|mock|freez|travel|responses|httpretty|vcr|gock|respx", re.IGNORECASE)
# or by a call: what an import computes with, and no function tells that it asks for
_SETTERS = late(rb"setcontext\(|getcontext\(\)\.|\bDefaultContext\b|set_start_method\(|setlocale\(")
# or by a text that nobody has looked at
_RUNS = rb"(?:\bexec\([^\n]*(?:open\(|read)|\brunpy\.run_path|\bexecfile\()"
_RUNS_AT_THE_LEFT = late(rb"^(?:\w[^\n]*)?" + _RUNS, re.MULTILINE)
_RUNS_ANYWHERE = late(_RUNS)
_STARTED_AT_THE_LEFT = late(rb"^\w[^\n]*\.(?:start|activate|enable|__enter__)\(", re.MULTILINE)
_STARTED = late(rb"\.(?:start|activate|enable|__enter__)\(")
_PATCHES = late(
    rb"\bMonkeyPatch\(|nest_asyncio|uvloop\.install|install_cache|disable_socket|socket_allow_hosts"
)
# anything but a look at one variable
_SETS = late(
    rb"environ(?!\.get\(|\[[^\]\n]*\](?!\s*=(?!=)))|del\s+(?:os\.)?environ|setenv|delenv|putenv|dotenv|env_files|pytest_env|^\s*env\s*=",
    re.MULTILINE,
)
# whoever changes the path of modules may put any folder of the workspace on it
_PATHS = late(
    rb"\bsys\.path\b|from sys import[^\n]*\bpath\b|import sys as|\.path\.(?:insert|append|extend)\("
    rb"|addsitedir|syspath"
)
# what does not follow where a variable's name is put together, or comes from elsewhere
_NAMED = rb"(?![\"'][^\"'\n]*[\"']\s*[\],]|[A-Z][A-Z0-9_]*\s*[\],])"
_UNKNOWN = late(
    rb"dotenv|env_files|environ\.(?:update|clear)\(|environ\s*\|?=|environb"
    rb"|environ\[\s*" + _NAMED + rb"[^\n]*?\]\s*=(?!=)|environ\.setdefault\(\s*" + _NAMED
)
_QUOTED = late(rb"[\"'](\w+)[\"']|\b([A-Z][A-Z0-9_]{2,})\b")
_IMPORTS = late(
    rb"^[ \t]*(?:from|import)\b[^\n]*|^[^\n]*(?:import_module|importorskip|pytest_plugins)[^\n]*",
    re.MULTILINE,
)
# Modules that are written before or while tests run, and are on nobody's list: by their names, ...
_MODULE = late(rb"(?<![\w])([A-Za-z_]\w*)\.pyi?\b")
# ... by those of their folders, which make a module of themselves where nobody has one, ...
_WRITES = late(
    rb"write_text|write_bytes|\bopen\(|shutil|copytree|symlink|link_to|hardlink|rename|os\.replace|extract|unpack"
    rb"|\.touch\(|mkdir|makedirs"
)
_NAMES = late(rb"(?<=[\"'/])([A-Za-z_]\w*)(?=[\"'/])")
# ... or by names that are put together
_ANY_MODULE = late(rb"(?:\}|%s|%\(\w+\)s)\.pyi?[\"']|(?:\+|with_suffix\()\s*[\"']\.pyi?[\"']")
_NATIVE = late(
    r"(?:OMP|OPENBLAS|GOTO|MKL|BLIS|VECLIB|NUMEXPR|KMP|TBB|POLARS|RAYON|ARROW|LC|MALLOC|SSL|OPENSSL|CUDA|TORCH"
    r"|NPY|NUMPY|PYARROW|LD|DYLD|PYTHON)_?\w*|TZ|LANG|LANGUAGE|HOME|PATH"
)
CODE = (".py", ".pyi", ".so", ".pyd", ".pyx")


class Texts(NamedTuple):
    """``looks`` is the file that looks at modules or hooks imports, ``""`` for none.

    ``words`` are names of variables that may be set, ``unknown`` the file that sets such of any name;
    ``digest`` stands for all that is imported. ``paths`` is the file that changes ``sys.path``. ``modules``
    are those that may be written, ``folders`` may be made; ``writes`` is the file that writes any module.
    ``memory`` is the file that asks for the memory of the process. ``early`` says which does something that
    an import finds done, where it is made later.
    """

    looks: str = ""
    unknown: str = ""
    words: frozenset[str] = frozenset()
    digest: str = ""
    paths: str = ""
    modules: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    writes: str = ""
    memory: str = ""
    early: str = ""


def read(files: Iterable[tuple[str, bytes]]) -> Texts:
    """The texts of a project's code and settings, by path."""
    looks = unknown = paths = writes = memory = early = ""
    words: set[str] = set()
    modules: set[bytes] = set()
    folders: set[bytes] = set()
    digest = hashlib.sha256()
    for path, text in sorted(files):
        if path.endswith(".py"):
            looks = looks or (path if _LOOKS.search(text) else "")
            memory = memory or (path if _MEMORY.search(text) else "")
            early = early or _early(path, text)
            paths = paths or (path if _PATHS.search(text) else "")
            modules.update(_MODULE.findall(text))
            if _WRITES.search(text):
                writes = writes or (path if _ANY_MODULE.search(text) else "")
                folders.update(_NAMES.findall(text))
            imports = _IMPORTS.findall(text)
            digest.update(repr((path, imports)).encode() if imports else b"")
        if _SETS.search(text):
            unknown = unknown or (path if _UNKNOWN.search(text) else "")
            words.update((a or b).decode("ascii", "replace") for a, b in _QUOTED.findall(text))
    told = frozenset(words), digest.hexdigest()[:16], paths, _decoded(modules), _decoded(folders)
    return Texts(looks, unknown, *told, writes, memory, early)


def _early(path: str, text: bytes) -> str:
    if _LOGGERS.search(text):
        return f"{path} sets up all loggers"
    hooks = path.endswith("conftest.py") or _HOOKS.search(text) is not None
    replacing, started = (_ANYWHERE, _STARTED) if hooks else (_AT_THE_LEFT, _STARTED_AT_THE_LEFT)
    patches = _PATCHES.search(text) or (started.search(text) and _PATCHERS.search(text))
    named = {name for found in replacing.findall(text) for name in found if name}
    if (_RUNS_ANYWHERE if hooks else _RUNS_AT_THE_LEFT).search(text):
        return f"{path} runs a text from elsewhere"
    if hooks and _SETTERS.search(text):
        return f"{path} may set what an import asks for"
    if patches or (named and not named.isdisjoint(_imported(text))):
        return f"{path} may replace what an import takes"
    return ""


def _imported(text: bytes) -> set[bytes]:
    """The names that it imports modules by, and what may be a module of a package."""
    found = (one for pair in _IMPORTED.findall(text) for part in pair for one in part.split(b","))
    return {one.split(b" as ")[-1].strip().partition(b".")[0] for one in found}


def _decoded(names: Iterable[bytes]) -> frozenset[str]:
    return frozenset(name.decode("ascii", "replace") for name in names)


def set_among(texts: Texts, reads: Collection[str]) -> str:
    """A variable that an import asks for and the project may set, or pytest does; ``""`` for none."""
    wanted = set(reads)
    if "PYTEST_CURRENT_TEST" in wanted:  # who imports it in a test gets another answer
        return "PYTEST_CURRENT_TEST"
    return next((one for one in sorted(texts.words) if one in wanted or _NATIVE.fullmatch(one)), "")


def top_names(files: Iterable[str]) -> frozenset[str]:
    """The names under which code in ``files`` may be imported from a folder on the path.

    That is what lies in a folder without ``__init__.py``: pytest and settings put such ones on the path.
    """
    code = [PurePosixPath(path) for path in files if path.endswith(CODE)]
    packages = {path.parent for path in code if path.name == "__init__.py"}
    found = {path.name.partition(".")[0] for path in code if path.parent not in packages}
    folders = {folder for path in code for folder in path.parents}
    found |= {folder.name for folder in folders if folder.name and folder.parent not in packages}
    return frozenset(found)


def folder_names(files: Iterable[str]) -> frozenset[str]:
    """The names of all folders that hold ``files``: Python imports one where it finds no module (PEP 420)."""
    folders = {path.rpartition("/")[0] for path in files}
    return frozenset(name for folder in folders for name in folder.split("/") if name)
