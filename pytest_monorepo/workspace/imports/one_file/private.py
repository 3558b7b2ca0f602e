"""The private names of other files that a text may set, by pattern.

A file that takes names of modules from ``_TABLE`` tells what it loads while nobody else sets that. Whoever
does has the name in a text: behind a dot, in a string, as a keyword; or the start of it, where it is put
together; or takes all names that something has, for a module that it imports.
"""

from __future__ import annotations

import re
import unicodedata
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
    b"multiple(",
    b"getattr(",
    b"getattr_static(",
    b"getmembers(",
    b"exec(",
)
_FIRST = rb"_+[0-9A-Za-z\x80-\xff]"
_NAME = re.compile(
    rb"(?:\.(?<!\bself\.)(?<!\bcls\.)[\s\\]*|[\"'](?:[\w.]+:)?|})(?=%b)([\w\x80-\xff]+)" % _FIRST
)
# what begins with letters is found many times sooner than what begins with a look at what stands before
_ALONE = rb"_(?<![\w\x80-\xff]_)_*[0-9A-Za-z\x80-\xff]"
_WORD = re.compile(rb"(%b[\w\x80-\xff]*)(?:[\s\\]|#[^\n]*\n)*=(?!=)" % _ALONE)
# of code in a string behind the escape that ends a line, too
_ALL_WORDS = re.compile(rb"_(?:(?<![\w\x80-\xff]_)|(?<=\\[nt]_))_*[0-9A-Za-z\x80-\xff][\w\x80-\xff]*")
# "_BACK" + "END", "_BACK" "END", "_%s", f"_{name}"; "_".join() begins with it only behind an empty part
_GOES_ON = rb"(?:[\"'](?:[\s\\]*\+|[\s\\]*[fFrRuU]{0,2}[\"']|\.format\b)|\{|%|\$)"
_START = re.compile(rb"[.\"'}](_\w+)" + _GOES_ON)
_BARE_START = re.compile(rb"[.\"']_" + _GOES_ON)
_BY_NAME = (b"attr", b"getmembers", b"vars(", b"__dict__", b"_globals", b"patch", b"multiple(", b"setitem")
# what sets by name, of which the arguments are read; handed on, or with words from elsewhere; and all names
# that something has
_SETTERS = (
    re.compile(rb"attr(?:(?<=setattr)|(?<=delattr))(?:__)?\("),
    re.compile(rb"object(?<!\wobject)(?:__)?\("),
)
_BEFORE = re.compile(rb"([\w.]+)\.__\Z")
_ANYHOW = (
    re.compile(rb"attr(?:(?<=setattr)(?<!\wsetattr)|(?<=delattr)(?<!\wdelattr))\s*[,)]"),
    re.compile(rb"multiple\((?<!\wmultiple\()[^)]{0,400}\*\*"),
)
_SPACE_NAME = re.compile(rb"__(?:dict|globals)__[\"']")
_QUOTED_BEFORE = re.compile(rb"[\"'](?:[\w.]+\.)?\Z")
# what is asked for by such a name, or with all others, and may be filled
_GETTER = re.compile(rb"get(?<!\wget)(?:attr(?:_static)?|members)\(")
_FILLS = re.compile(
    rb"\]\s*(?:[|+]?=(?!=)|:=)|\.(?:update|setdefault|append|extend|insert|add|pop|remove|clear)\(|(?:set|del)item\(|patch\.dict|\bdel\b"
)
_LISTED = re.compile(rb"\bdir\(|\bvars\(|__dict__|getmembers|__annotations__")
_SPACE = re.compile(rb"\bvars\(\s*([\w.]+|[^\n]{0,200}sys\.modules|[^\n]{0,200}import_module)")
_SPACE_OF = re.compile(rb"(?:__dict__|__globals__|f_globals)\b")
_SPACE_WORDS = (b"__dict__", b"__globals__", b"f_globals")
_OWNER = re.compile(rb"([\w.]+|\])\s*\.\s*\Z")
_IMPORTED = re.compile(rb"import(?<!\wimport)(?!\w)[ \t]*(\([^)]*\)|(?:\\\n|[^\n])*)")
_LOADED = (b"sys.modules", b"import_module", b"__import__", b"]")
_LOOKED_UP = (*_LOADED[:-1], b"reload(")
_COMMENT_LINE = re.compile(rb"^[ \t]*#[^\n]*\n", re.MULTILINE)
_COMMENT = re.compile(rb"#[^\n]*")
_LITERAL = re.compile(rb"[rRuU]?(?:\"[^\"\\]*\"|'[^'\\]*')")
_WORDS = re.compile(rb"[^\W\d]\w*")
_CALL = re.compile(rb"\w\s*\(")
_ITSELF = (b"self", b"cls")
_OBJECTS = (b"target", b"obj", b"object")
_REACH = 400
# of so many things that are set by name one is a module
_MANY = 50


def is_private(run: bytes) -> bool:
    """Whether a run of letters is a private name, or may be the start of one."""
    return run.startswith(b"_") and not (run.startswith(b"__") and run.endswith(b"__"))


def sets(source: bytes, imported: Iterable[str]) -> Iterator[str]:
    """:data:`SETS` before whatever private name of another file the text may set, or is ``imported``."""
    found = {unicodedata.normalize("NFKC", name.decode("utf-8", "replace")) for name in _set_by(source)}
    yield from (SETS + name for name in found)
    last = (module.rpartition(".")[2] for module in imported)
    yield from (SETS + name for name in last if is_private(name.encode()) and ":" not in name)


def meant(pattern: str, names: Collection[str]) -> Iterator[str]:
    """Which of the private names one that :func:`sets` found means."""
    if pattern.endswith(ANY):
        yield from (name for name in names if name.startswith(pattern[: -len(ANY)]))
    elif pattern in names:
        yield pattern


def _set_by(source: bytes) -> Iterator[bytes]:
    yield from filter(is_private, _NAME.findall(source))
    yield from (name + ANY.encode() for name in _START.findall(source))
    yield from _keywords(source)
    if b"exec" in source:
        yield from _ALL_WORDS.findall(source)
    if any(word in source for word in _BY_NAME) and _sets_any(source):
        yield b"_" + ANY.encode()


def _keywords(source: bytes) -> Iterator[bytes]:
    """The private keywords of calls: ``put(load, _N=3)`` may set one."""
    if b"#" in source:
        source = _COMMENT_LINE.sub(b"", source)
    for found in _WORD.finditer(source):
        if _goes_on(source[max(0, found.start() - _REACH) : found.start()].rstrip()):
            yield found[1]


def _goes_on(before: bytes) -> bool:
    """Whether an argument may follow, or a line that is joined: behind a comment, if there is one."""
    line = before.rpartition(b"\n")[2]
    ends = (before, *(line[: sign.start()].rstrip() for sign in re.finditer(b"#", line)))
    return any(end.endswith((b"(", b",", b"\\")) for end in ends)


def _sets_any(source: bytes) -> bool:
    """Whether it may set any private name: one that is put together, or all that something has."""
    if _BARE_START.search(source) is not None:
        return True
    if any(pattern.search(source) is not None for pattern in _ANYHOW) or _names_space(source):
        return True
    computed = set(_computed(source))
    if computed and _LISTED.search(source) is not None:
        return True
    by_function = _SPACE.finditer(source) if b"vars(" in source else ()
    spaces = {*(found[1] for found in by_function), *_with_space(source)}
    filled = set(_asked(source))
    if filled and _FILLS.search(source) is None:
        filled = set()
    return _has_module(computed | spaces | filled, source)


def _names_space(source: bytes) -> bool:
    """Whether ``"module.__dict__"`` stands in it as a text."""
    for found in _SPACE_NAME.finditer(source):
        start = source.rfind(b"\n", 0, found.start()) + 1
        if _QUOTED_BEFORE.search(source, start, found.start()) is not None:
            return True
    return False


def _asked(source: bytes) -> Iterator[bytes]:
    """What is asked for something by a name that is no string at hand, or for all that it has."""
    for found in _GETTER.finditer(source) if b"getattr" in source or b"getmembers(" in source else ():
        plain, _ = _arguments(source[found.end() : found.end() + _REACH])
        if len(plain) < 2 or _LITERAL.fullmatch(plain[1]) is None:
            yield from (one for one in plain[:1] if one not in _ITSELF)


def _computed(source: bytes) -> Iterator[bytes]:
    """What is given a name that is no string at hand."""
    for found in (found for pattern in _SETTERS for found in pattern.finditer(source)):
        plain, words = _arguments(source[found.end() : found.end() + _REACH])
        pairs = [(plain[:1] or [words.get(word, b"") for word in _OBJECTS if word in words], plain[1:2])]
        start = found.start() - 3 * found[0].startswith(b"attr")
        owner = _BEFORE.search(source, max(0, start - 100), start)
        if owner is not None:
            pairs.append(([owner[1]], plain[:1]))
        for objects, names in pairs:
            names = names or [words[word] for word in (b"name", b"attribute") if word in words]
            spread = not names and any(one.startswith(b"*") for one in plain)
            if spread or any(_LITERAL.fullmatch(name) is None for name in names):
                yield from (one for one in objects if one and one not in _ITSELF)


def _arguments(text: bytes) -> tuple[list[bytes], dict[bytes, bytes]]:
    """The arguments of a call, by place and by word, of the text behind its bracket."""
    parts, depth = [b""], 0
    for piece in re.findall(
        rb"\"[^\"\n]*\"|'[^'\n]*'|[^\"'()\[\]{},]+|.", _COMMENT.sub(b"", text), re.DOTALL
    ):
        if piece in (b")", b"]", b"}"):
            depth -= 1
            if depth < 0:
                break
        depth += piece in (b"(", b"[", b"{")
        if piece == b"," and not depth:
            parts.append(b"")
        else:
            parts[-1] += piece
    plain: list[bytes] = []
    words: dict[bytes, bytes] = {}
    for part in filter(None, (part.strip() for part in parts)):
        word, equals, value = part.partition(b"=")
        if equals and re.fullmatch(rb"\w+", word.strip()) and not value.startswith(b"="):
            words[word.strip()] = value.strip()
        else:
            plain.append(part)
    return plain, words


def _with_space(source: bytes) -> Iterator[bytes]:
    """What stands before each ``.__dict__``."""
    for found in _SPACE_OF.finditer(source) if any(word in source for word in _SPACE_WORDS) else ():
        owner = _OWNER.search(source, max(0, found.start() - 100), found.start())
        yield from () if owner is None else (owner[1],)


def _has_module(texts: Collection[bytes], source: bytes) -> bool:
    """Whether one of the things that are set there may be a module: what the file imports or looks up."""
    if not texts:
        return False
    if any(word in text for text in texts for word in _LOADED):
        return True
    imported = {word for names in _IMPORTED.findall(source) for word in _WORDS.findall(names)}
    if any(not imported.isdisjoint(_WORDS.findall(text)[: _depth(text)]) for text in texts):
        return True
    roots = {_root(text) for text in texts} - {b""}
    return len(roots) > _MANY or any(_is_other_name(root, imported, source) for root in roots)


def _depth(text: bytes) -> int | None:
    """How many words of a text may be a module: the first of a dotted name, any of a call."""
    return None if b"(" in text else 1


def _root(text: bytes) -> bytes:
    """The first of the names in ``at.x``, or what is behind ``self``."""
    words = [word for word in _WORDS.findall(text)[:2] if word not in _ITSELF]
    return words[0] if words else b""


def _is_other_name(name: bytes, imported: Collection[bytes], source: bytes) -> bool:
    """Whether the file says ``name = load``, ``for name in (load,)``, or calls with it what has the name."""
    word = re.escape(name)
    bound = (
        rb"\b%b\b\s*(?::[^=\n]{0,80})?=(?!=)([^\n#]*)|\bfor\b[^\n]{0,80}\b%b\b[^\n]{0,80}?\bin\b([^\n#]*)"
        % (word, word)
    )
    for found in re.finditer(bound, source):
        value = found[1] or found[2] or b""
        if any(word in value for word in _LOOKED_UP):
            return True
        if _CALL.search(value) is None and not set(_WORDS.findall(value)).isdisjoint(imported):
            return True
    for function in set(re.findall(rb"\bdef (\w+)\([^)]{0,200}\b%b\b" % word, source)):
        for called in re.findall(rb"(?<!def )\b%b\(([^()\n]*)" % re.escape(function), source):
            if not set(_WORDS.findall(called)).isdisjoint(imported):
                return True
    return False
