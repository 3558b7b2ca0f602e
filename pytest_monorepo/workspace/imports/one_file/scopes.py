"""Which names of a file are a function's own: what another function calls the same is something else.

All other names are told apart by their text alone: those at the top, in classes and of attributes, and what
somebody gives a function who is not seen to call it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from .literals import last_name
from .syntax import Syntax

_BINDING = frozenset(
    (
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Name, ast.Import),
        *(ast.ImportFrom, ast.Global, ast.Nonlocal),
    )
)


class Scopes:
    """``is_given`` says of a function whether others tell it what the file does not show."""

    def __init__(self, syntax: Syntax, is_given: Callable[[ast.AST], bool]) -> None:
        self._nodes, self._above = syntax.nodes, syntax.above
        self._is_given = is_given
        self._home = [0] * len(self._nodes)
        self._bound: dict[int, dict[str, str]] = {}
        self._inside: dict[int, int] = {}
        self._in_class: set[int] = set()
        self._outer: set[tuple[int, str]] = set()
        self._arguments: dict[int, dict[str, str]] = {}
        self._known: dict[int, str] = {}
        self._inner: set[int] = set()
        self._look()
        for number, name in self._outer:
            self._bound[number].pop(name, None)
        for number, node in enumerate(self._nodes):
            if isinstance(node, ast.Name) and self._home[number]:
                self._settle(number, node)

    def key(self, node: ast.AST) -> str | None:
        """What a name or attribute is told apart by."""
        return self._known.get(id(node)) or last_name(node)

    def is_at_top(self, node: ast.Name) -> bool:
        """Whether no function around it gives the name something else."""
        return id(node) not in self._inner

    def argument(self, function: ast.AST, name: str) -> str:
        """The same of what a function is told."""
        return self._arguments.get(id(function), {}).get(name, name)

    def _look(self) -> None:
        home, above, inside, in_class = self._home, self._above, self._inside, self._in_class
        for number, node in enumerate(self._nodes):
            around = above[number]
            here = inside.get(id(node))
            if here is None:
                home[number] = home[around]
                if around in in_class:
                    in_class.add(number)
            else:
                home[number] = here
            if node.__class__ in _BINDING:
                self._bind(number, node)

    def _bind(self, number: int, node: ast.AST) -> None:
        here = self._home[number]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            self._enter(number, node)
        elif isinstance(node, ast.ClassDef):
            self._in_class.add(number)
        elif not here:
            return
        elif isinstance(node, ast.Name):
            # what stands behind the "for" in brackets is known in these alone
            if not (isinstance(node.ctx, ast.Load) or self._is_in_brackets(number)):
                if number in self._in_class:
                    self._bound[here][node.id] = node.id
                else:
                    self._bound[here].setdefault(node.id, f"{node.id} {here}")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
            self._bound[here].update((name, name) for name in names)
        elif isinstance(node, ast.Global):
            self._bound[here].update((name, name) for name in node.names)
        elif isinstance(node, ast.Nonlocal):
            self._outer.update((here, name) for name in node.names)

    def _is_in_brackets(self, number: int) -> bool:
        around = self._above[number]
        while isinstance(self._nodes[around], ast.Tuple | ast.List | ast.Starred):
            around = self._above[around]
        return isinstance(self._nodes[around], ast.comprehension)

    def _enter(self, number: int, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        self._inside.update((id(one), number) for one in body)
        args = node.args
        named = [one.arg for one in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
        rest = [one.arg for one in (args.vararg, args.kwarg) if one is not None]
        bound = {name: name for name in (*named, *rest)}
        if not isinstance(node, ast.Lambda) and not self._is_given(node):
            self._arguments[id(node)] = {name: f"{name} {number}" for name in named}
            bound |= self._arguments[id(node)]
        self._bound[number] = bound

    def _settle(self, number: int, node: ast.Name) -> None:
        here = self._home[number]
        while here:
            key = self._bound[here].get(node.id)
            if key is not None:
                self._inner.add(id(node))
                if key != node.id:
                    self._known[id(node)] = key
                return
            here = self._home[here]
