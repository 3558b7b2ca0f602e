"""The names of modules that an expression may be, where the file itself tells all of them.

``import_module(f"{_BASE}.x")`` imports what ``_BASE`` is. What other files can set tells nothing: a name of
the module, or of a class in it, that does not start with an underscore. A registry is filled so, and a test
may patch a setting. One with an underscore tells as long as no other file may set it (:mod:`.private`).
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import cached_property

from .bindings import Bindings, bindings
from .literals import dotted, last_name
from .private import is_private
from .syntax import Syntax, below, children
from .targets import texts

# stands for the module's own name
_HERE = "\0"
_MOST = 500
_OWN_NAMES = frozenset(("__name__", "__package__"))


class Spoken:
    """Of one file, read when first asked."""

    def __init__(self, syntax: Syntax) -> None:
        self._syntax = syntax

    def names(self, node: ast.expr) -> tuple[str, ...] | None:
        """The dotted names, a dot for the module's own; ``None`` where the file does not tell."""
        found = texts(node, self._bound)
        # an empty table is there to be filled, and each load of a very long one names all in it
        if not found or len(found) > _MOST:
            return None
        names: list[str] = []
        for text in found:
            if text.isdecimal():
                continue
            name = text.removeprefix(_HERE)
            told = dotted(name) if name else (".",)
            # "shop.load" + "_fast" is no module below "shop.load"
            if not told or (name != text and not name.startswith(".")):
                return None
            names += told
        return tuple(names)

    @property
    def relied(self) -> tuple[str, ...]:
        """The private names that tell: another file may set them all the same."""
        if "_bound" not in self.__dict__:
            return ()
        asked = self._bound.texts
        found = {name for name, _ in asked if _is_private(name)} - _OWN_NAMES
        size = -1
        while size < (size := len(found)):
            found |= {one.name for one in self._bound.bounds if not found.isdisjoint(_held(one.value))}
        return tuple(sorted(found))

    @cached_property
    def _bound(self) -> Bindings:
        found = bindings(self._syntax)
        rest = [*_open(self._syntax.tree.body), *_quoted(self._syntax, {one.name for one in found.bounds})]
        known = set(rest)
        values: dict[str, list[ast.expr]] = {}
        for one in found.bounds:
            values.setdefault(one.name, []).append(one.value)
        while rest:
            name = rest.pop()
            found.values.pop(name, None)
            # TABLE = _TABLE: whoever has the one fills the other
            new = {held for value in values.get(name, ()) for held in _held(value)} - known
            known |= new
            rest += new
        for name in _OWN_NAMES:
            found.values.setdefault(name, [ast.Constant(_HERE)])
        # a class is called otherwise than its module, and may come from another than it is imported from
        found.unknown |= found.own
        found.classes.clear()
        found.modules.clear()
        return found


def _is_private(name: str) -> bool:
    return is_private(name.encode())


def _held(value: ast.expr) -> Iterator[str]:
    """The names whose own value this may be, or hold: what is put together of texts is another one."""
    waiting: list[ast.AST] = [value]
    while waiting:
        node = waiting.pop()
        name = last_name(node)
        yield from () if name is None else (name,)
        waiting += () if isinstance(node, ast.JoinedStr | ast.BinOp) else children(node)


def _quoted(syntax: Syntax, bound: Collection[str]) -> Iterator[str]:
    """The private names that ``__all__`` may give to others, or that may be set by what they are called.

    By any of the ``bound`` where what is set is no text at hand.
    """
    whole = {id(word.value) for word in syntax.of(ast.Expr)}
    for node in syntax.of(ast.Constant):
        if isinstance(node.value, str) and "_" in node.value and id(node) not in whole:
            yield from (name for name in node.value.split(".") if name.startswith("_"))
    if any(map(_sets_what_is_computed, syntax.of(ast.Call))):
        yield from (name for name in bound if _is_private(name))


def _sets_what_is_computed(call: ast.Call) -> bool:
    """``setattr(module, name, value)``; what is set in ``self`` is none of the module's."""
    if last_name(call.func) not in ("setattr", "delattr", "__setattr__", "object") or len(call.args) < 2:
        return False
    within, name = call.args[:2]
    return last_name(within) not in ("self", "cls") and not isinstance(name, ast.Constant)


def _open(body: list[ast.stmt]) -> Iterator[str]:
    """The names that other files can bind anew, or fill."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            # what is declared global there is one of the module
            inner = (one for one in below(node) if isinstance(one, ast.Global))
            yield from (name for one in inner for name in one.names if not _is_private(name))
            continue
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = last_name(node) or ""
            yield from () if _is_private(name) else (name,)
        waiting += children(node)
