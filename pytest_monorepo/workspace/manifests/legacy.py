"""``setup.cfg`` and ``setup.py``; the latter is read, never run.

How setuptools reads the first: ``setuptools/config/setupcfg.py`` and ``dist.py`` of setuptools 84.
"""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_monorepo.errors import one_line
from pytest_monorepo.workspace.files.tree import Tree, UnreadableError

from .script import Script, called

# setuptools 84 knows no tests_require any more; who still has it says what the tests need all the same
FIELDS = ("install_requires", "setup_requires", "tests_require", "extras_require")


@dataclass(frozen=True)
class Legacy:
    """The setuptools arguments that matter here; ``files`` are requirements files read for a field.

    ``package_dir`` and ``where`` are folders relative to the project; ``packages`` are names, those
    of modules and globs among them, and only what is spelled out.
    """

    name: str | None = None
    requires_python: str | None = None
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    package_dir: Mapping[str, str] = field(default_factory=dict)
    where: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


def read_setup_cfg(tree: Tree, path: str) -> Legacy | None:
    """The declarative metadata of a ``setup.cfg``, ``None`` where there is no file.

    Raises :class:`UnreadableError` for what configparser cannot read.
    """
    text = tree.read(path)
    if text is None:
        return None
    try:
        parser = ini(text, path, interpolation=_Lenient())
    except configparser.Error as error:
        raise UnreadableError(f"{path} is not a valid ini file: {one_line(error)}") from error
    # setuptools 84 warns of dashes and reads them (dist.py, _enforce_underscore); in extras they are names
    options = {key.replace("-", "_"): value for key, value in _section(parser, "options")}
    extras = dict(_section(parser, "options.extras_require"))
    find = dict(_section(parser, "options.packages.find"))
    fields = {key: options.get(key) or "" for key in FIELDS[:3]}
    files = {key: _files(value) for key, value in {**fields, **extras}.items() if _files(value)}
    return Legacy(
        name=parser.get("metadata", "name", fallback=None),
        requires_python=options.get("python_requires"),
        requires={key: _items(value) for key, value in fields.items() if value and key not in files},
        extras={key: _items(value) for key, value in extras.items() if key not in files},
        files=files,
        package_dir=_mapping(options.get("package_dir") or ""),
        where=_lines(find.get("where") or ""),
        packages=(
            *(name for key in ("packages", "py_modules") for name in _names(options.get(key) or "")),
            *_names(find.get("include") or ""),
        ),
    )


class _Lenient(configparser.BasicInterpolation):
    """``%(name)s`` and ``%%`` as setuptools reads them; what is broken stays as it is written."""

    # setuptools 84: dist.py, _parse_config_files; it ends with an error, which an installation will show
    def before_get(self, parser: Any, section: str, option: str, value: Any, defaults: Any) -> Any:
        try:
            return value and super().before_get(parser, section, option, value, defaults)
        except (configparser.InterpolationError, TypeError):  # the latter of a key without a value
            return value


def ini(
    text: str,
    source: str,
    default: str = configparser.DEFAULTSECT,
    interpolation: configparser.Interpolation | None = None,
) -> configparser.RawConfigParser:
    """An ini file that several tools may read; raises :class:`configparser.Error`.

    Other tools keep their settings in it, too, and what they write need not please a strict reader.
    """
    parser = configparser.RawConfigParser(
        strict=False, allow_no_value=True, default_section=default, interpolation=interpolation
    )
    try:
        parser.read_string(text, source)
    except AttributeError as error:
        # a key without a value, and a line below it that continues it: Python 3.13 has an error for that
        raise configparser.ParsingError(source) from error
    return parser


def _section(parser: configparser.RawConfigParser, name: str) -> Iterator[tuple[str, str | None]]:
    if parser.has_section(name):
        yield from parser.items(name)


def _items(value: str | None) -> tuple[str, ...]:
    """One requirement a line, with its marker behind a semicolon; in a lone line semicolons part them."""
    # setuptools 84, setupcfg.py, _parse_list: it warns of the marker that a lone line loses by that
    value = value or ""
    parts = value.splitlines() if "\n" in value else value.split(";")
    return tuple(part.strip() for part in parts if part.strip() and part.strip()[0] not in "#;")


def _lines(value: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in value.splitlines() if line.strip())


def _names(value: str) -> tuple[str, ...]:
    # a list of lines, or with commas (setuptools 84, setupcfg.py, _parse_list); "find:" finds them
    return tuple(name for name in re.split(r"[\s,]+", value) if name and not name.endswith(":"))


def _files(value: str | None) -> tuple[str, ...]:
    # setuptools 62.6 reads requirements from files (#3253)
    value = (value or "").strip()
    if not value.startswith("file:"):
        return ()
    # setuptools 84 parts the names at commas (setupcfg.py, _parse_file); one a line is read here as well
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
        return _called_with(Script(ast.parse(text.encode("utf-8", "surrogateescape"))))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f" (at line {line})" if line else ""
        reason = getattr(error, "msg", None) or str(error) or "nested too deeply"
        raise UnreadableError(f"{path} is not valid Python: {reason}{where}") from error


def _called_with(script: Script) -> Legacy:
    arguments: dict[str, ast.expr] = {}
    for call in script.calls("setup"):
        for name, value in script.arguments(call):
            if name is not None:
                arguments[name] = value
    needs = {key: arguments[key] for key in FIELDS[:3] if key in arguments}
    files = {key: tuple(script.files(value)) for key, value in needs.items()}
    return Legacy(
        name=script.string(arguments.get("name")),
        requires_python=script.string(arguments.get("python_requires")),
        requires={key: tuple(script.strings(value)) for key, value in needs.items()},
        extras=_extras(script, arguments.get("extras_require")),
        files={key: found for key, found in files.items() if found},
        package_dir=_folders(script, arguments.get("package_dir")),
        where=_where(script, arguments.get("packages")),
        packages=(
            *_packages(script, arguments.get("packages")),
            *_packages(script, arguments.get("py_modules")),
        ),
    )


def _extras(script: Script, node: ast.expr | None) -> Mapping[str, tuple[str, ...]]:
    """What each extra needs; under ``*`` what is in one whose name is not spelled out."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in script.pairs(node):
        lines = tuple(script.strings(value))
        if lines or name is not None:
            found[name or "*"] = (*found.get(name or "*", ()), *lines)
    return found


def _folders(script: Script, node: ast.expr | None) -> Mapping[str, str]:
    pairs = ((name, script.string(value)) for name, value in script.pairs(node))
    return {name: where for name, where in pairs if name is not None and where}


def _packages(script: Script, node: ast.expr | None) -> tuple[str, ...]:
    if not isinstance(node, ast.Call):
        return tuple(script.strings(node)) if node is not None else ()
    return tuple(
        name for word in node.keywords if word.arg == "include" for name in script.strings(word.value)
    )


def _where(script: Script, node: ast.expr | None) -> tuple[str, ...]:
    # both begin with where="." (setuptools 84, discovery.py): the first argument is the folder on the path
    if not isinstance(node, ast.Call) or called(node) not in ("find_packages", "find_namespace_packages"):
        return ()
    given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "where")]
    return tuple(text for value in given if (text := script.string(value)))
