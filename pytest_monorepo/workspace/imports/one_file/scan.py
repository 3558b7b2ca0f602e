"""Which modules one Python file imports when it runs: the exact reading.

:mod:`.sieve` never misses what :func:`scan` finds. The tools that do this in Rust (``ruff analyze graph``,
grimp) are no run-time dependencies of a pytest plugin, and know neither string targets nor test files.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from .found import NAMED_SCRIPT, SCRIPT, FileImports, Import
from .literals import absolute, dotted, last_name, literals
from .lookalikes import untangled
from .paths import scripts
from .spoken import Spoken
from .syntax import UNREADABLE, Syntax, children
from .syntax import below as nodes_below
from .text import (
    DOCTEST,
    LOADERS,
    PATCHERS,
    QUOTED,
    RESOURCE_MODULES,
    RESOURCES,
    RUN_PATH,
    below,
    loads,
    patches,
)

_MODULE_KEYWORDS = frozenset(("name", "modname", "mod_name", "dotted_path"))
# an annotation of any length would be read again for each such name in it: a long one counts as a value
_CHECKING_SET = re.compile(rb"\bTYPE_CHECKING\s*(?::[^=\r\n]{200}|(?::[^=\r\n]{0,199})?=(?!=)(?!\s*False\b))")
# __spec__.parent, too
_OWN_NAMES = frozenset(("__name__", "__package__", "__spec__"))
_BREAK = re.compile(rb"\n")


def scan(source: bytes, syntax: Syntax | None = None) -> FileImports:
    """The modules that ``source`` imports at run time, its function bodies and ``try`` blocks included.

    What cannot be parsed (a syntax error, another Python's grammar) is read by the sieve: an import too many
    runs a test too many, a missed one skips it.
    """
    try:
        reading = _Reading(source)
        found = list(reading.imports(syntax or Syntax(source)))
    except UNREADABLE:
        found = [*_loose(source), *_named_scripts(source)]
        return FileImports(_ordered(found), parsed=False, computed=loads(source))
    imports = _ordered((*found, *_doctests(source), *_named_scripts(source)))
    relies = () if reading.spoken is None else reading.spoken.relied
    return FileImports(imports, True, reading.computed, reading.loaders != LOADERS, relies)


def scan_text(source: bytes) -> FileImports:
    """The imports in the doctests of a text file."""
    return FileImports(_ordered(_doctests(source)))


def _ordered(imports: Iterable[Import]) -> tuple[Import, ...]:
    return tuple(sorted(set(imports), key=lambda found: (found.line, found.module, found.kind)))


def _loose(source: bytes) -> Iterator[Import]:
    hits = untangled(source)
    line_of = _lines(source)
    if loads(source) or patches(source):
        hits += ((m.start(), (m.group(1).decode().rstrip("."),)) for m in QUOTED.finditer(source))
    for offset, modules in hits:
        line = line_of(offset)
        yield from (Import(module, line) for module in modules if module.strip("."))
        yield from (Import(module, line) for module in modules if module and not module.strip("."))


def _doctests(source: bytes) -> Iterator[Import]:
    if b">>>" not in source:
        return
    line_of = _lines(source)
    for match in DOCTEST.finditer(source):
        line = line_of(match.start())
        for _, modules in untangled(match.group(1)):
            yield from (Import(module, line, "doctest") for module in modules if module)


def _named_scripts(source: bytes) -> Iterator[Import]:
    """Python files that are named with their folder: whoever does may start them, another project's too."""
    line_of: Callable[[int], int] | None = None
    for offset, path in scripts(source):
        line_of = line_of or _lines(source)
        yield Import(NAMED_SCRIPT + path, line_of(offset))


def _lines(source: bytes) -> Callable[[int], int]:
    """From offset to line; counting anew for each would make a file of many imports quadratic."""
    breaks = [match.start() for match in _BREAK.finditer(source)]
    return lambda offset: bisect_left(breaks, offset) + 1


class _Reading:
    """One pass over a parsed file; ``deep`` where calls and strings may import too."""

    def __init__(self, source: bytes) -> None:
        self.deep = loads(source) or patches(source)
        self.checking_is_false = _CHECKING_SET.search(source) is None
        self.loaders = set(LOADERS)
        self.patchers = set(PATCHERS)
        self.resources = set(RESOURCE_MODULES)
        self.readers: set[str] = set()
        self.calls: list[ast.Call] = []
        self.strings: list[ast.Constant] = []
        self.called: set[int] = set()
        self.handed: set[str | None] = set()
        self.computed = False
        self.spoken: Spoken | None = None
        # a package is run by a module of its own
        self.runs_modules = b"run_module" in source

    def imports(self, syntax: Syntax) -> Iterator[Import]:
        self.spoken = Spoken(syntax)
        waiting: list[ast.AST] = [syntax.tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Import):
                yield from (Import(alias.name, alias.lineno) for alias in node.names)
                self.resources.update(a.asname for a in node.names if a.asname and a.name in RESOURCE_MODULES)
            elif isinstance(node, ast.ImportFrom):
                yield from self._from(node)
            elif isinstance(node, ast.If):
                waiting += self._branches(node)
            else:
                if self.deep:
                    yield from self._expression(node)
                waiting += _children(node, self.deep)
        # a call may stand before the import that gives its function another name
        for call in self.calls:
            yield from self._call(call)
        # handed on, or under another name
        self.computed = self.computed or not self.loaders.isdisjoint(self.handed)
        if self.computed:
            yield from (
                Import(name, node.lineno, "guess")
                for node in self.strings
                for name in dotted(node.value)
                if "." in name.strip(".")
            )

    def _from(self, node: ast.ImportFrom) -> Iterator[Import]:
        base = "." * node.level + (node.module or "")
        for alias in node.names:
            if base in RESOURCE_MODULES and alias.name in RESOURCES:
                self.readers.add(alias.asname or alias.name)
            if alias.asname is not None and f"{base}.{alias.name}" in RESOURCE_MODULES:
                self.resources.add(alias.asname)
            if alias.asname is not None:
                for known in (self.loaders, self.patchers):
                    if alias.name in known:
                        known.add(alias.asname)
            yield Import(below(base, "" if alias.name == "*" else alias.name), alias.lineno)

    def _branches(self, node: ast.If) -> Iterator[ast.AST]:
        truth = self._truth(node.test)
        yield node.test
        if truth is not False:
            yield from node.body
        if truth is not True:
            yield from node.orelse

    def _truth(self, test: ast.expr) -> bool | None:
        """What the condition is at run time, ``None`` where that is not known here."""
        if isinstance(test, ast.Constant):
            return bool(test.value)
        name = last_name(test)
        # false at run time, and true to type checkers alone (docs.python.org: typing)
        if name == "TYPE_CHECKING" and self.checking_is_false:
            return False
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self._truth(test.operand)
            return None if inner is None else not inner
        if isinstance(test, ast.BoolOp):
            decisive = isinstance(test.op, ast.Or)
            values = [self._truth(value) for value in test.values]
            if decisive in values:
                return decisive
            return None if None in values else not decisive
        return None

    def _expression(self, node: ast.AST) -> Iterator[Import]:
        if isinstance(node, ast.Call):
            self.calls.append(node)
            self.called.add(id(node.func))
            if _maps(node):
                self.called.add(id(node.args[0]))
            yield from _commands(node.args)
        elif isinstance(node, ast.List | ast.Tuple):
            yield from _commands(node.elts)
        elif isinstance(node, ast.Constant):
            self.strings.append(node)
        elif isinstance(node, ast.Name | ast.Attribute):
            if id(node) not in self.called and isinstance(node.ctx, ast.Load):
                self.handed.add(last_name(node))
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            # pytest imports what a conftest, a test file or a plugin names so (_pytest/config: import_plugin)
            if node.value is not None and any(last_name(target) == "pytest_plugins" for target in targets):
                yield from self._plugins(node.value)

    def _plugins(self, value: ast.expr) -> Iterator[Import]:
        for node in nodes_below(value):
            if isinstance(node, ast.Constant):
                yield from (Import(name, node.lineno) for name in dotted(node.value))
            elif isinstance(node, ast.expr) and not isinstance(node, ast.List | ast.Tuple | ast.Set):
                self.computed = True

    def _call(self, call: ast.Call) -> Iterator[Import]:
        name = last_name(call.func)
        if name in self.loaders:
            yield from self._load(call)
        elif _maps(call) and last_name(call.args[0]) in self.loaders:
            yield from (Import(found, call.lineno) for found in self._names(call.args[1]))
        elif name == RUN_PATH:
            yield from _scripts(call)
        elif self._reads_a_resource(call.func):
            yield from self._resource(call)
        elif name in self.patchers or (
            isinstance(call.func, ast.Attribute) and last_name(call.func.value) in self.patchers
        ):
            # unittest.mock resolves it by pkgutil.resolve_name, monkeypatch imports what is before its last
            # dot (_pytest/monkeypatch.py, derive_importpath)
            targets = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "target")]
            for target in targets:
                names, _ = literals(target)
                yield from (Import(found, target.lineno) for found in names if "." in found)
        elif isinstance(call.func, ast.Attribute) and last_name(call.func.value) == "pytest_plugins":
            for arg in call.args:
                yield from self._plugins(arg)

    def _reads_a_resource(self, function: ast.expr) -> bool:
        if isinstance(function, ast.Attribute):
            return function.attr in RESOURCES and last_name(function.value) in self.resources
        return isinstance(function, ast.Name) and function.id in self.readers

    def _resource(self, call: ast.Call) -> Iterator[Import]:
        words = (word.value for word in call.keywords if word.arg in ("package", "anchor"))
        for package in (*call.args[:1], *words):
            names, known = literals(package)
            # its own package, or one that it has imported
            here = isinstance(package, ast.Name | ast.Attribute)
            self.computed = self.computed or not (known or here)
            yield from (Import(name, package.lineno) for name in names)

    def _names(self, module: ast.expr) -> tuple[str, ...]:
        """The modules that an expression may name; all others count where the file does not tell."""
        names, known = literals(module)
        if not known and self.spoken is not None and (told := self.spoken.names(module)) is not None:
            return told
        self.computed = self.computed or not known
        return names

    def _load(self, call: ast.Call) -> Iterator[Import]:
        keywords = {word.arg: word.value for word in call.keywords}
        modules = [*call.args[:1], *(value for word, value in keywords.items() if word in _MODULE_KEYWORDS)]
        package = keywords.get("package", call.args[1] if len(call.args) > 1 else None)
        inside = keywords.get("fromlist", call.args[3] if len(call.args) > 3 else None)
        level = keywords.get("level", call.args[4] if len(call.args) > 4 else None)
        spread = None in keywords or any(isinstance(one, ast.Starred) for one in call.args)
        self.computed = self.computed or spread or not (level is None or _is_zero(level))
        attributes = () if inside is None else self._names(inside)
        for module in modules:
            names = self._names(module)
            relative = package is not None and any(name.startswith(".") for name in names)
            packages = self._packages(package) if relative and package is not None else (".",)
            for full in (absolute(name, each) for name in names for each in packages):
                yield Import(full, module.lineno)
                if self.runs_modules:
                    yield Import(f"{full}.__main__", module.lineno)
                for attribute in attributes:
                    yield Import(f"{full}.{attribute}", module.lineno)

    def _packages(self, package: ast.expr) -> tuple[str, ...]:
        """What a relative name is relative to; a dot is the file's own package."""
        here = package.value if isinstance(package, ast.Attribute) else package
        return (".",) if last_name(here) in _OWN_NAMES else self._names(package)


def _is_zero(level: ast.expr) -> bool:
    return isinstance(level, ast.Constant) and level.value == 0


def _maps(call: ast.Call) -> bool:
    return last_name(call.func) == "map" and len(call.args) == 2


def _scripts(call: ast.Call) -> Iterator[Import]:
    """``run_path("../tool/run.py")``, where the path is a literal."""
    words = (word.value for word in call.keywords if word.arg == "path_name")
    for node in (*call.args[:1], *words):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
            yield Import(SCRIPT + node.value.replace("\\", "/"), node.lineno)


def _children(node: ast.AST, deep: bool) -> Iterator[ast.AST]:
    if deep:
        yield from children(node)
        return
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        below = getattr(node, field, None)
        if isinstance(below, list):
            yield from below


def _commands(words: Iterable[ast.expr]) -> Iterator[Import]:
    """``[python, "-m", "pkg.tool"]`` and ``[python, "-c", "import pkg"]``."""
    before: object = None
    for word in words:
        value = word.value if isinstance(word, ast.Constant) else None
        if before == "-m":
            yield from (Import(name, word.lineno) for name in dotted(value))
        elif before == "-c" and isinstance(value, str) and "import" in value:
            inner = scan(value.encode("utf-8", "surrogateescape"))
            yield from (Import(found.module, word.lineno) for found in inner.imports)
        before = value
