"""The fast reading of a file: every module that the exact one would name, and some more.

Several times faster than :mod:`ast`, and most files name nothing of the workspace, so that few need the
second one (:mod:`.scan`). It also takes text in strings and ``if TYPE_CHECKING`` for imports.
"""

from __future__ import annotations

from .beyond import BEYOND_WORDS, ROWS, beyond, unpickles
from .found import NAMED_SCRIPT
from .lookalikes import Tangled, opened
from .paths import BUILDS_WORDS, UP_WORDS, builds_path, code_files, scripts
from .private import RELIES, SETS_WORDS, is_private, sets
from .scan import scan
from .statements import modules
from .syntax import Syntax
from .targets import Targets, targets
from .text import (
    BENDS,
    BENDS_WORDS,
    BINDS,
    BINDS_WORDS,
    LENDS,
    LOADS_WORDS,
    NAMED,
    PATCHES_WORDS,
    PATH_WORDS,
    TEXT,
    UNFOLLOWED,
    bends,
    binds,
    exported,
    hooks,
    is_encoded,
    loaded_before,
    loads,
    named,
    patches,
    touches_path,
)
from .vocabulary import Vocabulary
from .walks import WALKS_WORDS, walks

PATH_MARK = "sys.path"
_WORDS = (
    *(LOADS_WORDS, PATCHES_WORDS, PATH_WORDS, BENDS_WORDS, BINDS_WORDS),
    *(BEYOND_WORDS, BUILDS_WORDS, SETS_WORDS),
    *((b".py",), (b"sys.modules",), (b"__all__",), (b"pytest_",), WALKS_WORDS),
)
# what is handed on from elsewhere has any name: of walks these words do not tell all
_LOOSE = (_WORDS.index(WALKS_WORDS),)
_VOCABULARY = Vocabulary((*_WORDS, *(row.words for row in ROWS)), is_private, NAMED, _LOOSE)
_BITS = tuple(1 << number for number in range(len(_WORDS)))
_PRIVATE = 1 << len(_WORDS) + len(ROWS)
_ROWS = tuple((1 << number, row) for number, row in enumerate(ROWS, len(_WORDS)))
_LOADS, _PATCHES, _PATH, _BENDS, _BINDS, _BEYOND, _BUILDS, _SETS, *_MORE = _BITS
_CODE_FILE, _LOADED, _EXPORTS, _HOOKS, _WALKS = _MORE


def sieve(source: bytes) -> tuple[str, ...]:
    """Every module that :func:`scan` would name in ``source``, and some more; sorted.

    :data:`PATH_MARK` is among them where the text touches the import path, :data:`~.text.UNFOLLOWED` where it
    may load what no name in it tells. Strings that may be names of modules stand behind :data:`~.text.TEXT`,
    names of code files behind those of :mod:`.paths`, what it goes through behind that of :mod:`.walks`.
    """
    if not source:
        return ()
    may, matched = _VOCABULARY.of(source)
    computed = lends = False
    syntax = Syntax(source)
    relies: tuple[str, ...] = ()
    scanned_only = (may & _LOADS and loads(source)) or is_encoded(source)
    names = None if scanned_only else _sifted(source, patching=bool(may & _PATCHES))
    if names is None:
        scanned = scan(source, syntax)
        names = {found.module for found in scanned.imports}
        computed, lends, relies = scanned.computed, scanned.lends, scanned.relies
    patched = targets(source, syntax) if may & _PATCHES else Targets()
    if may & (_SETS | _PRIVATE):
        names.update(list(sets(source, names)))
    names.update(RELIES + name for name in relies)
    names.update(TEXT + name for name in patched.names)
    names.update(named(matched))
    if may & _CODE_FILE:
        names.update(code_files(source))
    if may & _CODE_FILE or any(word in source for word in UP_WORDS):
        names.update(NAMED_SCRIPT + path for _, path in scripts(source))
    if may & _LOADED:
        names.update(loaded_before(source))
    if may & _EXPORTS:
        names.update(exported(source))
    if may & _HOOKS:
        names.update(hooks(source))
    if may & _WALKS:
        names.update(walks(source, syntax))
    if may & _PATH and touches_path(source):
        names.add(PATH_MARK)
    if may & _BENDS and bends(source):
        names.add(BENDS)
    if lends or patched.lends:
        names.add(LENDS)
    if may & _BINDS and binds(source):
        names.add(BINDS)
    if computed or patched.line or _is_unfollowed(source, may):
        names.add(UNFOLLOWED)
    return tuple(sorted(names))


def _is_unfollowed(source: bytes, may: int) -> bool:
    if may & _BEYOND:
        if any(may & bit and row.search(source) is not None for bit, row in _ROWS):
            return True
        if unpickles(source) is not None:
            return True
    return bool(may & _BUILDS) and builds_path(source) is not None


def line_unfollowed(source: bytes) -> int | None:
    """The first line that may load what no name tells; ``None`` where only the parser knows of any."""
    places = (place for place in (beyond(source), builds_path(source)) if place is not None)
    lines = [source.count(b"\n", 0, place) + 1 for place in places]
    patched = targets(source).line if patches(source) else None
    return min((*lines, patched) if patched else lines, default=None)


def _sifted(source: bytes, *, patching: bool) -> set[str] | None:
    """What the patterns find; ``None`` where only a parser can tell."""
    try:
        names = modules(source)
    except Tangled:
        return None
    return names.union(opened(source)) if patching else names
