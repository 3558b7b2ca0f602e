"""Code in other languages that a project is built with: crates of Cargo's, folders of CMake's and Meson's."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from pytest_monorepo.workspace.files.tree import Table, Tree, child, inside, join, table_at
from pytest_monorepo.workspace.model import ROOT, parents

from .leads import from_somewhere, in_project, leading_out, own_files

_KNOWN = ("Cargo.toml", "CMakeLists.txt", "meson.build")
# what builds read, and sources that name others by a path
_SCRIPT = re.compile(
    r"CMakeLists\.txt|.+\.cmake|meson\.build|.+\.wrap|Cargo\.toml"
    r"|.+\.(?:rs|c|cc|cpp|cxx|cu|h|hh|hpp|hxx|pyx|pxd|pxi|f90|f|inc|i|swg)"
)
# ${CMAKE_CURRENT_SOURCE_DIR}/../x, meson.current_source_dir() / '..' / 'x': what such a word stands for lies
# in the folder, or nobody knows where (cmake-variables(7); mesonbuild.com, Reference manual: meson)
_HERE = re.compile(r"\$\{\w+\}/|\bmeson\.\w+\(\)\s*[/+]\s*'/?(?=\.\.)")
_JOINING = re.compile(r"join_paths\(((?:[^()]|\(\)){0,1000})\)")
# mesonbuild.com, Python-module: install_sources() of a Python installation, get_install_dir()
_INSTALLS = re.compile(r"\b(install_sources|install_subdir)\(((?:[^()]|\([^()]{0,2000}\)){0,4000})\)")
_ASSIGNED = re.compile(r"^[ \t]*(\w+)[ \t]*\+?=[ \t]*(\[[^\]]*\]|files\([^()]*\)|'[^'\n]*')", re.MULTILINE)
_COMMENT = re.compile(r"#[^\n]*")
_FLAG = re.compile(r"(?:preserve_path|strip_directory)[ \t]*:[ \t]*true")
_NAME = re.compile(r"\b[A-Za-z_]\w*\b(?!\()")
_TEXT = re.compile(r"'([^'\n]*)'")
_KEY = re.compile(r"\b(?:subdir|install_dir|preserve_path|strip_directory|pure|install_tag)[ \t]*:")
_SUBDIR = re.compile(r"\bsubdir[ \t]*:[ \t]*'([^'\n]*)'|get_install_dir\(\)[ \t]*/[ \t]*'([^'\n]*)'")
_JOINED = re.compile(r"'\s*/\s*'")


def folders(tree: Tree, folder: str) -> Iterator[str]:
    """Workspace paths outside ``folder`` that its native code is built from."""
    if folder == ROOT:
        return
    for path in own_files(tree, folder, _is_one):
        place, _, name = path.rpartition("/")
        if name == "Cargo.toml":
            found = [leading_out(tree, place, crate) for crate in _crates(tree, place, tree.table(path))]
        else:
            text = tree.read(path) or ""
            if ".." not in text and "{" not in text:
                continue
            joined = _JOINED.sub("/", _HERE.sub("./", _JOINING.sub(_with_slashes, text)))
            found = [leading_out(tree, place, joined), from_somewhere(tree, folder, text)]
        known = place == folder and name in _KNOWN
        outside = (each for some in found for each in some if not inside(each, folder))
        yield from (each for each in outside if known or in_project(tree, each))


def _with_slashes(call: re.Match[str]) -> str:
    return call[1].replace(",", "/")


def _is_one(path: str) -> bool:
    return _SCRIPT.fullmatch(path, path.rfind("/") + 1) is not None


def installed(tree: Tree, folder: str) -> Iterator[tuple[str, str]]:
    """Where Meson puts Python files and folders among the installed ones, and where they lie."""
    for path in own_files(tree, folder, lambda path: path.rpartition("/")[2] == "meson.build"):
        place, text = path.rpartition("/")[0] or ROOT, _COMMENT.sub("", tree.read(path) or "")
        for what, said in _INSTALLS.findall(text):
            found = _SUBDIR.search(said)
            below = (found[1] or found[2]) if found is not None else ""
            whole = _FLAG.search(said) is not None
            for source in _sources(said, text):
                name = source.rpartition("/")[2]
                if what == "install_sources":
                    yield posixpath.join(below, source if whole else name), join(place, source)
                else:
                    yield (below if whole else posixpath.join(below, name)), join(place, source)


def _sources(said: str, text: str) -> list[str]:
    """The texts that stand before what is named, and those of the names that stand there."""
    first = _KEY.split(said)[0]
    names = {*_NAME.findall(_TEXT.sub("", first))}
    told = (value for name, value in _ASSIGNED.findall(text) if name in names)
    return [*_TEXT.findall(first), *(one for value in told for one in _TEXT.findall(value))]


def crate(tree: Tree, folder: str) -> str | None:
    """The name of the library that the crate in ``folder`` makes."""
    cargo = tree.table(child(folder, "Cargo.toml"))
    name = table_at(cargo, "lib").get("name") or table_at(cargo, "package").get("name")
    return name.replace("-", "_") if isinstance(name, str) else None


def _crates(tree: Tree, folder: str, cargo: Table | None) -> Iterator[str]:
    """The relative paths of the crates that one depends on, those of its workspace among them."""
    for name, options in _dependencies(cargo or {}):
        # https://doc.rust-lang.org/cargo/reference/overriding-dependencies.html#the-patch-section
        yield from _up(tree, folder, ("patch", "*"), name)
        if not isinstance(options, Mapping):
            continue
        # https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html#specifying-path-dependencies
        if isinstance(options.get("path"), str):
            yield options["path"]
        elif options.get("workspace") is True:
            # https://doc.rust-lang.org/cargo/reference/workspaces.html#the-dependencies-table
            yield from _up(tree, folder, ("workspace", "dependencies"), name)


def _up(tree: Tree, folder: str, keys: tuple[str, str], name: str) -> Iterator[str]:
    """The path of a crate that the manifest of the workspace around gives; ``*`` is any table."""
    for above in parents(folder):
        outer = table_at(tree.table(child(above, "Cargo.toml")), keys[0])
        for key in outer if keys[1] == "*" else keys[1:]:
            shared = table_at(outer, key).get(name)
            if isinstance(shared, Mapping) and isinstance(shared.get("path"), str):
                # it is relative to that Cargo.toml
                up = "../" * (0 if above == folder else _depth(folder) - _depth(above))
                yield up + join(ROOT, shared["path"])
                return


def _depth(folder: str) -> int:
    return 0 if folder == ROOT else folder.count("/") + 1


def _dependencies(table: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            # dependencies, dev- and build-dependencies, and these three again below each [target.'cfg(…)']
            if key.endswith("dependencies"):
                yield from value.items()
            elif key not in ("workspace", "patch"):
                yield from _dependencies(value)
