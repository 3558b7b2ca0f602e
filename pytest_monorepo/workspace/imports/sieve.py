"""The fast reading of a file: every module that the exact one would name, and some more.

Several times faster than :mod:`ast`, and most files name nothing of the workspace, so that few need the
second one (:mod:`.scan`). It also takes text in strings and ``if TYPE_CHECKING`` for imports.
"""

from __future__ import annotations

from .lookalikes import Tangled, opened, statements
from .scan import scan
from .text import (
    BENDS,
    BINDS,
    UNFOLLOWED,
    bends,
    binds,
    hooks,
    loaded_before,
    loads_beyond,
    named,
    needs_scan,
    patches,
    touches_path,
)

PATH_MARK = "sys.path"


def sieve(source: bytes) -> tuple[str, ...]:
    """Every module that :func:`scan` would name in ``source``, and some more; sorted.

    :data:`PATH_MARK` is among them where the text touches the import path, :data:`~.text.UNFOLLOWED` where it
    may load what no name in it tells. Strings that may be names of modules stand behind :data:`~.text.TEXT`.
    """
    if not source:
        return ()
    beyond = loads_beyond(source)
    names = None if needs_scan(source) else _sifted(source)
    if names is None:
        scanned = scan(source)
        names = {found.module for found in scanned.imports}
        beyond = beyond or scanned.computed
    names.update(loaded_before(source))
    names.update(named(source))
    names.update(hooks(source))
    if touches_path(source):
        names.add(PATH_MARK)
    if bends(source):
        names.add(BENDS)
    if binds(source):
        names.add(BINDS)
    if beyond:
        names.add(UNFOLLOWED)
    return tuple(sorted(names))


def _sifted(source: bytes) -> set[str] | None:
    """What the patterns find; ``None`` where only a parser can tell."""
    try:
        names = {module for _, modules in statements(source) for module in modules}
    except Tangled:
        return None
    return names.union(opened(source)) if patches(source) else names
