"""What a file imports, as values."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["code", "guess", "doctest"]
SCRIPT = "path:"
"""Stands before the path of a script where others name a module."""
NAMED_SCRIPT = f"{SCRIPT}?/"
"""Stands before one that is merely named: whoever does may start it, and may do nothing with it."""


class Import(NamedTuple):
    """``module`` is the longest path the statement may mean: ``from a import b`` is ``"a.b"``, and whoever
    resolves it falls back to ``"a"``; leading dots are relative as in the source. ``line`` counts from 1.

    A script that is run by its path has that path behind :data:`SCRIPT`, as written.

    A ``"guess"`` is a dotted string of a file that imports modules by names it computes; a ``"doctest"``
    import runs only where doctests do.
    """

    module: str
    line: int
    kind: Kind = "code"


class FileImports(NamedTuple):
    """The run-time imports of one file by line; not ``parsed`` means found by patterns, so too many.

    ``computed`` where it also imports by names that it computes, ``lends`` where a function that imports by
    name has another name, by which other files may import that function. ``relies`` are the private names
    of the file that tell what it imports.
    """

    imports: tuple[Import, ...] = ()
    parsed: bool = True
    computed: bool = False
    lends: bool = False
    relies: tuple[str, ...] = ()
