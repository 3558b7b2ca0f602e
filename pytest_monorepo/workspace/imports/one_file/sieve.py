"""The fast reading of a file: every module that the exact one would name, and some more.

Several times faster than :mod:`ast`, and most files name nothing of the workspace, so that few need the
second one (:mod:`.scan`). It also takes text in strings and ``if TYPE_CHECKING`` for imports.
"""

from __future__ import annotations

from .beyond import beyond
from .lookalikes import Tangled, opened, statements
from .paths import builds_path, code_files
from .scan import scan
from .targets import Targets, targets
from .text import (
    BENDS,
    BINDS,
    LENDS,
    TEXT,
    UNFOLLOWED,
    bends,
    binds,
    hooks,
    loaded_before,
    named,
    needs_scan,
    patches,
    touches_path,
)

PATH_MARK = "sys.path"


def sieve(source: bytes) -> tuple[str, ...]:
    """Every module that :func:`scan` would name in ``source``, and some more; sorted.

    :data:`PATH_MARK` is among them where the text touches the import path, :data:`~.text.UNFOLLOWED` where it
    may load what no name in it tells. Strings that may be names of modules stand behind :data:`~.text.TEXT`,
    names of code files behind those of :mod:`.paths`.
    """
    if not source:
        return ()
    computed = lends = False
    names = None if needs_scan(source) else _sifted(source)
    if names is None:
        scanned = scan(source)
        names = {found.module for found in scanned.imports}
        computed, lends = scanned.computed, scanned.lends
    patched = targets(source) if patches(source) else Targets()
    names.update(TEXT + name for name in patched.names)
    names.update(code_files(source))
    names.update(loaded_before(source))
    names.update(named(source))
    names.update(hooks(source))
    if touches_path(source):
        names.add(PATH_MARK)
    if bends(source):
        names.add(BENDS)
    if lends or patched.lends:
        names.add(LENDS)
    if binds(source):
        names.add(BINDS)
    if computed or patched.line or beyond(source) is not None or builds_path(source) is not None:
        names.add(UNFOLLOWED)
    return tuple(sorted(names))


def line_unfollowed(source: bytes) -> int | None:
    """The first line that may load what no name tells; ``None`` where only the parser knows of any."""
    places = (place for place in (beyond(source), builds_path(source)) if place is not None)
    lines = [source.count(b"\n", 0, place) + 1 for place in places]
    patched = targets(source).line if patches(source) else None
    return min((*lines, patched) if patched else lines, default=None)


def _sifted(source: bytes) -> set[str] | None:
    """What the patterns find; ``None`` where only a parser can tell."""
    try:
        names = {module for _, modules in statements(source) for module in modules}
    except Tangled:
        return None
    return names.union(opened(source)) if patches(source) else names
