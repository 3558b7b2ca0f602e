"""What pytest itself would choose in a folder: ini file, rootdir and what decides what is collected.

Reproduces ``_pytest.config.findpaths`` for ``cd folder && pytest`` without arguments. The files are read
through a :class:`~.tree.Tree`, so that a thousand projects below one ``pytest.ini`` parse it once.
"""

from __future__ import annotations

import argparse
import posixpath
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import iniconfig
import pytest

from pytest_monorepo.workspace.files.tree import Table, Tree, UnreadableError, child, join, table_at
from pytest_monorepo.workspace.model import ROOT, PytestSettings

# the default of 8.0 to 9.2 (_pytest/main.py)
NORECURSEDIRS = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")

_Values = Mapping[str, object]
_Version = tuple[int, ...]
_Loader = Callable[[Tree, str, _Version], _Values | None]


class Said(NamedTuple):
    """What pytest's own words say of its configuration, and the rest of them."""

    inifile: str | None
    overrides: tuple[tuple[str, str], ...]
    others: tuple[str, ...]


def read_words(words: Sequence[str]) -> Said:
    """Take ``-c`` and ``-o`` out of the words of a command line."""
    if not words:
        return Said(None, (), ())
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-c", "--config-file")
    parser.add_argument("-o", "--override-ini", action="append", default=[])
    try:
        known, others = parser.parse_known_args(list(words))
    except (argparse.ArgumentError, SystemExit):  # a value is missing, which pytest itself will say
        return Said(None, (), tuple(words))
    pairs = (entry.partition("=") for entry in known.override_ini)
    return Said(known.config_file, tuple((name, value) for name, _, value in pairs), tuple(others))


def ini_names(version: _Version) -> tuple[str, ...]:
    """The files that this pytest looks for in a folder, in its order."""
    # the hidden name counts since 7.2, the TOML files came with 9.0
    dedicated = ("pytest.ini", ".pytest.ini") if version >= (7,) else ("pytest.ini",)
    if version >= (9,):
        dedicated = ("pytest.toml", ".pytest.toml", *dedicated)
    return (*dedicated, "pyproject.toml", "tox.ini", "setup.cfg")


@dataclass(frozen=True)
class Reader:
    """Answers for one tree and one version of pytest; every folder above a project is looked at once.

    ``given`` is a file that holds in place of what would be found, ``overrides`` before any file.
    """

    tree: Tree
    version: _Version = pytest.version_tuple[:2]  # type: ignore[assignment]
    given: str | None = None
    overrides: tuple[tuple[str, str], ...] = ()

    @cached_property
    def _found(self) -> dict[str, tuple[str, _Values] | None]:
        return {}

    def read(self, folder: str, words: Sequence[str] = ()) -> PytestSettings:
        """The settings of ``cd folder && pytest WORDS``; a broken ini file counts as one without values.

        The words follow ``addopts`` there, as on pytest's own command line.
        """
        said = read_words(words)
        given = self.given if said.inifile is None else join(folder, said.inifile)
        inifile, found = self._locate(folder) if given is None else self._read_given(given)
        # --override-ini is laid over the file; the last of one name counts (findpaths.py, parse_override_ini)
        values = {**found, **dict(self.overrides), **dict(said.overrides)}
        if said.inifile is not None:
            rootdir = _folder(given or ROOT)
        elif given is not None:
            rootdir = folder
        else:
            rootdir = _folder(inifile) if inifile is not None else self._setup_py(folder)
        return PytestSettings(
            inifile=inifile,
            rootdir=rootdir,
            testpaths=_args(values.get("testpaths")),
            python_files=_args(values.get("python_files", list(PytestSettings.python_files))),
            norecursedirs=_args(values.get("norecursedirs", list(NORECURSEDIRS))),
            addopts=(*_args(values.get("addopts")), *said.others),
            pythonpath=_args(values.get("pythonpath")),
        )

    def own_configuration(self, folder: str) -> bool:
        """Whether the folder itself holds what pytest takes as its configuration."""
        return self._in_folder(folder) is not None

    @cached_property
    def _given(self) -> dict[str, tuple[str, _Values]]:
        return {}

    def _read_given(self, path: str) -> tuple[str, _Values]:
        if path not in self._given:
            self._given[path] = self._load_given(path)
        return self._given[path]

    def _load_given(self, path: str) -> tuple[str, _Values]:
        name = posixpath.basename(path)
        loader = _LOADERS.get(name) or _BY_SUFFIX.get(posixpath.splitext(name)[1])
        try:
            values = (
                loader(self.tree, path, self.version) if loader is not None and self.tree.has(path) else None
            )
        except UnreadableError:
            values = None
        return path, values or {}

    def _locate(self, folder: str) -> tuple[str | None, _Values]:
        first_pyproject: str | None = None
        for above in self._upward(folder):
            if first_pyproject is None and self.tree.has(child(above, "pyproject.toml")):
                first_pyproject = child(above, "pyproject.toml")
            # in each folder all names are tried before the next one upward (findpaths.py, locate_config)
            found = self._in_folder(above)
            if found is not None:
                return found
        # since 8.1 the nearest pyproject.toml is the ini file even when it says nothing to pytest
        return (first_pyproject if self.version >= (8, 1) else None), {}

    def _in_folder(self, folder: str) -> tuple[str, _Values] | None:
        if folder not in self._found:
            self._found[folder] = next(self._candidates(folder), None)
        return self._found[folder]

    def _candidates(self, folder: str) -> Iterator[tuple[str, _Values]]:
        for name in ini_names(self.version):
            path = child(folder, name)
            if self.tree.has(path):
                try:
                    values = _LOADERS[name](self.tree, path, self.version)
                except UnreadableError:
                    values = {}  # pytest stops here with a usage error, which its own run will show
                if values is not None:
                    yield path, values

    def _setup_py(self, folder: str) -> str:
        # without an ini file the nearest setup.py upward marks the rootdir (reference/customize.html)
        above = (path for path in self._upward(folder) if self.tree.has(child(path, "setup.py")))
        return next(above, folder)

    def _upward(self, folder: str) -> Iterator[str]:
        while folder != ROOT:
            yield folder
            folder = posixpath.dirname(folder) or ROOT
        yield ROOT
        for depth in range(1, len(self.tree.root.parts)):
            yield "/".join([".."] * depth)


def _folder(path: str) -> str:
    return posixpath.dirname(path) or ROOT


def _args(value: object) -> tuple[str, ...]:
    """A setting of pytest's type ``args``: split like a shell would, or a list as it is."""
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value))
        except ValueError:  # an open quote: pytest ends with it, which the project's own run will show
            return tuple(value.split())
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _sections(tree: Tree, path: str) -> Mapping[str, Mapping[str, str]]:
    text = tree.read(path)
    try:
        ini = iniconfig.IniConfig(path, data=text or "")
    except iniconfig.ParseError as error:
        raise UnreadableError(f"{path} is not a valid ini file: {error}") from error
    return {section.name: dict(section.items()) for section in ini}


def _dedicated_ini(tree: Tree, path: str, version: _Version) -> _Values | None:
    # a hidden one without the section counts since 9.0
    counts = version >= (9,) or posixpath.basename(path) == "pytest.ini"
    return _sections(tree, path).get("pytest", {} if counts else None)


def _shared_ini(section: str) -> _Loader:
    def load(tree: Tree, path: str, _: _Version) -> _Values | None:
        # with [pytest] in a setup.cfg pytest ends with a usage error, which its own run will show (#3086)
        # most of these files say nothing to pytest: looking costs less than parsing
        return _sections(tree, path).get(section) if f"[{section}]" in (tree.read(path) or "") else None

    return load


def _dedicated_toml(tree: Tree, path: str, version: _Version) -> _Values | None:
    # before 9.0 it is read where -c gives it alone, and as any other
    return table_at(tree.toml(path), "pytest") if version >= (9,) else _pyproject(tree, path, version)


def _pyproject(tree: Tree, path: str, version: _Version) -> _Values | None:
    table: Table = table_at(tree.toml(path), "tool", "pytest")
    # 9.0 reads [tool.pytest] itself, with TOML's own types; ini_options beside it is an error there
    native = {key: value for key, value in table.items() if key != "ini_options"}
    if native and version >= (9,):
        return native
    ini = table.get("ini_options")
    return ini if isinstance(ini, Mapping) else None


def _custom_toml(tree: Tree, path: str, version: _Version) -> _Values | None:
    # 9.2 reads [pytest] of it, too (#14705); both are a usage error, which its own run will show
    found = _pyproject(tree, path, version)
    return table_at(tree.toml(path), "pytest") if found is None and version >= (9, 2) else found


_LOADERS: Mapping[str, _Loader] = {
    "pytest.toml": _dedicated_toml,
    ".pytest.toml": _dedicated_toml,
    "pytest.ini": _dedicated_ini,
    ".pytest.ini": _dedicated_ini,
    "pyproject.toml": _pyproject,
    "tox.ini": _shared_ini("pytest"),
    "setup.cfg": _shared_ini("tool:pytest"),
}
_BY_SUFFIX: Mapping[str, _Loader] = {
    ".ini": _LOADERS["tox.ini"],
    ".cfg": _LOADERS["setup.cfg"],
    ".toml": _custom_toml,
}
"""How pytest reads a file of another name that ``-c`` gives it."""
