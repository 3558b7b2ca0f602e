"""What looks like an import in the bytes of a file, by pattern: fast, and rather too much than too little."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Functions that take a module's name, and those that take the dotted path of something in a module.
LOADERS = frozenset(
    (
        "__import__",
        "find_spec",
        "import_module",
        "import_string",
        "importorskip",
        "resolve_name",
        "run_module",
    )
)
PATCHERS = frozenset(("patch", "setattr", "delattr"))
# Functions of these modules that take a package's name, or the package, to read a file in it.
RESOURCE_MODULES = frozenset(("resources", "importlib.resources", "importlib_resources", "pkgutil"))
RESOURCES = frozenset(
    (
        "contents",
        "files",
        "get_data",
        "is_resource",
        "open_binary",
        "open_text",
        "path",
        "read_binary",
        "read_text",
    )
)
# Takes the path of a script, and stands before that path where others name a module.
RUN_PATH = "run_path"
SCRIPT = "path:"
# Stands for what a file may load beyond the names in it; no module is called so.
UNFOLLOWED = "sys.unfollowed"
# Loaders of files and entry points, starters of programs, which may be scripts of the workspace, readers of
# code as text; and what makes a test depend on tests of other files (worker/whole.py has the plugins).
_BEYOND = re.compile(
    rb"entry_points?\b|iter_modules|walk_packages|spec_from_(?:file_location|loader)|module_from_spec"
    rb"|FileLoader|load_(?:module|source|entry_point)|sys\.modules(?!\[[\"'])|\bexec\(|\bexecfile\("
    rb"|mark\.(?:dependency|depends|order|run|first|last)\b|\b(?:inline_)?snapshot\b|results_bag|session_results"
    rb"|\.pyi?[\"']|getsource|\bast\.parse\b|(?<![\w.])compile\("
    rb"|subprocess|os\.(?:system|exec|spawn|posix_spawn|popen)|\bpexpect\b|\bpytester\b|\btestdir\b"
)
_IN_MODULES = re.compile(rb"sys\.modules\[[\"'](\w[\w.]*)", re.ASCII)
_SCAN_WORDS = (*(name.encode() for name in sorted(LOADERS)), b"pytest_plugins", RUN_PATH.encode())
_COMMAND = re.compile(rb"-[mc][\"']")
_SYS_PATH = re.compile(rb"sys(?:\.path|path_prepend)")
_PATH_WORDS = (b"addsitedir", b"PYTHONPATH")

QUOTED = re.compile(rb"[\"'](\.*[^\W\d][\w.]*)")
DOCTEST = re.compile(rb"^[ \t]*(?:>>>|\.\.\.) ?([^\r\n]*)", re.MULTILINE)
_COOKIE = re.compile(rb"^[ \t\f]*#[^\r\n]*?coding[:=][ \t]*(?!utf-?8|utf_8)", re.IGNORECASE | re.MULTILINE)


def needs_scan(source: bytes) -> bool:
    """Whether only :mod:`ast` can be trusted to see all that the text imports."""
    if loads(source):
        return True
    return b"coding" in source[:400] and _COOKIE.search(source, 0, 400) is not None


def loads(source: bytes) -> bool:
    """Whether something in the text may import by a string."""
    if any(word in source for word in _SCAN_WORDS) or _COMMAND.search(source) is not None:
        return True
    return b"pkgutil" in source or (b"importlib" in source and b"resources" in source)


def patches(source: bytes) -> bool:
    """Whether something in the text may name an attribute of a module by a string."""
    return b"atch" in source or b"setattr" in source or b"delattr" in source


def loads_beyond(source: bytes) -> bool:
    """Whether the text may load code that no name in it tells: a registry's, a program's, a file's."""
    return _BEYOND.search(source) is not None


def loaded_before(source: bytes) -> Iterator[str]:
    """The modules that the text takes from ``sys.modules`` by name: somebody imports them."""
    if b"sys.modules" in source:
        yield from (name.decode("ascii").rstrip(".") for name in _IN_MODULES.findall(source))


def touches_path(source: bytes) -> bool:
    """Whether the text may add folders to ``sys.path``."""
    return _SYS_PATH.search(source) is not None or any(word in source for word in _PATH_WORDS)


def below(base: str, name: str) -> str:
    """The module path of ``name`` in ``base``, either of which may be empty."""
    return base + name if not name or not base or base.endswith(".") else f"{base}.{name}"
