"""The private names of other files that a text may set, by pattern.

A file that takes names of modules from ``_TABLE`` tells what it loads while nobody else sets that. Whoever
does has the name in a text: behind a dot, in a string, as a keyword; or the start of it, where it is put
together; or takes all names that something has, for a module that it imports.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

# Stands before a private name from which the file takes names of modules, and before one that the file may
# set in another file; behind the start of names, ANY.
RELIES = "sys.relies:"
SETS = "sys.sets:"
ANY = "*"

# One of these stands where :func:`sets` finds more than names at hand; a private one is a run of letters.
SETS_WORDS = (
    b"setattr",
    b"delattr",
    b"vars(",
    b"__dict__",
    b"__globals__",
    b"f_globals",
    b"object(",
    b"exec(",
)
_NAME = re.compile(rb"[.\"'}](?=_+[A-Za-z])(?<!\bself[.])(?<!\bcls[.])(\w+)\b(?<!__)")
_WORD = re.compile(rb"_+[A-Za-z]\w*\s*=(?!=)")
# of code in a string behind the escape that ends a line, too
_ALL_WORDS = re.compile(rb"(?:(?<!\w)|(?<=\\[nt]))_+[A-Za-z]\w*")
# "_BACK" + "END", "_BACK" "END", "_%s", f"_{name}"; "_".join() begins with it only behind an empty part
_GOES_ON = rb"(?:[\"'](?:[\s\\]*\+|[\s\\]*[fFrRuU]{0,2}[\"']|\.format\b)|\{|%|\$)"
_START = re.compile(rb"[.\"'}](_\w+)" + _GOES_ON)
_BARE_START = re.compile(rb"[.\"']_" + _GOES_ON)
_BY_NAME = (b"attr", b"vars(", b"__dict__", b"_globals", b"patch", b"multiple(", b"setitem")
# a name that is no string at hand, set in something; and all names that something has
_COMPUTED = re.compile(
    rb"(?:setattr(?:__)?|delattr(?:__)?|\bobject)\(\s*(?!self\b|cls\b)([^,\n]*),\s*(?![\"'])"
)
_LISTED = re.compile(rb"\bdir\(|\bvars\(|__dict__|getmembers|__annotations__")
_SPACE = re.compile(rb"\bvars\(\s*([\w.]+|[^\n]*sys\.modules|[^\n]*import_module)")
_SPACE_OF = re.compile(rb"(?:__dict__|__globals__|f_globals)\b")
_OWNER = re.compile(rb"([\w.]+|\])\s*\.\s*\Z")
_IMPORTED = re.compile(rb"\bimport\b[ \t]*(\([^)]*\)|(?:\\\n|[^\n])*)")
_LOADED = (b"sys.modules", b"import_module", b"__import__", b"]")


def is_private(run: bytes) -> bool:
    """Whether a run of letters is a private name, or may be the start of one."""
    return run.startswith(b"_") and not (run.startswith(b"__") and run.endswith(b"__"))


def sets(source: bytes, imported: Iterable[str]) -> Iterator[str]:
    """:data:`SETS` before whatever private name of another file the text may set, or is ``imported``."""
    found = set(_set_by(source))
    yield from (SETS + name.decode("utf-8", "replace") for name in found)
    last = (module.rpartition(".")[2] for module in imported)
    yield from (SETS + name for name in last if name.startswith("_") and ":" not in name)


def meant(pattern: str, names: Collection[str]) -> Iterator[str]:
    """Which of the private names one that :func:`sets` found means."""
    if pattern.endswith(ANY):
        yield from (name for name in names if name.startswith(pattern[: -len(ANY)]))
    elif pattern in names:
        yield pattern


def _set_by(source: bytes) -> Iterator[bytes]:
    yield from _NAME.findall(source)
    yield from (name + ANY.encode() for name in _START.findall(source))
    yield from _keywords(source)
    if b"exec" in source:
        yield from _ALL_WORDS.findall(source)
    if any(word in source for word in _BY_NAME) and _sets_any(source):
        yield b"_" + ANY.encode()


def _keywords(source: bytes) -> Iterator[bytes]:
    """The private keywords of calls: ``vars(load).update(_N=3)`` sets one."""
    for found in _WORD.finditer(source):
        before = source[max(0, found.start() - 400) : found.start()].rstrip()
        while before and before[-1:] not in (b"(", b","):
            above, _, line = before.rpartition(b"\n")
            code, comment, _ = line.partition(b"#")
            before = (above + b"\n" + code).rstrip() if comment else b""
        if before:
            yield found[0].rstrip(b"= \t\r\n")


def _sets_any(source: bytes) -> bool:
    """Whether it may set any private name: one that is put together, or all that something has."""
    if _BARE_START.search(source) is not None:
        return True
    computed = [found[1] for found in _COMPUTED.finditer(source)]
    if computed and _LISTED.search(source) is not None:
        return True
    spaces = [*(found[1] for found in _SPACE.finditer(source)), *_with_space(source)]
    return any(_is_module(one, source) for one in (*computed, *spaces))


def _with_space(source: bytes) -> Iterator[bytes]:
    """What stands before each ``.__dict__``."""
    for found in _SPACE_OF.finditer(source):
        owner = _OWNER.search(source, max(0, found.start() - 100), found.start())
        yield from () if owner is None else (owner[1],)


def _is_module(text: bytes, source: bytes) -> bool:
    """Whether what is set there may be a module: something that the file imports or looks up."""
    if any(word in text for word in _LOADED):
        return True
    root = text.strip().partition(b".")[0]
    words = rb"\b" + re.escape(root) + rb"\b"
    return bool(root) and any(re.search(words, names) for names in _IMPORTED.findall(source))
