"""Which names of a parsed file may come to hold more than they were bound to.

``L = []`` says nothing of what is in ``L`` once something has been appended, by this file or by whom the list
is handed on to. What is only read, here, holds what it was bound to.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from .literals import last_name
from .syntax import Syntax, below, children

_DISPLAYS = (ast.List, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp)
_SHELLS = (ast.Tuple, ast.List, ast.Set, ast.Dict, ast.IfExp, ast.BoolOp, ast.Starred, ast.NamedExpr)
_READERS = frozenset(("copy", "count", "index", "isdisjoint", "items", "keys", "values"))
_GIVERS = frozenset(("clear", "get", "pop", "remove", "reverse", "sort"))
_COPIERS = frozenset(("enumerate", "frozenset", "list", "reversed", "set", "sorted", "tuple", "zip"))
_LOOKERS = frozenset(("all", "any", "bool", "isinstance", "len", "max", "min", "print", "repr", "str", "sum"))
_HARMLESS = _COPIERS | _LOOKERS | {"fixture", "param", "parametrize"}
_HARMLESS_METHODS = frozenset(("fixture", "join", "param", "parametrize"))
_SETTERS = frozenset(("__setattr__", "multiple", "object", "patch", "setattr"))
_NAMESPACES = frozenset(("eval", "exec", "globals", "locals", "vars"))
_SPACES = frozenset(("__dict__", "__globals__", "f_globals", "f_locals"))
_NAMING = frozenset((ast.Name, ast.Attribute))
_CHANGING = frozenset((ast.Subscript, ast.AugAssign, ast.Call))
_READING = (ast.Compare, ast.FormattedValue, ast.BinOp, ast.UnaryOp, ast.Assert, ast.If, ast.While, ast.Expr)


class Bound(NamedTuple):
    """One binding: to ``value`` itself, or to an ``element`` of it."""

    name: str
    value: ast.expr
    element: bool = False


class _Containers(NamedTuple):
    """The names of lists, sets and dicts, and of whatever has such within."""

    held: set[str]
    holding: set[str]

    def is_one(self, value: ast.AST) -> bool:
        if isinstance(value, ast.IfExp | ast.BoolOp | ast.NamedExpr):
            return any(map(self.is_one, children(value)))
        if isinstance(value, ast.Subscript):
            return self.has_one(value.value)
        return isinstance(value, _DISPLAYS) or last_name(value) in self.held

    def has_one(self, value: ast.AST) -> bool:
        if last_name(value) in self.holding:
            return True
        copied = _copied(value)
        if copied is not None:
            return any(map(self.has_one, copied))
        if isinstance(value, ast.List | ast.Tuple | ast.Set):
            return any(
                self.has_one(one) if isinstance(one, ast.Starred) else self.is_one(one) or self.has_one(one)
                for one in value.elts
            )
        return any(one is not value and self.is_one(one) for one in below(value))


def _copied(value: ast.AST) -> Sequence[ast.AST] | None:
    """Of what the value has the elements, and no more."""
    if isinstance(value, ast.IfExp | ast.BoolOp | ast.NamedExpr):
        return children(value)
    if isinstance(value, ast.Starred | ast.Subscript):
        return (value.value,)
    if not isinstance(value, ast.Call) or value.keywords:
        return None
    if isinstance(value.func, ast.Attribute) and value.func.attr in _READERS:
        return (value.func.value,)
    return value.args if isinstance(value.func, ast.Name) and value.func.id in _COPIERS else None


def grown(syntax: Syntax, bounds: Sequence[Bound]) -> frozenset[str]:
    """The names, of those bound, that may also be or hold what their values in the file do not tell."""
    names = {bound.name for bound in bounds}
    if any(map(_is_namespace, syntax.among(_NAMING))):
        return frozenset(names)
    containers = _containers(bounds)
    nodes, above = syntax.nodes, syntax.above
    # a file's top is nobody's part
    parents = {
        id(node): nodes[number] for node, number in zip(nodes, above, strict=True) if node is not nodes[0]
    }
    found = {
        name
        for node in syntax.among(_NAMING)
        if (name := last_name(node)) in containers.held and _is_given(node, parents, containers)
    }
    found |= {name for node in syntax.among(_CHANGING) for name in _changed(node)}
    return frozenset(names.intersection(_aliased(found, bounds, containers.held)))


def _is_namespace(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in _SPACES
    return isinstance(node, ast.Name) and node.id in _NAMESPACES


def _containers(bounds: Sequence[Bound]) -> _Containers:
    found = _Containers(set(), set())
    size = -1
    while size < (size := len(found.held) + len(found.holding)):
        for name, value, element in bounds:
            within = found.has_one(value)
            if within if element else found.is_one(value):
                found.held.add(name)
            if within:
                found.holding.add(name)
    return found


def _aliased(found: Iterable[str], bounds: Sequence[Bound], held: set[str]) -> set[str]:
    """With all names whose container one of these names may be, or be within."""
    names, rest = set(found), list(found)
    values: dict[str, list[ast.expr]] = {}
    for bound in bounds:
        values.setdefault(bound.name, []).append(bound.value)
    while rest:
        inner = (node for value in values.get(rest.pop(), ()) for node in below(value))
        new = {other for node in inner if (other := last_name(node)) in held and other not in names}
        names.update(one for one in new if one is not None)
        rest += [one for one in new if one is not None]
    return names


def _changed(node: ast.AST) -> Iterator[str]:
    """The names of what the node changes in place, or sets by a string."""
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        yield from _base(node)
    elif isinstance(node, ast.AugAssign):
        yield from _base(node.target)
    elif isinstance(node, ast.Call) and last_name(node.func) in _SETTERS:
        texts = (
            one.value for given in node.args[:2] for one in below(given) if isinstance(one, ast.Constant)
        )
        yield from (text.rpartition(".")[2] for text in texts if isinstance(text, str))
        yield from (word.arg for word in node.keywords if word.arg is not None)


def _base(node: ast.expr) -> Iterator[str]:
    while isinstance(node, ast.Subscript):
        node = node.value
    name = last_name(node)
    yield from () if name is None else (name,)


def _is_given(node: ast.AST, parents: Mapping[int, ast.AST], containers: _Containers) -> bool:
    """Whether what the node names goes where it may be changed; what else is bound to it is seen apart."""
    if not isinstance(getattr(node, "ctx", None), ast.Load):
        return False
    deep = last_name(node) in containers.holding
    above = parents[id(node)]
    while isinstance(above, _SHELLS) or (deep and _takes_out(node, above)):
        node, above = above, parents[id(above)]
    if isinstance(above, ast.Attribute):
        return above.attr not in (_READERS if deep else _READERS | _GIVERS)
    if isinstance(above, ast.Subscript):
        return False
    if isinstance(above, ast.Assign | ast.AnnAssign):
        return not all(map(_is_name, above.targets if isinstance(above, ast.Assign) else (above.target,)))
    return not _only_reads(above, node, parents)


def _takes_out(node: ast.AST, above: ast.AST) -> bool:
    return isinstance(above, ast.Subscript) and above.value is node


def _is_name(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(map(_is_name, target.elts))
    return isinstance(target.value if isinstance(target, ast.Starred) else target, ast.Name)


def _only_reads(above: ast.AST, node: ast.AST, parents: Mapping[int, ast.AST]) -> bool:
    if isinstance(above, ast.keyword):
        above = parents[id(above)]
    if isinstance(above, ast.Call):
        harmless = _HARMLESS if isinstance(above.func, ast.Name) else _HARMLESS_METHODS
        return node is not above.func and last_name(above.func) in harmless
    if isinstance(above, ast.For | ast.AsyncFor | ast.comprehension):
        return above.iter is node
    return isinstance(above, _READING)
