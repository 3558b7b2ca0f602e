"""What the names of a script of a build or a runner may hold: it is read, never run.

Rather too much than too little: a dependency that is not seen is a test that does not run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

_MOST = 1000
_PUTS_IN = ("append", "extend", "add", "insert", "update")
_GETS = ("setdefault", "get")
# what they are called with is in what they return
_HOLDS_ARGUMENTS = frozenset(
    (
        *("list", "sorted", "tuple", "set", "frozenset", "chain", "sum", "map", "filter", "reversed", "dict"),
        *("defaultdict", "OrderedDict", "str", "union", "from_iterable", "__add__", "__or__", *_GETS),
    )
)
_DICTIONARIES = ("dict", "defaultdict", "OrderedDict")

Pair = tuple[str | None, ast.expr]


class Script:
    """Evaluates the literals of a module: names assigned, lists added up, dictionaries filled."""

    def __init__(self, module: ast.Module) -> None:
        self._values: dict[str, list[ast.expr]] = {}
        self._items: dict[str, list[tuple[ast.expr, ast.expr]]] = {}
        self._returns: dict[str, list[ast.expr]] = {}
        self._calls: list[ast.Call] = []
        self._at_work: set[str] = set()
        self._steps = 0
        for node in ast.walk(module):
            self._note(node)

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign)) and node.value is not None:
            self._assign(node.target, node.value)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            returns = (part for part in ast.walk(node) if isinstance(part, ast.Return))
            self._returns[node.name] = [part.value for part in returns if part.value is not None]
        elif isinstance(node, ast.Call):
            self._calls.append(node)
            if isinstance(node.func, ast.Attribute) and node.func.attr in _PUTS_IN:
                for argument in (*node.args, *_keywords(node)):
                    self._assign(node.func.value, argument)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._values.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            self._items.setdefault(target.value.id, []).append((target.slice, value))
        elif isinstance(target, ast.Call) and called(target) in _GETS and target.args:
            # needs.setdefault("test", []).append("core")
            self._assign(ast.Subscript(_receiver(target), target.args[0]), value)

    def calls(self, name: str) -> Iterator[ast.Call]:
        """Every call of a function or method of that name."""
        yield from (call for call in self._calls if called(call) == name)

    def string(self, node: ast.expr | None) -> str | None:
        """The one string a node stands for, variable parts of an f-string left empty."""
        found = list(self.strings(node)) if node is not None else []
        return found[0] if len(found) == 1 and found[0] else None

    def strings(self, node: ast.AST) -> list[str]:
        """Every string literal that the node can amount to; a superset where the code is not literal."""
        if isinstance(node, ast.Constant):
            return node.value.splitlines() or [""] if isinstance(node.value, str) else []
        if isinstance(node, ast.JoinedStr):
            parts = (p.value for p in node.values if isinstance(p, ast.Constant))
            return ["".join(part for part in parts if isinstance(part, str))]
        # "core==%s" % version: the name is in the left part
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            return self.strings(node.left)
        if isinstance(node, ast.BinOp) and _is_text(node.left):
            left, right = self.strings(node.left), self.strings(node.right)
            return [left[0] + (right[0] if len(right) == 1 else "")]
        if isinstance(node, ast.Name):
            with self._once(node.id, self._held(node.id)) as held:
                return self._all(held)
        if isinstance(node, ast.Call):
            return self._call_strings(node)
        if isinstance(node, ast.Dict):
            return self._all(node.values)
        return self._all(ast.iter_child_nodes(node))

    def _all(self, nodes: Iterable[ast.AST]) -> list[str]:
        return [text for node in nodes for text in self.strings(node)]

    @contextmanager
    def _once(self, name: str, held: list[ast.expr]) -> Iterator[list[ast.expr]]:
        """What a name holds; nothing where that is just being asked, or far too much was.

        Names refer to themselves (``needs = needs + [...]``, forty times) and to each other in circles.
        """
        self._steps = self._steps + 1 if self._at_work else 0
        if name in self._at_work or self._steps > _MOST:
            yield []
            return
        self._at_work.add(name)
        try:
            yield held
        finally:
            self._at_work.discard(name)

    def _held(self, name: str) -> list[ast.expr]:
        return [*self._values.get(name, ()), *(value for _, value in self._items.get(name, ()))]

    def _call_strings(self, node: ast.Call) -> list[str]:
        name = called(node)
        if name in self._returns:
            with self._once(name, self._returns[name]) as returned:
                return self._all(returned)
        found = self.strings(node.func.value) if isinstance(node.func, ast.Attribute) else []
        if isinstance(node.func, ast.Lambda):
            found = self.strings(node.func.body)
        if name == "split":
            given = [*node.args, *(word.value for word in node.keywords if word.arg == "sep")]
            separator = self.string(given[0]) if given else None
            return [part for text in found for part in text.split(separator)]
        if name == "join" and len(node.args) > 1:
            return ["/".join(self._all(node.args))]
        if name in _HOLDS_ARGUMENTS:
            found += self._all([*node.args, *(word.value for word in node.keywords)])
        return found

    def files(self, node: ast.AST) -> list[str]:
        """The ``*.txt`` and ``*.in`` names that the node may read: ``open("requirements.txt")`` and kin."""
        found: list[str] = []
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                if part.value.endswith((".txt", ".in")) and "\n" not in part.value:
                    found.append(part.value)
            elif isinstance(part, (ast.Name, ast.Call)):
                name = part.id if isinstance(part, ast.Name) else called(part)
                values = self._held(name) if isinstance(part, ast.Name) else self._returns.get(name, [])
                with self._once(name, values) as held:
                    found += [file for value in held for file in self.files(value)]
        return found

    def pairs(self, node: ast.expr | None) -> list[Pair]:
        """(key, value) of the dictionary that a node stands for, or of a call's keywords.

        The key is ``None`` where it is not spelled out, and for what may hold a dictionary and is not read.
        """
        if node is None:
            return []
        if isinstance(node, ast.Dict):
            listed = zip(node.keys, node.values, strict=True)
            return [pair for key, value in listed for pair in self._pair(key, value)]
        if isinstance(node, ast.DictComp):
            return [(self._key(node.key), node.value)]
        if isinstance(node, ast.Name):
            with self._once(node.id, self._values.get(node.id, [])) as held:
                whole = [pair for value in held for pair in self.pairs(value)]
            return whole + [(self._key(key), value) for key, value in self._items.get(node.id, ())]
        if isinstance(node, (ast.BinOp, ast.IfExp)):
            sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.body, node.orelse)
            return [pair for side in sides for pair in self.pairs(side)]
        return self._call_pairs(node) if isinstance(node, ast.Call) else [(None, node)]

    def arguments(self, call: ast.Call) -> list[Pair]:
        """The same of what a call is given by name, and of dictionaries that it is given."""
        given = [pair for one in call.args for pair in self.pairs(one)]
        for word in call.keywords:
            given += [(word.arg, word.value)] if word.arg else self.pairs(word.value)
        return given

    def _pair(self, key: ast.expr | None, value: ast.expr) -> list[Pair]:
        return self.pairs(value) if key is None else [(self._key(key), value)]

    def _key(self, node: ast.expr) -> str | None:
        spelled = isinstance(node, ast.Constant) and isinstance(node.value, str)
        return str(node.value) if spelled and isinstance(node, ast.Constant) else self.string(node)

    def _call_pairs(self, node: ast.Call) -> list[Pair]:
        name = called(node)
        if name in self._returns:
            with self._once(name, self._returns[name]) as returned:
                return [pair for value in returned for pair in self.pairs(value)]
        if name == "copy":
            return self.pairs(_receiver(node))
        return self.arguments(node) if name in _DICTIONARIES else [(None, node)]


def _keywords(node: ast.Call) -> Iterator[ast.expr]:
    """``needs.update(test=["core"])`` as the dictionary that it adds."""
    for word in node.keywords:
        if word.arg is not None:
            yield ast.Dict([ast.Constant(word.arg)], [word.value])


def called(node: ast.Call) -> str:
    """The last name of what is called; empty where it has none."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _receiver(node: ast.Call) -> ast.expr:
    """Of a method's call what it is a method of."""
    return node.func.value if isinstance(node.func, ast.Attribute) else node.func


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
