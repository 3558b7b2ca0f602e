"""Where the expressions of a file may lead: up from the file, or from where a test runs, and then down.

The names of the file are given all values that they have anywhere in it, whatever the order: one name stands
for all variables, attributes, functions and arguments that are called so.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .literals import last_name

FILE, HERE, MODULE, GIVEN = "file", "cwd", "module", "="
"""What a place begins from; the last stands before a name that is given from elsewhere."""
ANYWHERE, TOP = "?", "top"
"""Unknown steps up from the file, and from where the test runs: mostly to the top of a checkout."""

WALKING = frozenset(
    (
        *("glob", "rglob", "iglob", "walk", "fwalk", "iterdir", "listdir", "scandir", "visit", "ls_files"),
        *("copytree", "copy_tree", "make_archive", "dircmp", "compile_dir"),
    )
)
"""What goes through folders, or takes all that lies there."""

# functions and methods that give the place that they are given
_SAME = frozenset(
    (
        *("str", "fspath", "fsdecode", "fsencode", "abspath", "realpath", "normpath", "normcase"),
        *("expanduser", "resolve", "absolute", "as_posix", "strip", "rstrip", "decode", "encode", "format"),
        *("replace", "removesuffix", "splitlines", "sorted", "list", "tuple", "set", "iter", "next"),
        *("reversed", "enumerate", "chain", "param", "local", "Repo"),
    )
)
_PATHS = frozenset(("Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath", "UPath", "AnyioPath"))
_JOINS = frozenset(("join", "joinpath"))
# what gives no place, whatever it is asked of
_NOWHERE = frozenset(
    (
        *("read_text", "read_bytes", "write_text", "write_bytes", "open", "load", "loads", "exists"),
        *("is_file", "is_dir", "isfile", "isdir", "stat", "touch", "unlink", "mkdir", "makedirs", "rmtree"),
        *("copy", "copy2", "copyfile", "relative_to", "relpath", "is_relative_to", "startswith"),
        *("endswith", "match", "len", "print", "isinstance", "insert", "run", "Popen", "call"),
        *("check_call",),
    )
)
_ROOTS = frozenset(
    ("rootpath", "rootdir", "inipath", "inifile", "startpath", "startdir", "working_dir", "working_tree_dir")
)
_TOPS = frozenset(("--show-toplevel", "--show-cdup"))
_SET_BY_CI = ("ROOT", "REPO", "WORKSPACE", "CHECKOUT", "TOP", "PROJECT_DIR", "BUILD_DIR", "SOURCE_DIR")
# of pytest: folders that are made for a test
_MADE = frozenset(
    (
        *("tmp_path", "tmpdir", "tmp_path_factory", "tmpdir_factory", "pytester", "testdir", "self", "cls"),
        *("request",),
    )
)
_MOST, _HIGHEST, _ROUNDS = 12, 12, 50


class Place(NamedTuple):
    """``steps`` up from ``origin`` and down to ``folder``; ``open`` where nobody knows how much further."""

    origin: str
    steps: int = 0
    folder: str = ""
    open: bool = False

    def up(self, by: int = 1) -> Place:
        parts = [part for part in self.folder.split("/") if part]
        if self.open or self.origin in (ANYWHERE, TOP) or self.origin.startswith(GIVEN):
            return self._replace(folder="")
        down = min(by, len(parts))
        return self._replace(steps=self.steps + by - down, folder="/".join(parts[: len(parts) - down]))

    def below(self, path: str) -> Place:
        place = self
        for part in path.replace("\\", "/").split("/"):
            if part == "..":
                place = place.up()
            elif part not in ("", ".") and not place.open:
                place = place._replace(folder=f"{place.folder}/{part}".lstrip("/"))
        return place


Places = frozenset[Place]
NONE: Places = frozenset()
_ANY: Places = frozenset((Place(ANYWHERE),))
_TOP: Places = frozenset((Place(TOP),))


class Reading:
    """One file: first what all names may be, then where it walks."""

    def __init__(self, tree: ast.Module) -> None:
        self.nodes = list(ast.walk(tree))
        self._names: dict[str, Places] = {}
        self._functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        self._given: set[str] = set()
        self.modules = {"os", "glob", "shutil", "filecmp", "dir_util", "compileall"}
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._functions.setdefault(node.name, []).append(node)
                # of fixtures; what is handed to other functions is seen where that is
                if node.name.startswith("test") or node.decorator_list:
                    self._given.update(_arguments(node))
            elif isinstance(node, ast.Import):
                self.modules.update((alias.asname or alias.name).rpartition(".")[2] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not _is_library(node):
                self._given.update(alias.asname or alias.name for alias in node.names)
        self._given -= _MADE
        self._bindings = [pair for node in self.nodes for pair in self._bound(node)]
        self.words: dict[str, set[str]] = {}
        for name, value in self._bindings:
            texts = {text for leaf in leaves_of(value) if (text := text_of(leaf)) is not None}
            self.words.setdefault(name, set()).update(texts)
        # in turn from either end, since what a name is made of mostly stands before it, and seldom behind
        for _ in range(_ROUNDS):
            self._bindings.reverse()
            if not self._round():
                break
        else:
            self._names = dict.fromkeys(dict(self._bindings), _ANY)

    def _round(self) -> bool:
        """Whether a name was found to be more than was known of it."""
        moved = False
        for name, value in self._bindings:
            places = self.places(value)
            known = self._names.get(name, NONE)
            if not places <= known and (more := few(known | places)) != known:
                self._names[name] = more
                moved = True
        return moved

    def _bound(self, node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
        """Names, also of attributes, functions and arguments, with what they are given somewhere."""
        pairs: list[tuple[ast.expr | None, ast.expr | None]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            pairs = [(node.target, node.iter)]
        elif isinstance(node, ast.withitem):
            pairs = [(node.optional_vars, node.context_expr)]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # what a fixture gives has its name, too
            given = (one.value for one in ast.walk(node) if isinstance(one, ast.Return | ast.Yield))
            yield from ((node.name, value) for value in given if value is not None)
            yield from _defaults(node)
        elif isinstance(node, ast.Call):
            yield from self._handed(node)
        for target, value in pairs:
            if target is not None and value is not None:
                yield from ((name, value) for name in _targets(target))

    def _handed(self, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
        name = last_name(call.func)
        if isinstance(call.func, ast.Attribute) and name in ("append", "add", "extend", "setdefault"):
            holder = last_name(call.func.value)
            yield from ((holder, value) for value in call.args if holder)
        for function in self._functions.get(name or "", ()):
            arguments = [one for one in _arguments(function) if one not in ("self", "cls")]
            yield from zip(arguments, call.args, strict=False)
            yield from ((word.arg, word.value) for word in call.keywords if word.arg in arguments)
        if name == "parametrize" and len(call.args) > 1 and isinstance(call.args[0], ast.Constant):
            names = str(call.args[0].value).replace(",", " ").split()
            yield from ((one, call.args[1]) for one in names)

    # -- where an expression may lead

    def places(self, node: ast.expr | None) -> Places:
        if isinstance(node, ast.Name):
            return self._of_name(node.id)
        if isinstance(node, ast.Attribute):
            return self._of_attribute(node)
        if isinstance(node, ast.Call):
            return self._of_call(node)
        if isinstance(node, ast.Subscript):
            return self._of_subscript(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Add | ast.Mod):
            return self._joined(self.places(node.left), [node.right])
        if isinstance(node, ast.JoinedStr):
            return self._of_text(node)
        return few(place for one in _parts(node) for place in self.places(one))

    def _of_name(self, name: str) -> Places:
        if name == "__file__":
            return frozenset((Place(FILE),))
        found = self._names.get(name, NONE)
        return found if found or name not in self._given else frozenset((Place(GIVEN + name),))

    def _of_attribute(self, node: ast.Attribute) -> Places:
        if node.attr == "parent":
            return few(place.up() for place in self.places(node.value))
        if node.attr in _ROOTS:
            return _TOP
        if node.attr == "parents":
            return _unknown(self.places(node.value))
        if node.attr == "__file__":
            # the imports say whose this is, unless it goes up beyond
            return frozenset((Place(MODULE),))
        if node.attr in self._names:
            return self._names[node.attr]
        if isinstance(node.value, ast.Name) and node.value.id in self._given:
            return frozenset((Place(GIVEN + node.attr),))
        return NONE if node.attr in ("name", "stem", "suffix") else _opened(self.places(node.value))

    def _of_subscript(self, node: ast.Subscript) -> Places:
        value, index = node.value, node.slice
        if isinstance(value, ast.Attribute) and value.attr == "parents":
            if isinstance(index, ast.Constant) and isinstance(index.value, int) and index.value >= 0:
                return few(place.up(index.value + 1) for place in self.places(value.value))
            return _unknown(self.places(value.value))
        if last_name(value) == "environ" and isinstance(index, ast.Constant):
            return _set_by_ci(index)
        return _opened(self.places(value))

    def _of_call(self, call: ast.Call) -> Places:
        name = last_name(call.func) or ""
        inner = receiver(call)
        if any(word.arg == "search_parent_directories" for word in call.keywords) or _holds(call, _TOPS):
            return _TOP
        if name in ("cwd", "getcwd", "getcwdb"):
            return frozenset((Place(HERE),))
        if name in ("getenv", "get") and call.args and (name == "getenv" or called(inner) == "environ"):
            return _set_by_ci(call.args[0]) | self.joined(call.args[1:])
        if name in _NOWHERE:
            return NONE
        if name in _PATHS:
            return self.joined(call.args) if call.args else frozenset((Place(HERE),))
        if name in _JOINS:
            before = self.places(inner) if inner is not None else NONE
            return self._joined(before, call.args) if before else self.joined(call.args)
        if name == "dirname":
            return few(place.up() for place in self.joined(call.args[:1]))
        if name == "with_name":
            return self._joined(few(place.up() for place in self.places(inner)), call.args)
        if name in self._functions or name in self._names:
            return self._names.get(name, NONE)
        held = self.places(inner) if inner is not None else NONE
        given = few(place for one in call.args for place in self.places(one))
        if name in _SAME:
            return held | given
        if held:
            return _opened(held)
        # whatever a function makes of a place: find_root(Path(__file__)); not of one that is given itself
        return _unknown(place for place in given if not place.origin.startswith(GIVEN))

    def joined(self, args: Iterable[ast.expr]) -> Places:
        first, *rest = [*args] or [ast.Constant("")]
        text = text_of(first)
        begun = self.places(first) if text is None else frozenset((Place(HERE).below(text),))
        if text is not None and text.startswith(("/", "~")):
            return NONE
        return self._joined(begun, rest)

    def _joined(self, places: Places, parts: Iterable[ast.expr]) -> Places:
        for part in parts:
            text = text_of(part)
            places = _opened(places) if text is None else few(place.below(text) for place in places)
        return places

    def _of_text(self, node: ast.JoinedStr) -> Places:
        first, *rest = node.values or [ast.Constant("")]
        if not isinstance(first, ast.FormattedValue):
            return NONE
        return self._joined(self.places(first.value), rest)


def receiver(call: ast.Call) -> ast.expr | None:
    return call.func.value if isinstance(call.func, ast.Attribute) else None


def called(node: ast.expr | None) -> str | None:
    return None if node is None else last_name(node)


def few(places: Iterable[Place]) -> Places:
    """The places, or what holds them all, so that there is an end to what a name may be."""
    found = frozenset(places)
    if any(place.origin == ANYWHERE or place.steps > _HIGHEST for place in found):
        return _unknown(found)
    if len(found) > _MOST or any(place.folder.count("/") > _HIGHEST for place in found):
        found = frozenset(place._replace(folder="", open=True) for place in found)
    return _unknown(found) if len(found) > _MOST else found


def _unknown(places: Iterable[Place]) -> Places:
    """What somebody makes of a place, so that nobody knows how far it leads up."""
    origins = {place.origin for place in places}
    if not origins:
        return NONE
    return _TOP if origins <= {HERE, TOP} else _ANY


def _opened(places: Places) -> Places:
    return frozenset(place._replace(open=True) for place in places)


def text_of(node: ast.AST | None) -> str | None:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes):
            return node.value.decode("utf-8", "replace")
        return node.value if isinstance(node.value, str) else None
    return None


def _set_by_ci(name: ast.expr) -> Places:
    text = text_of(name) or ""
    return _TOP if any(word in text.upper() for word in _SET_BY_CI) else NONE


def _holds(node: ast.AST, words: frozenset[str]) -> bool:
    texts = (text_of(one) for one in ast.walk(node) if isinstance(one, ast.Constant))
    return any(text is not None and not words.isdisjoint(text.split()) for text in texts)


def _is_library(node: ast.ImportFrom) -> bool:
    return node.level == 0 and (node.module or "").partition(".")[0] in sys.stdlib_module_names


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    args = function.args
    return [one.arg for one in (*args.posonlyargs, *args.args, *args.kwonlyargs)]


def _defaults(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ast.expr]]:
    args = function.args
    plain = [one.arg for one in (*args.posonlyargs, *args.args)]
    yield from zip(plain[len(plain) - len(args.defaults) :], args.defaults, strict=True)
    for one, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if value is not None:
            yield one.arg, value


def _targets(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Attribute):
        yield target.attr
    elif isinstance(target, ast.Subscript | ast.Starred):
        yield from _targets(target.value)
    elif isinstance(target, ast.Tuple | ast.List):
        for one in target.elts:
            yield from _targets(one)


def _parts(node: ast.AST | None) -> list[ast.expr]:
    """The expressions whose value an expression may have, or that it holds."""
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return node.elts
    if isinstance(node, ast.Dict):
        return node.values
    if isinstance(node, ast.Await | ast.Starred | ast.NamedExpr | ast.YieldFrom | ast.FormattedValue):
        return [node.value]
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        return [node.elt]
    return [node.body] if isinstance(node, ast.Lambda) else []


def leaves_of(node: ast.expr) -> list[ast.expr]:
    """The words of a command."""
    if isinstance(node, ast.List | ast.Tuple):
        return [leaf for one in node.elts for leaf in leaves_of(one)]
    return [node]
