"""``setup.cfg`` and ``setup.py``; the latter is read, never run."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_monorepo.workspace.files.tree import Tree, UnreadableError

FIELDS = ("install_requires", "setup_requires", "tests_require", "extras_require")

# names may refer to each other in circles; nobody spells a dependency through more steps than this
_DEPTH = 8


@dataclass(frozen=True)
class Legacy:
    """The setuptools arguments that matter here; ``files`` are requirements files read for a field.

    ``package_dir`` and ``where`` are folders relative to the project; ``packages`` only what is spelled out.
    """

    name: str | None = None
    requires_python: str | None = None
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    package_dir: Mapping[str, str] = field(default_factory=dict)
    where: tuple[str, ...] = ()


def read_setup_cfg(tree: Tree, path: str) -> Legacy | None:
    """The declarative metadata of a ``setup.cfg``, ``None`` where there is no file.

    Raises :class:`UnreadableError` for what configparser cannot read.
    """
    text = tree.read(path)
    if text is None:
        return None
    try:
        parser = ini(text, path)
    except configparser.Error as error:
        reason = " ".join(str(error).split())
        raise UnreadableError(f"{path} is not a valid ini file: {reason}") from error
    options = dict(parser["options"]) if "options" in parser else {}
    extras = dict(parser["options.extras_require"]) if "options.extras_require" in parser else {}
    find = parser["options.packages.find"] if parser.has_section("options.packages.find") else {}
    fields = {key: options.get(key) or "" for key in FIELDS[:3]}
    files = {key: _files(value) for key, value in {**fields, **extras}.items() if _files(value)}
    return Legacy(
        name=parser.get("metadata", "name", fallback=None),
        requires_python=options.get("python_requires"),
        requires={key: _lines(value) for key, value in fields.items() if value and key not in files},
        extras={key: _lines(value) for key, value in extras.items() if key not in files},
        files=files,
        package_dir=_mapping(options.get("package_dir") or ""),
        where=_lines(find.get("where") or ""),
    )


def ini(text: str, source: str, default: str = configparser.DEFAULTSECT) -> configparser.RawConfigParser:
    """An ini file that several tools may read; raises :class:`configparser.Error`.

    Other tools keep their settings in it, too, and what they write need not please a strict reader.
    """
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, default_section=default)
    try:
        parser.read_string(text, source)
    except AttributeError as error:
        # a key without a value, and a line below it that continues it: Python 3.13 has an error for that
        raise configparser.ParsingError(source) from error
    return parser


def _lines(value: str | None) -> tuple[str, ...]:
    """A dangling or semicolon-free list: one item a line; ``;`` starts a marker, never an item."""
    return tuple(
        line.strip() for line in (value or "").splitlines() if line.strip() and line.strip()[0] not in "#;"
    )


def _files(value: str | None) -> tuple[str, ...]:
    # setuptools 62.6 reads requirements from files (#3253)
    value = (value or "").strip()
    if not value.startswith("file:"):
        return ()
    return tuple(part.strip() for part in value[5:].replace("\n", ",").split(",") if part.strip())


def _mapping(value: str) -> Mapping[str, str]:
    pairs = (part.partition("=") for line in value.splitlines() for part in line.split(","))
    return {key.strip(): where.strip() for key, sign, where in pairs if sign}


def read_setup_py(tree: Tree, path: str) -> Legacy | None:
    """What ``setup(...)`` is called with, as far as literals tell; ``None`` where there is no file.

    Raises :class:`UnreadableError` for what is not Python.
    """
    text = tree.read(path)
    if text is None:
        return None
    try:
        module = ast.parse(text.encode("utf-8", "surrogateescape"))
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        where = f" (at line {line})" if line else ""
        reason = getattr(error, "msg", None) or str(error)
        raise UnreadableError(f"{path} is not valid Python: {reason}{where}") from error
    return _Setup(module).legacy()


class _Setup:
    """Evaluates the literals of a module: names assigned once, lists added up, files opened."""

    def __init__(self, module: ast.Module) -> None:
        self._values: dict[str, list[ast.expr]] = {}
        self._returns: dict[str, list[ast.expr]] = {}
        self._calls: list[ast.Call] = []
        for node in ast.walk(module):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assign(target, node.value)
            elif isinstance(node, (ast.AnnAssign, ast.AugAssign)) and node.value is not None:
                self._assign(node.target, node.value)
            elif isinstance(node, ast.FunctionDef):
                self._returns[node.name] = [
                    part.value
                    for part in ast.walk(node)
                    if isinstance(part, ast.Return) and part.value is not None
                ]
            elif isinstance(node, ast.Call) and _called(node) == "setup":
                self._calls.append(node)
            elif isinstance(node, ast.Call) and _called(node) in ("append", "extend"):
                assert isinstance(node.func, (ast.Attribute, ast.Name))
                if isinstance(node.func, ast.Attribute):
                    for argument in node.args:
                        self._assign(node.func.value, argument)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        name = target.value if isinstance(target, ast.Subscript) else target
        if isinstance(name, ast.Name):
            self._values.setdefault(name.id, []).append(value)

    def legacy(self) -> Legacy:
        arguments: dict[str, ast.expr] = {}
        for call in self._calls:
            for keyword in call.keywords:
                if keyword.arg is not None:
                    arguments[keyword.arg] = keyword.value
                else:
                    arguments.update(self._unpacked(keyword.value))
        requires = {key: tuple(self.strings(arguments[key])) for key in FIELDS[:3] if key in arguments}
        files = {key: tuple(self.files(arguments[key])) for key in FIELDS[:3] if key in arguments}
        packages = arguments.get("packages")
        return Legacy(
            name=self.string(arguments.get("name")),
            requires_python=self.string(arguments.get("python_requires")),
            requires=requires,
            extras=self._extras(arguments.get("extras_require")),
            files={key: found for key, found in files.items() if found},
            package_dir=self._pairs(arguments.get("package_dir")),
            where=self._where(packages),
        )

    def _unpacked(self, node: ast.expr) -> Mapping[str, ast.expr]:
        """``setup(**kwargs)``: the literal dictionaries that the name was given."""
        found: dict[str, ast.expr] = {}
        for value in self._values.get(node.id, []) if isinstance(node, ast.Name) else [node]:
            if isinstance(value, ast.Dict):
                found.update(
                    (key.value, item)
                    for key, item in zip(value.keys, value.values, strict=True)
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                )
        return found

    def string(self, node: ast.expr | None) -> str | None:
        """The one string a node stands for, variable parts of an f-string left empty."""
        found = list(self.strings(node)) if node is not None else []
        return found[0] if len(found) == 1 and found[0] else None

    def strings(self, node: ast.AST, depth: int = 0) -> list[str]:
        """Every string literal that the node can amount to; a superset where the code is not literal."""
        if depth > _DEPTH:
            return []
        if isinstance(node, ast.Constant):
            return node.value.splitlines() or [""] if isinstance(node.value, str) else []
        if isinstance(node, ast.JoinedStr):
            return [
                "".join(
                    p.value for p in node.values if isinstance(p, ast.Constant) and isinstance(p.value, str)
                )
            ]
        # "core==%s" % version: the name is in the left part
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            return self.strings(node.left, depth + 1)
        if isinstance(node, ast.BinOp) and _is_text(node.left):
            left, right = self.strings(node.left, depth + 1), self.strings(node.right, depth + 1)
            return [left[0] + (right[0] if len(right) == 1 else "")]
        if isinstance(node, ast.Name):
            return [
                text for value in self._values.get(node.id, []) for text in self.strings(value, depth + 1)
            ]
        if isinstance(node, ast.Call):
            return self._call_strings(node, depth)
        if isinstance(node, ast.Dict):
            return [text for value in node.values for text in self.strings(value, depth + 1)]
        return [text for part in ast.iter_child_nodes(node) for text in self.strings(part, depth + 1)]

    def _call_strings(self, node: ast.Call, depth: int) -> list[str]:
        name = _called(node)
        if name in self._returns:
            return [text for value in self._returns[name] for text in self.strings(value, depth + 1)]
        if name == "format" and isinstance(node.func, ast.Attribute):
            return self.strings(node.func.value, depth + 1)
        if name in ("list", "sorted", "tuple", "set", "chain", "sum"):
            return [text for part in node.args for text in self.strings(part, depth + 1)]
        return []

    def files(self, node: ast.AST, depth: int = 0) -> list[str]:
        """The ``*.txt`` and ``*.in`` names that the node may read: ``open("requirements.txt")`` and kin."""
        if depth > _DEPTH:
            return []
        found: list[str] = []
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                if part.value.endswith((".txt", ".in")) and "\n" not in part.value:
                    found.append(part.value)
            elif isinstance(part, ast.Name):
                for value in self._values.get(part.id, []):
                    found += self.files(value, depth + 1)
            elif isinstance(part, ast.Call):
                for value in self._returns.get(_called(part), []):
                    found += self.files(value, depth + 1)
        return found

    def _extras(self, node: ast.expr | None) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for value in self._dicts(node):
            for key, item in zip(value.keys, value.values, strict=True):
                name = self.string(key) if key is not None else None
                found[name or "*"] = (*found.get(name or "*", ()), *self.strings(item))
        return found

    def _pairs(self, node: ast.expr | None) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for value in self._dicts(node):
            for key, item in zip(value.keys, value.values, strict=True):
                where = self.string(item)
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and where:
                    found[key.value] = where
        return found

    def _dicts(self, node: ast.expr | None, depth: int = 0) -> list[ast.Dict]:
        if isinstance(node, ast.Name) and depth < _DEPTH:
            values = self._values.get(node.id, [])
            return [found for value in values for found in self._dicts(value, depth + 1)]
        return [node] if isinstance(node, ast.Dict) else []

    def _where(self, node: ast.expr | None) -> tuple[str, ...]:
        if not isinstance(node, ast.Call) or _called(node) not in (
            "find_packages",
            "find_namespace_packages",
        ):
            return ()
        given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "where")]
        return tuple(text for value in given if (text := self.string(value)))


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
