"""tox's and nox's environments: what they install of the workspace, and the files that say so.

tox 4 reads ``tox.ini``, ``setup.cfg``, ``tox.toml`` and ``[tool.tox]``, and sees relative paths from where
that file lies. A ``noxfile.py`` is read, never run: of what its sessions install counts what is spelled out.
"""

from __future__ import annotations

import ast
import configparser
import posixpath
import re
import shlex
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_monorepo.workspace.files.tree import Table, Tree, UnreadableError, child, join, strings, table_at

from .commands import installed_by, lines_of
from .legacy import ini
from .script import Script

_ENVIRONMENT = re.compile(r"(?:tox:)?(?:testenv|pkgenv|env|base)(?:[:.].*)?")
# "requires" is what tox is to be run with itself (4.67: provision.py)
_LINES = ("deps", "constraints", "requires")
# where what tox builds and installs lies, if it is not its own folder (tox 4; the second is tox 3's word)
_ROOTS = ("package_root", "setupdir")
_COMMANDS = (
    *("commands", "commands_pre", "commands_post", "install_command"),
    *("extra_setup_commands", "recreate_commands"),
)
# variables by which pip and uv are told what a line of a requirements file tells them
_TOLD = re.compile(
    r"(?:PIP|UV)_(?:(?P<c>CONSTRAINT|BUILD_CONSTRAINT|OVERRIDE)|(?P<r>REQUIREMENT)|(?P<f>FIND_LINKS))\s*=\s*(?P<path>.+)"
)
# the folder of the file; toxinidir is tox 3's word for tox_root
_HERE = re.compile(r"\{(?:toxinidir|tox_root|toxworkdir/\.\.)\}/?")
# https://tox.wiki/en/latest/config.html#substitution-for-values-from-other-sections
_LONGEST = 10_000
# one value that takes from another that takes from another …
_DEEPEST = 100
_REFERENCE = re.compile(r"\{\[([^\]{}]*)\]([^{}:]+)(?::[^{}]*)?\}")
_FIELD = re.compile(r"\{(?:env:[^:}]{1,200}|posargs):(?P<default>[^}]{0,1000})\}|\{/\}|\{[^{}]*\}")
# https://tox.wiki/en/latest/config.html: "py38,py39-x: core", and "!py38:" for all others
_FACTORS = re.compile(r"^!?[\w.{}!,-]+:\s+")
# https://nox.thea.codes/en/stable/config.html; run_always is the name of run_install up to 2023.04.22
_INSTALLS = ("install", "run_install", "run", "run_always", "conda_install")


def tox_lines(tree: Tree, folder: str, pyproject: Table | None) -> Iterator[str]:
    """What the environments of tox in ``folder`` install, as lines of a requirements file."""
    for table in _tables(tree, folder, pyproject):
        for key in _LINES:
            yield from (_plain(line) for line in _strings(table.get(key)))
        for key in _ROOTS:
            yield from (f"-e {_plain(path)}" for path in _strings(table.get(key)))
        for key in ("set_env", "setenv"):
            yield from _told(table.get(key))
        for key in _COMMANDS:
            for command in _commands(table.get(key)):
                yield from installed_by(_plain(command))


def _told(variables: object) -> Iterator[str]:
    told = variables if isinstance(variables, Mapping) else {}
    for line in (*_strings(variables), *(f"{name}={value}" for name, value in told.items())):
        if found := _TOLD.fullmatch(_plain(line)):
            option = next(option for option in "crf" if found[option])
            yield from (f"-{option} {path}" for path in found["path"].split())


def tox_files(tree: Tree, folder: str, pyproject: Table | None) -> Iterator[str]:
    """Other files that the environments read: ``set_env``'s ``file|x``, ``pylock``."""
    for table in _tables(tree, folder, pyproject):
        for key in ("set_env", "setenv"):
            for line in _strings(table.get(key)):
                # tox 4.67, config/set_env.py: the rest is an env file whose lines are read as variables
                if line.startswith("file|"):
                    yield join(folder, _plain(line[len("file|") :]))
            yield from (join(folder, _plain(path)) for path in strings(table_at(table, key).get("file")))
        # a wheel that somebody else has built: tox_env/python/virtual_env/package/cmd_builder.py
        yield from (
            join(folder, posixpath.dirname(_plain(path))) for path in strings(table.get("package_glob"))
        )
        # PEP 751, tox 4.67: it stands in place of deps, never beside them (tox_env/python/runner.py)
        yield from (join(folder, _plain(path)) for path in _strings(table.get("pylock")))


def nox_lines(tree: Tree, folder: str) -> Iterator[str]:
    """What the sessions of the ``noxfile.py`` in ``folder`` install, as lines of a requirements file."""
    text = tree.read(child(folder, "noxfile.py"))
    if text is None:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            script = Script(ast.parse(text))
        lines = list(_installed(script))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    yield from lines


def _installed(script: Script) -> Iterator[str]:
    for name in _INSTALLS:
        for call in script.calls(name):
            words = [word for argument in call.args for word in _words(script, argument)]
            if name in ("install", "conda_install"):
                yield from lines_of(words)
            else:
                yield from installed_by(" ".join(words))


def _words(script: Script, node: ast.expr) -> list[str]:
    """The strings of an argument, those of ``*[…]``, of names and of conditions among them."""
    found = [word for word in script.strings(node) if word]
    # of a call that is not known (Path("..", "core")) what it is given
    literals = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return found or [word for word in literals if isinstance(word, str) and word]


def _tables(tree: Tree, folder: str, pyproject: Table | None) -> Iterator[Mapping[str, object]]:
    for name in ("tox.ini", "setup.cfg"):
        yield from _sections(tree.read(child(folder, name)))
    tool = table_at(pyproject, "tool", "tox")
    legacy = tool.get("legacy_tox_ini")
    if isinstance(legacy, str):
        yield from _sections(legacy)
    try:
        own = tree.toml(child(folder, "tox.toml"))
    except UnreadableError:
        own = None
    for file, own_table in ((pyproject or {}, tool), (own or {}, own or {})):
        table = _References(file, own_table).filled(own_table)
        yield table
        # tox 4's names for [testenv] and the base of [pkgenv] in TOML (config/source/toml_pyproject.py)
        yield table_at(table, "env_run_base")
        yield table_at(table, "env_pkg_base")
        yield from (inner for inner in table_at(table, "env").values() if isinstance(inner, dict))
        yield from (inner for inner in table_at(table, "env_base").values() if isinstance(inner, dict))


class _References:
    """What ``{replace = "ref"}`` and kin stand for in a file of TOML; each place is worked out once."""

    def __init__(self, file: Table, own: Table) -> None:
        # https://tox.wiki/en/latest/config.html#toml-references: "of" is a path of keys from the top of the
        # file (tox 4: TomlLoader.load_raw_from_root), "env" and "key" are below tox's own table
        self._file, self._own = file, own
        self._known: dict[tuple[bool, tuple[str, ...]], list[Any]] = {}

    def filled(self, value: Any, depth: int = 0) -> Any:
        """A value with what is to be put in its place; as it is written where it is deeper than any meant."""
        if depth > _DEEPEST:
            return value
        if isinstance(value, list):
            return [one for item in value for one in self._inserted(item, depth + 1)]
        if isinstance(value, Mapping):
            return {key: self.filled(item, depth + 1) for key, item in value.items()}
        return value

    def _inserted(self, item: Any, depth: int) -> Iterator[Any]:
        """What stands in a list for one of its items: any of what a table to be replaced may come to."""
        if not isinstance(item, Mapping) or "replace" not in item:
            yield self.filled(item, depth)
        elif item["replace"] == "ref":
            yield from self._at(item, depth)
        else:
            words = (item.get(key) for key in ("then", "else", "default", "pattern", "key"))
            yield from (one for word in words for one in self._listed(word, depth))

    def _at(self, reference: Mapping[str, Any], depth: int) -> list[Any]:
        own = "of" not in reference
        keys = (*strings(reference.get("env")), *strings(reference.get("key")))
        path = strings(reference.get("of")) if not own else ("env", *keys) if len(keys) > 1 else ()
        place = (own, path)
        if place not in self._known:
            # one that leads back to itself stands for nothing
            self._known[place] = []
            found: Any = (self._own if own else self._file) if path else None
            for step in path:
                found = found.get(step) if isinstance(found, Mapping) else None
            # each once: where lists take from lists, and those from others, their lengths multiply
            told = {one if isinstance(one, str) else id(one): one for one in self._listed(found, depth)}
            self._known[place] = list(told.values())
        return self._known[place]

    def _listed(self, value: Any, depth: int) -> Iterator[Any]:
        told = self.filled(value if isinstance(value, list) else [value], depth + 1)
        yield from (one for one in told if one is not None)


def _sections(text: str | None) -> Iterator[Mapping[str, object]]:
    if text is None or ("testenv" not in text and "[tox" not in text):
        return
    try:
        parser = ini(text, "tox.ini", default="\0")
    except configparser.Error:
        return
    values = _Values(parser)
    for section in parser.sections():
        yield {key: values.of(section, key) for key in parser.options(section)}


class _Values:
    """The values of an ini file with what they take from other sections: ``{[base]deps}``, ``{[]deps}``."""

    def __init__(self, parser: configparser.RawConfigParser) -> None:
        self._parser = parser
        self._known: dict[tuple[str, str], str] = {}

    def of(self, section: str, key: str, depth: int = 0) -> str:
        """Empty for one that is not there, that leads back to itself, or is longer than any that is meant.

        What is taken over more steps than anybody writes stays as it is written.
        """
        place = (section, self._parser.optionxform(key))
        if place not in self._known:
            self._known[place] = ""
            value = self._parser.get(section, key, fallback="") or ""
            told = value
            if depth < _DEEPEST:
                told = _REFERENCE.sub(lambda found: self.of(found[1] or section, found[2], depth + 1), value)
            self._known[place] = told if len(told) < max(_LONGEST, len(value) + 1) else ""
        return self._known[place]


def _strings(value: object) -> Iterator[str]:
    """The lines of a value: of text in an ini file, of lists and ``{replace = …}`` tables in TOML."""
    if isinstance(value, str):
        yield from (line.strip() for line in value.replace("\\\n", " ").splitlines() if line.strip())
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _commands(value: object) -> Iterable[str]:
    if isinstance(value, list):
        # TOML: a list of words for each command
        return [shlex.join(strings(item)) if isinstance(item, list) else str(item) for item in value]
    return _strings(value)


def _plain(line: str) -> str:
    """A line without factors, tox's fields for its own folder as a relative path and all others empty."""
    line = re.sub(r"file:/+(?=\{tox)", "file:", _FACTORS.sub("", line))
    line = _HERE.sub("./", line)
    return _FIELD.sub(lambda found: found["default"] or ("/" if found[0] == "{/}" else ""), line).strip()
