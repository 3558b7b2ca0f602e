"""What looks like an import in the bytes of a file, by pattern: fast, and rather too much than too little."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Functions that take a module's name, and those that take the dotted path of something in a module.
LOADERS = frozenset(
    (
        "__import__",
        "find_spec",
        "import_class",
        "import_item",
        "import_module",
        "import_object",
        "import_plugin",
        "import_string",
        "importorskip",
        "namedAny",
        "namedModule",
        "namedObject",
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
# Takes the path of a script.
RUN_PATH = "run_path"
# Stands for what a file may load beyond the names in it; no module is called so.
UNFOLLOWED = "sys.unfollowed"
# Stands before a name that is the text of a string: whoever gets the string may load it.
TEXT = "sys.text:"
# Stands for another name of what patches by a string: who imports it from here may patch what no name tells.
LENDS = "sys.lends"
# Stands for hooks of pytest, some of which are called for the whole session, and for those that collect.
HOOKS = "sys.hooks"
COLLECTS = "sys.collects"
# Stands for what makes a test need others, which may be of other files: worker/whole.py has the plugins.
BINDS = "sys.binds"
_HOOKS = re.compile(
    rb"def pytest_|\bpytest_(?:add|assert|cmdline|coll|conf|desel|enter|exc|fixture|gen|ignore|intern|item"
    rb"|keyb|leave|load_|make|plugin_|pycoll|pyfunc|report|runtest|sess|term|unconf|warn)"
)
_COLLECTS = re.compile(rb"pytest_(?:collect_|collection\b|pycollect_makemodule)")
# Stands for what may put a folder before others on the path, beside what adds one behind them.
BENDS = "sys.path.before"
_BENDS = re.compile(
    rb"sys\.path(?!\.append\()|syspath_prepend|addsitedir|PYTHONPATH|from sys import[^\n]*\bpath\b"
)
_BINDS = re.compile(
    rb"mark\.(?:dependency|depends|order|run|first|last)\b|\b(?:inline_)?snapshot\b|results_bag|session_results"
)
BENDS_WORDS = (b"sys.path", b"syspath_prepend", b"addsitedir", b"PYTHONPATH", b"from sys import")
BINDS_WORDS = (b"mark.", b"snapshot", b"results_bag", b"session_results")
_IN_MODULES = re.compile(rb"sys\.modules\[[\"'](\w[\w.]*)", re.ASCII)
_COMMANDS = (b"-m'", b'-m"', b"-c'", b'-c"')
_SCAN_WORDS = (
    *(name.encode() for name in sorted(LOADERS)),
    *(b"pytest_plugins", RUN_PATH.encode(), *_COMMANDS, b"pkgutil"),
)
LOADS_WORDS = (*_SCAN_WORDS, b"resources")
PATCHES_WORDS = (b"atch", b"setattr", b"delattr")
PATH_WORDS = (b"sys.path", b"syspath_prepend", b"addsitedir", b"PYTHONPATH")

# goes over no blank
NAMED = re.compile(rb"[\"'](\.*[^\W\d]\w*(?:\.\w+)+)[\"':]|[\"']([^\W\d]\w*):[^\W\d]\w*[\"']")
_WORD = re.compile(rb"[\"']([^\W\d]\w*)[\"']")
_EXPORTS = re.compile(rb"__all__\b[^\[(\n]*[\[(]([^\])]*)")

QUOTED = re.compile(rb"[\"'](\.*[^\W\d][\w.]*)")
DOCTEST = re.compile(rb"^[ \t]*(?:>>>|\.\.\.) ?([^\r\n]*)", re.MULTILINE)
# PEP 263: in the first two lines, of which the second counts only below a comment
_COOKIE = re.compile(rb"^[ \t\f]*#[^\r\n]*?coding[:=][ \t]*(?!utf-?8|utf_8)", re.IGNORECASE | re.MULTILINE)


def is_encoded(source: bytes) -> bool:
    """Whether the text says that it is written in another encoding than UTF-8."""
    return b"coding" in source[:400] and _COOKIE.search(source, 0, 400) is not None


def loads(source: bytes) -> bool:
    """Whether something in the text may import by a string."""
    if any(word in source for word in _SCAN_WORDS):
        return True
    return b"importlib" in source and b"resources" in source


def patches(source: bytes) -> bool:
    """Whether something in the text may name an attribute of a module by a string."""
    return any(word in source for word in PATCHES_WORDS)


def hooks(source: bytes) -> Iterator[str]:
    """:data:`HOOKS` and :data:`COLLECTS`, where the text has such."""
    if b"pytest_" in source and _HOOKS.search(source) is not None:
        yield HOOKS
        if _COLLECTS.search(source) is not None:
            yield COLLECTS


def bends(source: bytes) -> bool:
    """Whether the text may put a folder before others on the path where modules are looked for."""
    return any(word in source for word in BENDS_WORDS) and _BENDS.search(source) is not None


def binds(source: bytes) -> bool:
    """Whether a test in the text may need the outcome or the results of others."""
    return any(word in source for word in BINDS_WORDS) and _BINDS.search(source) is not None


def loaded_before(source: bytes) -> Iterator[str]:
    """The modules that the text takes from ``sys.modules`` by name: somebody imports them."""
    if b"sys.modules" in source:
        yield from (name.decode("ascii").rstrip(".") for name in _IN_MODULES.findall(source))


def named(source: bytes) -> Iterator[str]:
    """Whatever string of the text has the shape of a module's name: behind :data:`TEXT`.

    Settings, registries and constants hold such names, and others import them.
    """
    for match in NAMED.finditer(source):
        yield TEXT + (match.group(1) or match.group(2)).decode("utf-8", "replace").rstrip(".")


def exported(source: bytes) -> Iterator[str]:
    """What ``__all__`` exports, which a star import loads where it is a module: with a dot before it."""
    if b"__all__" in source:
        for listed in _EXPORTS.finditer(source):
            for match in _WORD.finditer(listed.group(1)):
                yield f"{TEXT}.{match.group(1).decode('utf-8', 'replace')}"


def touches_path(source: bytes) -> bool:
    """Whether the text may add folders to ``sys.path``."""
    return any(word in source for word in PATH_WORDS)


def below(base: str, name: str) -> str:
    """The module path of ``name`` in ``base``, either of which may be empty."""
    return base + name if not name or not base or base.endswith(".") else f"{base}.{name}"
