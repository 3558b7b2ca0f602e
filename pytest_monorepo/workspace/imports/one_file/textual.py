"""Which functions of a module make text of what they are told and do nothing else with it.

``build_command("../*.py")`` goes nowhere, and hands its text to nobody: what its caller does with what it
gives is seen there. Only what is known to do no more counts; whatever else a body holds may do anything.
"""

from __future__ import annotations

import ast
import builtins

from .literals import last_name
from .syntax import UNREADABLE, Syntax, below

_BUILTINS = frozenset(
    (
        *(
            "str",
            "repr",
            "len",
            "int",
            "float",
            "bool",
            "bytes",
            "isinstance",
            "list",
            "tuple",
            "dict",
            "set",
        ),
        *("sorted", "min", "max", "zip", "enumerate", "range", "any", "all", "ValueError", "TypeError"),
    )
)
# functions of the library that take texts and give texts
_LIBRARY = {
    "base64": frozenset(("b64encode", "b64decode", "urlsafe_b64encode", "urlsafe_b64decode", "b32encode")),
    "shlex": frozenset(("quote", "split", "join")),
    "json": frozenset(("dumps", "loads")),
    "textwrap": frozenset(("dedent", "indent", "fill", "shorten")),
    "re": frozenset(("escape", "match", "search", "fullmatch", "split", "findall")),
    "html": frozenset(("escape", "unescape")),
    "posixpath": frozenset(("join", "basename", "dirname", "normpath", "split", "splitext")),
}
# methods of texts and bytes, which take no more than texts
_METHODS = frozenset(
    (
        *("encode", "decode", "strip", "lstrip", "rstrip", "replace", "split", "rsplit", "splitlines"),
        *("partition", "rpartition", "startswith", "endswith", "removeprefix", "removesuffix", "lower"),
        *("upper", "casefold", "title", "zfill", "ljust", "rjust", "as_posix", "format", "join"),
    )
)
_HARMLESS = (
    *(ast.Call, ast.Name, ast.Constant, ast.Attribute, ast.JoinedStr, ast.FormattedValue, ast.Tuple),
    *(ast.List, ast.Dict, ast.Set, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.IfExp, ast.Subscript),
    *(ast.Slice, ast.Starred, ast.keyword, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.comprehension, ast.Return, ast.Assign, ast.AnnAssign, ast.Expr, ast.If, ast.For, ast.While),
    *(ast.Pass, ast.Break, ast.Continue, ast.Raise, ast.Assert, ast.BinOp),
)


def makes_text(source: bytes, name: str) -> bool:
    """Whether the module has one function of this name, and that makes text of what it is told, at most."""
    try:
        return _Module(Syntax(source)).makes_text(name, frozenset())
    except UNREADABLE:
        return False


class _Module:
    def __init__(self, syntax: Syntax) -> None:
        self._syntax = syntax
        self._body = syntax.tree.body
        self._bound: dict[str, list[ast.AST]] = {}
        for node in syntax.nodes:
            for name in _bound_by(node):
                self._bound.setdefault(name, []).append(node)

    def makes_text(self, name: str, asked: frozenset[str]) -> bool:
        functions = [one for one in self._body if isinstance(one, ast.FunctionDef) and one.name == name]
        if len(functions) != 1 or len(self._bound[name]) != 1 or functions[0].decorator_list:
            return False
        if "*" in self._bound:
            return False
        asked |= {name}
        nodes = [node for one in functions[0].body for node in below(one)]
        return all(self._is_harmless(node, asked) for node in nodes)

    def _is_harmless(self, node: ast.AST, asked: frozenset[str]) -> bool:
        if isinstance(node, ast.Call):
            return self._is_text(node, asked)
        if isinstance(node, ast.Attribute | ast.Subscript):
            return isinstance(node.ctx, ast.Load)
        if isinstance(node, ast.BinOp):
            return isinstance(node.op, ast.Add | ast.Mod | ast.Sub | ast.Mult | ast.FloorDiv)
        return isinstance(node, _HARMLESS)

    def _is_text(self, call: ast.Call, asked: frozenset[str]) -> bool:
        func = call.func
        if isinstance(func, ast.Name):
            if func.id in self._bound:
                return func.id in asked or self.makes_text(func.id, asked)
            return self._is_builtin(func.id) and (func.id == "dict" or not self._calls_back(call))
        if not isinstance(func, ast.Attribute):
            return False
        holder = func.value
        if isinstance(holder, ast.Name) and self._is_module(holder.id):
            return func.attr in _LIBRARY[holder.id] and not self._calls_back(call)
        # of an object that may be anything with a method of that name it is told nothing
        tells = any(not isinstance(one, ast.Constant) for one in (*call.args, *call.keywords))
        return func.attr in _METHODS and (not tells or self._is_plain(holder))

    def _calls_back(self, call: ast.Call) -> bool:
        """Whether it may be told what to call: ``sorted(paths, key=scan)``, ``dumps(x, default=scan)``."""
        values = (word.value for word in call.keywords if not isinstance(word.value, ast.Constant))
        return not all(isinstance(one, ast.Name) and self._is_builtin(one.id) for one in values)

    def _is_builtin(self, name: str) -> bool:
        return name in _BUILTINS and name not in self._bound and hasattr(builtins, name)

    def _is_module(self, name: str) -> bool:
        bound = self._bound.get(name, ())
        return name in _LIBRARY and all(
            isinstance(one, ast.Import) and any(each.name == name for each in one.names) for one in bound
        )

    def _is_plain(self, node: ast.expr) -> bool:
        """Whether it is a text that stands here, or that a name is given once at the top."""
        if isinstance(node, ast.Constant | ast.JoinedStr):
            return True
        bound = self._bound.get(last_name(node) or "", ()) if isinstance(node, ast.Name) else ()
        given = [
            one.value for one in self._body if isinstance(one, ast.Assign | ast.AnnAssign) and one in bound
        ]
        return len(bound) == len(given) == 1 and isinstance(given[0], ast.Constant | ast.JoinedStr)


def _bound_by(node: ast.AST) -> list[str]:
    """The names that a node gives something, wherever it stands."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.Global | ast.Nonlocal):
        return node.names
    if isinstance(node, ast.Assign):
        return [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    if isinstance(
        node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr | ast.For | ast.AsyncFor | ast.comprehension
    ):
        return [name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)]
    if isinstance(node, ast.withitem) and node.optional_vars is not None:
        return [name.id for name in ast.walk(node.optional_vars) if isinstance(name, ast.Name)]
    if isinstance(node, ast.ExceptHandler):
        return [node.name] if node.name else []
    return []
