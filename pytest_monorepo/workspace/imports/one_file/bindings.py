"""What the names in a parsed file are bound to, as far as the file itself tells."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from .fillings import Bound, grown
from .literals import last_name
from .syntax import Syntax, below

_BINDING = frozenset(
    (
        *(ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda),
        *(ast.Call, ast.MatchAs, ast.MatchStar, ast.MatchMapping, ast.ExceptHandler, ast.With),
        *(ast.AsyncWith, ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.For, ast.AsyncFor),
        *(ast.comprehension, ast.AugAssign),
    )
)
_SCOPES = frozenset((ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
_PATCHERS = frozenset(("patch", "setattr", "delattr"))
_CLIENT = re.compile(
    r"(?:^|_)(?:api|browser|http|httpx|requests|aiohttp|session)$|client$|[Ss]ession$|[Cc]lient(?![a-z])"
)


@dataclass
class Bindings:
    """``values`` are what each name may be, without those that something beyond the file binds.

    ``modules`` maps a name to what it is imported from, ``patchers`` the names of functions that patch by
    name to what they are, ``classes`` are the file's own classes and functions. ``renamed`` are the nodes by
    which a patcher got another name, ``bounds`` all that the file binds, ``origins`` whatever each name is
    bound to, ``None`` where that is unknown, ``clients`` what :meth:`is_client` found,
    ``texts`` what the reader of targets did of a name, at the depth it had come to.
    """

    values: dict[str, list[ast.expr]] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    patchers: dict[str, str] = field(default_factory=lambda: {"patch": "patch"})
    classes: set[str] = field(default_factory=set)
    renamed: set[int] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    syntax: Syntax = field(default_factory=lambda: Syntax(b""))
    bounds: list[Bound] = field(default_factory=list)
    origins: dict[str, list[ast.expr | None]] = field(default_factory=dict)
    clients: dict[str, bool] = field(default_factory=dict)
    texts: dict[tuple[str, int], tuple[str, ...] | None] = field(default_factory=dict)

    @property
    def lends(self) -> bool:
        """Whether what patches by name has another name here, by which other files may import it."""
        return not self.patchers.keys() <= _PATCHERS

    @cached_property
    def own(self) -> frozenset[str]:
        """The names that mean something else here than what Python, or pytest, calls so."""
        imported = {name for name, what in self.modules.items() if what != "pytest.param"}
        return frozenset(self.classes | self.values.keys() | self.unknown | imported)

    @cached_property
    def grown(self) -> frozenset[str]:
        """The names that may hold more than their values."""
        return grown(self.syntax, self.bounds)

    def is_client(self, node: ast.expr | None, depth: int = 4) -> bool:
        """Whether it is a web client, whose ``patch`` takes an address: a mocker may have any other name."""
        while isinstance(node, ast.Call | ast.Await):
            node = node.func if isinstance(node, ast.Call) else node.value
        name = None if node is None else last_name(node)
        if name is None or depth == 0:
            return False
        if name not in self.clients:
            self.clients[name] = self._is_clients(name, depth)
        return self.clients[name]

    def _is_clients(self, name: str, depth: int) -> bool:
        origins = self.origins.get(name, ())
        if "mock" in name.lower() or any(_says_mock(one) for one in origins if one is not None):
            return False
        imported = self.modules.get(name, "")
        if any(map(_CLIENT.search, (name, imported.partition(".")[0], imported.rpartition(".")[2]))):
            return True
        return bool(origins) and all(self.is_client(one, depth - 1) for one in origins)

    def imported(self, node: ast.expr) -> str | None:
        """The dotted name of what an import of this file brought."""
        if isinstance(node, ast.Name):
            return self.modules.get(node.id)
        if isinstance(node, ast.Attribute) and (base := self.imported(node.value)) is not None:
            return f"{base}.{node.attr}"
        return None


def _says_mock(node: ast.AST) -> bool:
    """Whether any name or text in it does."""
    said = (value for one in below(node) for _, value in ast.iter_fields(one))
    return any("mock" in str(value).lower() for value in said if isinstance(value, str | bytes))


def bindings(syntax: Syntax) -> Bindings:
    """Go through a file once."""
    found = Bindings(syntax=syntax)
    parametrized = _parametrized(syntax)
    for node in syntax.among(_BINDING):
        if isinstance(node, ast.Import | ast.ImportFrom):
            _imports(node, found)
        elif isinstance(node, ast.ClassDef):
            found.classes.add(node.name)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.classes.add(node.name)
            _arguments(node, parametrized.get(id(node), set()), found)
        elif isinstance(node, ast.Lambda):
            _arguments(node, set(), found)
        elif isinstance(node, ast.Call):
            found.bounds += [Bound(name, value, element=True) for name, value in _parameters(node)]
        elif isinstance(node, ast.MatchAs | ast.MatchStar | ast.MatchMapping | ast.ExceptHandler):
            name = node.rest if isinstance(node, ast.MatchMapping) else node.name
            found.unknown.update((name,) if name is not None else ())
        elif isinstance(node, ast.With | ast.AsyncWith):
            _entered(node, found)
        for target, value, element in _assigned(node):
            found.bounds += _bind(target, value, element, found)
    anew = max(map(_stars, syntax.of(ast.ImportFrom)), default=0)
    found.unknown.update(bound.name for bound in found.bounds if bound.value.lineno < anew)
    for bound in found.bounds:
        found.values.setdefault(bound.name, []).append(bound.value)
        if not bound.element:
            found.origins.setdefault(bound.name, []).append(bound.value)
    _leave_out(found)
    return found


def _stars(node: ast.ImportFrom) -> int:
    """The line of an import of whatever names there are: it may bind anew what is bound above it."""
    return node.lineno if any(alias.name == "*" for alias in node.names) else 0


def _leave_out(found: Bindings) -> None:
    """What a name is elsewhere in the file, it may be here: scopes are not told apart."""
    if _is_ones_own("patch", found):
        del found.patchers["patch"]
    found.classes -= found.unknown | found.values.keys() | found.modules.keys()
    anew = found.unknown | found.values.keys()
    for name in found.unknown | found.modules.keys():
        found.values.pop(name, None)
    for name in anew & found.modules.keys():
        del found.modules[name]


def _parametrized(syntax: Syntax) -> dict[int, set[str]]:
    """The arguments of each test that its marks give, or those of its class, or of the file."""
    found: dict[int, set[str]] = {}
    for scope in syntax.among(_SCOPES):
        names = {name for mark in _marks(scope) for name, _ in _parameters(mark)}
        for node in below(scope) if names else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
                found.setdefault(id(node), set()).update(names)
    return found


def _marks(scope: ast.AST) -> Iterator[ast.Call]:
    marks: list[ast.expr] = []
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        marks += scope.decorator_list
    for node in scope.body if isinstance(scope, ast.ClassDef | ast.Module) else ():
        if isinstance(node, ast.Assign) and any(last_name(one) == "pytestmark" for one in node.targets):
            marks.append(node.value)
    yield from (inner for mark in marks for inner in below(mark) if isinstance(inner, ast.Call))


def _is_ones_own(name: str, found: Bindings) -> bool:
    """Whether a patcher's name is that of something else in this file: a parameter, a value."""
    if name in found.modules or any(id(value) in found.renamed for value in found.values.get(name, ())):
        return False
    return name in found.unknown or name in found.values or name in found.classes


def _imports(node: ast.Import | ast.ImportFrom, found: Bindings) -> None:
    for alias in node.names:
        if isinstance(node, ast.Import):
            name = alias.name if alias.asname else alias.name.partition(".")[0]
        else:
            base = "." * node.level + (node.module or "")
            name = base + alias.name if base.endswith(".") else f"{base}.{alias.name}"
        called = alias.asname or (name if isinstance(node, ast.Import) else alias.name)
        found.modules[called] = name
        if alias.name in _PATCHERS:
            found.patchers[called] = alias.name


def _arguments(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, known: set[str], found: Bindings
) -> None:
    for one in below(node.args):
        if isinstance(one, ast.arg):
            found.origins.setdefault(one.arg, []).append(one.annotation)
            found.unknown.update({one.arg} - known)


def _parameters(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """The arguments that ``pytest.mark.parametrize`` gives, each with what it may be."""
    # with indirect, a fixture makes something else of it
    if last_name(call.func) != "parametrize" or len(call.args) != 2:
        return
    if any(word.arg in (None, "indirect") for word in call.keywords):
        return
    names = call.args[0]
    words = names.elts if isinstance(names, ast.List | ast.Tuple) else (names,)
    for word in words:
        if isinstance(word, ast.Constant) and isinstance(word.value, str):
            yield from ((name.strip(), call.args[1]) for name in word.value.split(","))


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None, bool]]:
    """The targets, each with what it is bound to, and whether to an element of that."""
    if isinstance(node, ast.Assign):
        yield from ((target, node.value, False) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
        yield node.target, node.value, False
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.target, node.iter, True
    elif isinstance(node, ast.AugAssign):
        yield node.target, None, False


def _entered(node: ast.With | ast.AsyncWith, found: Bindings) -> None:
    """What a context manager gives is not known, but a client gives itself."""
    for item in node.items:
        targets = below(item.optional_vars) if item.optional_vars is not None else ()
        for name in filter(None, map(last_name, targets)):
            found.unknown.add(name)
            found.origins.setdefault(name, []).append(item.context_expr)


def _bind(target: ast.expr, value: ast.expr | None, element: bool, found: Bindings) -> Iterator[Bound]:
    """Of a target with several parts each may be any part of the value."""
    if isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _bind(each, value, True, found)
        return
    name = last_name(target.value if isinstance(target, ast.Starred) else target)
    if name is None:
        return
    if value is None:
        found.unknown.add(name)
        return
    yield Bound(name, value, element)
    called = last_name(value)
    if called is not None and (
        called in found.patchers or (called in _PATCHERS and isinstance(value, ast.Attribute))
    ):
        found.patchers[name] = found.patchers.get(called, called)
        found.renamed.add(id(value))
