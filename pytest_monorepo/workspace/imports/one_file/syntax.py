"""The syntax of one file, parsed and walked once for all who read it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, TypeVar

Node = TypeVar("Node", bound=ast.AST)

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, LookupError)
"""What a file raises that cannot be parsed, or not be gone through."""
# these hold no node in any class of ``ast``, or only what says how another is meant: ``Load``, ``Add``
_PLAIN = frozenset(
    (
        *("ctx", "op", "ops", "id", "attr", "arg", "module", "level", "kind", "type_comment", "conversion"),
        *("simple", "is_async", "rest", "asname", "kwd_attrs", "type_ignores", "lineno", "tag", "str"),
    )
)
_PLAIN_OF: dict[type, frozenset[str]] = {ast.Constant: frozenset(("value",))}
_GIVING_BACK = (ast.Return, ast.Yield, ast.YieldFrom)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LEAVES = frozenset((ast.Name, ast.Constant, ast.alias, ast.Pass))
# of those that stand everywhere, what they have is known without a look at their fields
_KNOWN: dict[type, Callable[[Any], list[ast.AST]]] = {
    ast.Attribute: lambda node: [node.value],
    ast.Call: lambda node: [node.func, *node.args, *node.keywords],
    ast.keyword: lambda node: [node.value],
    ast.Expr: lambda node: [node.value],
    ast.Assign: lambda node: [*node.targets, node.value],
    ast.Compare: lambda node: [node.left, *node.comparators],
    ast.Subscript: lambda node: [node.value, node.slice],
    ast.List: lambda node: node.elts,
    ast.Tuple: lambda node: node.elts,
    ast.BinOp: lambda node: [node.left, node.right],
    ast.JoinedStr: lambda node: node.values,
    ast.Await: lambda node: [node.value],
}
_FIELDS: dict[type, tuple[str, ...]] = {}


def _fields_of(kind: type[ast.AST]) -> tuple[str, ...]:
    plain = _PLAIN | _PLAIN_OF.get(kind, frozenset())
    return tuple(name for name in kind._fields if name not in plain)


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes of :func:`ast.iter_child_nodes`, without those that say how another is meant.

    The list may be the node's own: it is not to be changed.
    """
    kind = node.__class__
    known = _KNOWN.get(kind)
    if known is not None:
        return known(node)
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = _FIELDS[kind] = _fields_of(kind)
    found: list[ast.AST] = []
    for name in fields:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [one for one in value if isinstance(one, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def below(start: ast.AST) -> list[ast.AST]:
    """The nodes of :func:`ast.walk`, in its order, without those that say how another is meant."""
    found = [start]
    leaves = _LEAVES
    for node in found:  # grows as it goes
        if node.__class__ not in leaves:
            found += children(node)
    return found


class Syntax:
    """Of the text ``source``; whoever asks first meets what :data:`UNREADABLE` names."""

    def __init__(self, source: bytes) -> None:
        self.source = source

    @cached_property
    def tree(self) -> ast.Module:
        with warnings.catch_warnings():
            # an invalid escape is the file's own matter, and an error where the user's filters say so
            warnings.simplefilter("ignore")
            return ast.parse(self.source)

    @property
    def nodes(self) -> list[ast.AST]:
        """Those of :func:`below` the whole tree."""
        return self._walked[0]

    @property
    def above(self) -> list[int]:
        """For each of the nodes the number of the one that it is part of; of the first its own, 0."""
        return self._walked[1]

    @cached_property
    def _walked(self) -> tuple[list[ast.AST], list[int]]:
        nodes: list[ast.AST] = [self.tree]
        above, leaves = [0], _LEAVES
        for number, node in enumerate(nodes):  # grows as it goes
            if node.__class__ not in leaves and (found := children(node)):
                nodes += found
                above += [number] * len(found)
        return nodes, above

    @cached_property
    def _by_kind(self) -> dict[type, list[ast.AST]]:
        found: dict[type, list[ast.AST]] = {}
        for node in self.nodes:
            found.setdefault(node.__class__, []).append(node)
        return found

    def of(self, kind: type[Node]) -> list[Node]:
        """All nodes of one class, in order."""
        return self._by_kind.get(kind, [])  # type: ignore[return-value]

    def among(self, kinds: frozenset[type]) -> Iterator[ast.AST]:
        """All nodes of several classes, in order."""
        return (node for node in self.nodes if node.__class__ in kinds)

    @cached_property
    def given_back(self) -> dict[int, list[ast.expr]]:
        """What each function returns or yields, by what identifies its node."""
        nodes, above = self.nodes, self.above
        found: dict[int, list[ast.expr]] = {}
        for number, node in enumerate(nodes):
            if isinstance(node, _GIVING_BACK) and node.value is not None:
                while number := above[number]:
                    if isinstance(nodes[number], _FUNCTIONS):
                        found.setdefault(id(nodes[number]), []).append(node.value)
        return found

    @cached_property
    def in_tests(self) -> frozenset[int]:
        """What identifies the functions that stand in the body of a test."""
        nodes, above = self.nodes, self.above
        tests, found = set[int](), set[int]()
        for number, node in enumerate(nodes):
            if not isinstance(node, _FUNCTIONS):
                continue
            around = above[number]
            while around and around not in tests:
                around = above[around]
            if around:
                found.add(id(node))
            elif node.name.startswith("test"):
                tests.add(number)
        return frozenset(found)
