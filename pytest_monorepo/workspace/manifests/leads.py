"""How a text names a path outside of the folder that it lies in: what each spelling leads to, if it exists.

Build scripts, task files and settings are read for paths alone, whatever they do with them. Rather too much
than too little: a path that is not seen is a test that does not run.
"""

from __future__ import annotations

import ast
import posixpath
import re
import warnings
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import partial

from pytest_monorepo.workspace.files.globs import has_magic, matches, without_magic
from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.files.tree import Tree, child, inside, join
from pytest_monorepo.workspace.model import MARKERS, ROOT, parents

_LEADS_OUT = late(r"(?:^|[\s='\"|:@,;(\[]|-[A-Za-z])((?:\.\.?/)*\.\./[^\s'\",;)\]]*|\.\.)(?=$|[\s'\",;)\]])")
# what stands for a folder: of make, just, Task, tox, Hatch, CMake, a shell
_FOLDER = (
    r"(?:\$\{?\w+\}?|\$[({][^(){}\n]{1,200}[)}]|\{\{[^{}\n]{1,200}\}\}|\{[\w:]{1,80}\}|%~dp0|%\w{1,80}%)"
    r"[\"']?(?:[/\\]|\{/\})"
)
# the text's own folder, since a path that leads from there to nothing says nothing
_HERE = late(rf"{_FOLDER}(?=\.\.)")
_SOMEWHERE = late(rf"{_FOLDER}([\w.-]+(?:/[\w.-]+)*)")
_WORD = late(r"(?:(?<![\w./-])|(?<![\w.:/-]//)(?<=//))[\w.-]+(?:/[\w.-]+)+")
# those of a folder below the root, behind a variable or where a command has gone up: libs/*, ./libs/$name,
# "$ROOT"/libs/c*, libs/{a,b}; but not libs/*.txt
_ALL_OF = late(
    rf"(?:(?<![\w./-])(?:\./)?|{_FOLDER})([\w-][\w.-]*(?:/[\w.-]+)*)"
    r"[/\\](?:[\w-]{0,40}(?:\?{0,4}\*(?![*\w.])|[\[{])|\$\{?\w)"
)
_UNKNOWN = "\0"
# what a shell, make or a loop puts into a path
_FILLED = late(r"\$\$?\{?\w+\}?|\{[^}]*\}?|%%?\w\b")


def own_files(tree: Tree, folder: str, wanted: Callable[[str], bool]) -> Iterator[str]:
    """The files in ``folder`` that are ``wanted``, but those of projects below it."""
    start, other = folder + "/", "\0"
    for path in tree.files[bisect_left(tree.files, start) :]:
        if not path.startswith(start):
            return
        if path.startswith(other) or not wanted(path):
            continue
        above = (
            place for place in parents(path.rpartition("/")[0]) if place != folder and inside(place, folder)
        )
        other = next((place + "/" for place in above if _has_manifest(tree, place)), "\0")
        if not path.startswith(other):
            yield path


def from_here(text: str) -> str:
    """A text whose paths through ``..`` all begin in one folder."""
    return _HERE.sub("./", text).replace("{/}", "/")


def leading_out(tree: Tree, folder: str, text: str) -> Iterator[str]:
    """The paths in a text that lead out of ``folder`` to something that exists; of a glob its folder."""
    patterns: dict[str, None] = {}
    for found in _LEADS_OUT.finditer(text):
        bare, is_extra, _ = found[1].partition("[")
        # "../libs/core[fast]": it may be a set of letters as well
        if (
            is_extra
            and (place := join(folder, bare)) in tree.all_folders
            and _is_outside(tree, folder, place)
        ):
            yield place
        # behind one of these stands something else: compose's and make's colon, an extra, a variable
        for path in dict.fromkeys((found[1], re.split(r"[:$\[{#<>|&]", found[1], maxsplit=1)[0])):
            place = without_magic(join(folder, path))
            if not place.startswith("..") and _is_outside(tree, folder, place):
                yield place
                break
        else:
            # an extra, or a set of letters: either has lost its end
            pattern = re.sub(r"\*?\[[^/]*", "*", _FILLED.sub("*", found[1]))
            patterns[join(folder, pattern)] = None
    beside: dict[str, str] = {}
    for pattern in patterns:
        beside |= _beside(tree, folder, pattern)
    yield from (place for place in beside if _is_outside(tree, folder, place))


def _beside(tree: Tree, folder: str, pattern: str) -> Mapping[str, str]:
    """The projects that a pattern means which begins in a folder around this one: ``../*``, ``../$name``.

    The one that asks among them.
    """
    steps = pattern.split("/")
    first = next((at for at, step in enumerate(steps) if has_magic(step)), None)
    if first is None or pattern.startswith("..") or not inside(folder, "/".join(steps[:first]) or ROOT):
        return {}
    # packages of one repository have files of tasks alike, and their lines, too
    key = f"projects of {pattern}"
    if key not in tree.facts:
        patterns = tuple("/".join(steps[:length]) for length in range(first + 1, len(steps) + 1))
        meant = filter(partial(matches, patterns=patterns), _manifest_folders(tree))
        tree.facts[key] = dict.fromkeys(meant, "")
    return tree.facts[key]


def from_somewhere(tree: Tree, folder: str, text: str) -> Iterator[str]:
    """What paths behind a variable lead to, if it is the workspace's root: ``$(ROOT)/libs/core``.

    Where the same path leads to something in ``folder`` that is what is meant.
    """
    for found in _SOMEWHERE.finditer(text):
        yield from _from_root(tree, folder, found[1])


def from_top(tree: Tree, folder: str, text: str) -> Iterator[str]:
    """The projects that a text names by their whole path below the root: ``COPY libs/core``."""
    for word in dict.fromkeys(_WORD.findall(text)):
        steps = word.split("/")
        for length in range(2, len(steps) + 1):
            place = "/".join(steps[:length])
            if place not in tree.all_folders:
                break
            if place in _manifest_folders(tree):
                yield from _from_root(tree, folder, place)
    for place in dict.fromkeys(_ALL_OF.findall(text)) if _may_go_through(tree, text) else ():
        own = join(folder, place) in tree.all_folders
        if not own and place in _folders_of_projects(tree) and _is_outside(tree, folder, place):
            yield place


def from_expressions(tree: Tree, folder: str, text: str) -> Iterator[str]:
    """What paths that a Python script puts together may lead to: ``ROOT / "libs" / "core"``, f-strings."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(text.encode("utf-8", "surrogateescape"))
        paths = {path for node in ast.walk(module) if (path := "".join(_path(node)))}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for path in sorted(paths):
        # without what stands before it in a requirement or an option
        path = re.split(r"file:/{0,2}|[\s=@]", path)[-1]
        known = path.lstrip(_UNKNOWN + "/")
        if known.startswith("../") and _UNKNOWN not in known:
            yield from leading_out(tree, folder, known)
        elif _UNKNOWN in known:
            yield from _matching(tree, folder, known.replace(_UNKNOWN, "*"))
        elif known != path:
            yield from _from_root(tree, folder, known)


def _path(node: ast.AST) -> Iterator[str]:
    """The path that an expression puts together of texts, what is not known of it as one character."""
    match node:
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            yield f"{_part(left)}/{_part(right)}"
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield _part(left) + _part(right)
        case ast.JoinedStr(values=values):
            yield from map(_part, values)
        case ast.Call(func=ast.Attribute(value=base, attr="joinpath"), args=words):
            yield "/".join(map(_part, (base, *words)))
        case ast.Call(func=ast.Attribute(attr="join") | ast.Name(id="join"), args=[_, _, *_] as words):
            # of os.path; a text joins one list
            yield "/".join(map(_part, words))


def _part(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return "".join(_path(node)) or _UNKNOWN


def _matching(tree: Tree, folder: str, pattern: str) -> Iterator[str]:
    """The projects that a path with unknown parts may mean, from the script's folder or any other."""
    pattern = join(folder, pattern) if pattern.startswith("../") else pattern
    if re.search(r"[\w.-]{2}", pattern.rpartition("/")[2]) is None:
        return  # anything may be meant
    # packages of one repository have scripts alike: each pattern is looked for once
    key = f"projects like {pattern}"
    if key not in tree.facts:
        tree.facts[key] = dict.fromkeys(_alike(_manifest_folders(tree), pattern), "")
    yield from (place for place in tree.facts[key] if _is_outside(tree, folder, place))


def _alike(places: Iterable[str], pattern: str) -> Iterator[str]:
    """Those of the places that the pattern means, from the root or from any folder."""
    plain = "" if "[" in pattern else max(re.split(r"[*?]", pattern), key=len).strip("/")
    for place in places:
        if plain in place and fnmatchcase(f"/{place}", f"*/{pattern}"):
            yield place


def _manifest_folders(tree: Tree) -> Mapping[str, str]:
    """The folders that may be projects, in order."""
    if (key := "folders with a manifest") not in tree.facts:
        found = (place for place, names in tree.folders.items() if not MARKERS.isdisjoint(names))
        tree.facts[key] = dict.fromkeys(sorted(found), "")
    return tree.facts[key]


def _folders_of_projects(tree: Tree) -> Mapping[str, str]:
    """The folders that hold those which may be projects."""
    if (key := "folders with manifests in them") not in tree.facts:
        tree.facts[key] = {posixpath.dirname(place): "" for place in _manifest_folders(tree)}
    return tree.facts[key]


def _may_go_through(tree: Tree, text: str) -> bool:
    return any(place and f"{place}{after}" in text for place in _folders_of_projects(tree) for after in "/\\")


def _from_root(tree: Tree, folder: str, path: str) -> Iterator[str]:
    place = posixpath.normpath(path)
    if place in (ROOT, "..") or place.startswith("../") or tree.holds(join(folder, place)):
        return
    if ("/" in place or place in _manifest_folders(tree)) and _is_outside(tree, folder, place):
        yield place


def in_project(tree: Tree, path: str) -> bool:
    """Whether a project below the root holds the path. What lies in none may be for all, whoever names it."""
    return owner_of(tree, path) is not None


def owner_of(tree: Tree, path: str) -> str | None:
    """The folder of the project below the root that holds the path."""
    return next((p for p in parents(path) if p != ROOT and p in _manifest_folders(tree)), None)


def projects_below(tree: Tree, folder: str) -> Iterator[str]:
    """The folders below one that have a manifest."""
    if folder in tree.all_folders:
        yield from (p for p in _manifest_folders(tree) if p != folder and inside(p, folder))


def _is_outside(tree: Tree, folder: str, place: str) -> bool:
    around = place == ROOT or inside(folder, place) or inside(place, folder)
    return not around and (tree.has(place) or place in tree.all_folders)


def _has_manifest(tree: Tree, folder: str) -> bool:
    return tree.has(child(folder, "pyproject.toml")) or tree.has(child(folder, "setup.py"))
