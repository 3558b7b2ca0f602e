"""Where the expressions of a file may lead: up from the file, or from where a test runs, and then down.

The names of the file are given all values that they have anywhere in it, whatever the order: one name stands
for all variables, attributes, functions and arguments that are called so.
"""

from __future__ import annotations

import ast
from functools import cached_property

from .expressions import (
    Function,
    arguments_of,
    called,
    ends_of,
    holder_of,
    holds,
    is_library,
    leaves_of,
    makes_fixture,
    parts_of,
    receiver,
    targets_of,
    text_of,
)
from .giving import GIVING, given_by
from .joining import NOTHING, Joining
from .literals import last_name
from .naming import (
    COMMON,
    DIVIDES,
    GOES_TO,
    HOLDING,
    JOINS,
    MADE,
    MADE_WHOLE,
    NOWHERE,
    OF_OS,
    PARAM,
    PATHS,
    ROOTS,
    SAID_HERE,
    SAME,
    TOPS,
    UP,
)
from .places import (
    AT_TOP,
    FILE,
    GIVEN,
    HERE,
    MODULE,
    NONE,
    Place,
    Places,
    climbed,
    divided,
    few,
    opened,
    set_by_ci,
    unknown,
)
from .scopes import Scopes
from .settling import Names
from .syntax import Syntax

# what says which functions there are, and what is given from elsewhere
_TELLING = frozenset(
    (ast.FunctionDef, ast.AsyncFunctionDef, ast.Import, ast.ImportFrom, ast.ClassDef, ast.Assign)
)


class Reading:
    """One file: first what all names may be, then where it walks, each expression looked at once."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax
        self.calls = syntax.of(ast.Call)
        self.functions: dict[str, list[Function]] = {}
        self.given: dict[str, str] = {}
        self._taken: dict[str, str] = {}
        self._bases: set[str] = set()
        self._takes_all = False
        self.paths = {*PATHS}
        self.fields: dict[str, list[str]] = {}
        self.modules = {"os", "glob", "shutil", "filecmp", "dir_util", "compileall"}
        for node in syntax.among(_TELLING):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions.setdefault(node.name, []).append(node)
                if self._is_given_more(node):
                    self.given.update((name, name) for name in arguments_of(node))
            elif isinstance(node, ast.Import):
                self.modules.update((alias.asname or alias.name).rpartition(".")[2] for alias in node.names)
                for alias in node.names:
                    if not is_library(alias.name):
                        name = alias.asname or alias.name.partition(".")[0]
                        self.given[name] = alias.name.rpartition(".")[2]
            elif isinstance(node, ast.ImportFrom) and (node.level or not is_library(node.module or "")):
                self.given.update((alias.asname or alias.name, alias.name) for alias in node.names)
                module = f"{'.' * node.level}{node.module or ''}"
                self._taken.update((one.asname or one.name, f"{module}:{one.name}") for one in node.names)
                self._takes_all |= node.names[0].name == "*"
            elif isinstance(node, ast.ClassDef):
                self._of_class(node)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
                for one in (each for target in node.targets for each in targets_of(target)):
                    self.functions.setdefault(last_name(one) or "", []).append(node.value)
            if isinstance(node, ast.ImportFrom):
                self.paths.update(alias.asname or "" for alias in node.names if alias.name in PATHS)
        for name in MADE:
            self.given.pop(name, None)
        self._scopes = Scopes(syntax, self._is_told_by_others)
        self.words: dict[str, set[str]] = {}
        self._values: dict[str, list[ast.expr]] = {}
        bindings = [pair for node in syntax.among(GIVING) for pair in given_by(self, node)]
        for name, value in bindings:
            self._values.setdefault(name, []).append(value)
            leaves = (*leaves_of(value), *ends_of(value))
            self.words.setdefault(name, set()).update(filter(None, map(text_of, leaves)))
        self.joining = Joining(self.places, lambda part: self.words.get(self.key(part) or "", ()))
        self._settled: dict[int, Places] | None = None
        self._names = Names(bindings, self.places)
        self._names.settle()
        self._settled = {}

    def _is_given_more(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether others tell a function what is not seen here: fixtures, who has decorated it.

        What is handed to other functions is seen where that is; and so is what those are told that a test
        makes of its own, as ``@tool`` does, and has somebody call.
        """
        if node.name.startswith("test"):
            return True
        if id(node) in self.syntax.in_tests:
            return any(map(makes_fixture, node.decorator_list))
        return bool(node.decorator_list)

    def _is_told_by_others(self, node: ast.AST) -> bool:
        """Whether anybody may call it who is not seen to: its name stands not only before brackets."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return node.name in self._spoken_of or self._is_given_more(node)
        return True

    @cached_property
    def _spoken_of(self) -> frozenset[str]:
        """The names of functions that something else is done with than to call them."""
        at = {id(call.func) for call in self.calls}
        names = (*self.syntax.of(ast.Name), *self.syntax.of(ast.Attribute))
        found = {last_name(node) or "" for node in names if id(node) not in at}
        return frozenset((found | self.texts) & self.functions.keys())

    @cached_property
    def texts(self) -> frozenset[str]:
        """All that stand anywhere in the file."""
        texts = map(text_of, self.syntax.of(ast.Constant))
        return frozenset(text for text in texts if text is not None)

    @cached_property
    def _asks_for_top(self) -> bool:
        return any(not TOPS.isdisjoint(text.split()) for text in self.texts if "--show-" in text)

    def went(self, place: Place) -> Places:
        """The place, and the same seen from where the file goes before."""
        if place.origin != HERE:
            return frozenset((place,))
        return few((place, *(one.up(place.steps).below(place.folder) for one in self.gone)))

    @cached_property
    def gone(self) -> Places:
        going = [call for call in self.calls if last_name(call.func) in GOES_TO]
        return few(found for call in going for found in self.joining.of_parts(call.args[:1]))

    def values_of(self, node: ast.expr) -> list[ast.expr]:
        """What the file gives a name, or the expression itself."""
        key = self.key(node)
        return self._values.get(key, []) if key else [node]

    def whose(self, node: ast.Name) -> str:
        """Which function of which other module a name is, ``a.b:scan``; empty where it may be more."""
        other = node.id in self._values or node.id in self.functions or not self._scopes.is_at_top(node)
        return "" if other else self._taken.get(node.id, "")

    def key(self, node: ast.AST) -> str | None:
        """By what a name or attribute is told apart."""
        return self._scopes.key(node)

    def argument(self, function: Function, name: str) -> str:
        """By what that is told apart which a function is told."""
        return self._scopes.argument(function, name)

    def _of_class(self, node: ast.ClassDef) -> None:
        """What makes one of the class hands on what it is given, to ``__init__`` or as fields."""
        made = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
        if made:
            self.functions.setdefault(node.name, []).extend(made)
        else:
            fields = (one.target for one in node.body if isinstance(one, ast.AnnAssign))
            self.fields[node.name] = [one.id for one in fields if isinstance(one, ast.Name)]
        self._bases.update(name for base in node.bases if (name := last_name(base)))

    # -- where an expression may lead

    def places(self, node: ast.expr | None) -> Places:
        if self._settled is None:
            return self._leads(node)
        found = self._settled.get(id(node))
        if found is None:
            found = self._settled[id(node)] = self._leads(node)
        return found

    def _leads(self, node: ast.expr | None) -> Places:
        kind = node.__class__  # asked of each expression that is bound or handed on
        if kind is ast.Constant:
            text = text_of(node)
            return frozenset((Place(HERE).below(text),)) if text and UP.match(text) else NONE
        if kind is ast.Name:
            name: str = node.id  # type: ignore[union-attr]
            key = self.key(node) or name  # type: ignore[arg-type]
            return self._of_name(name) if key == name else self._names.may_be(key)
        if kind is ast.Attribute:
            return self._of_attribute(node)  # type: ignore[arg-type]
        if kind is ast.Call:
            return self._of_call(node)  # type: ignore[arg-type]
        if isinstance(node, ast.Subscript):
            return self._of_subscript(node)
        if isinstance(node, ast.BinOp):
            return self._of_operation(node)
        if isinstance(node, ast.JoinedStr):
            return self.joining.glued(
                [one.value if isinstance(one, ast.FormattedValue) else one for one in node.values]
            )
        parts = parts_of(node)
        return few(place for one in parts for place in self.places(one)) if parts else NONE

    def _of_operation(self, node: ast.BinOp) -> Places:
        if isinstance(node.op, ast.Div):
            return self.joining.behind(self.places(node.left), [node.right])
        if isinstance(node.op, ast.Add):
            return self.joining.glued([node.left, node.right])
        if isinstance(node.op, ast.Mod):
            args = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            begun = self.joining.filled(node.left, args)
            return few((*self.places(node.left), *opened(self.places(node.right)), *begun))
        return NONE

    def _of_name(self, name: str) -> Places:
        if name == "__file__":
            return frozenset((Place(FILE),))
        found = self._names.may_be(name)
        if found:
            return found
        if name in self.given:
            return frozenset((Place(GIVEN + self.given[name]),))
        return frozenset((Place(GIVEN + name),)) if self._takes_all and name.isidentifier() else NONE

    def _of_attribute(self, node: ast.Attribute) -> Places:
        if node.attr == "parent":
            return few(place.up() for place in self.places(node.value))
        if node.attr in ROOTS:
            return AT_TOP
        if node.attr == "pardir":
            return frozenset((Place(HERE, 1),))
        if node.attr == "argv":
            return frozenset((Place(HERE),))
        if node.attr == "parents":
            return climbed(self.places(node.value))
        if node.attr == "parts":
            return divided(self.places(node.value))
        if node.attr in ("__file__", "__path__", "origin"):
            # the imports say whose this is, unless it goes up beyond
            return frozenset((Place(MODULE),))
        if found := self._names.may_be(node.attr):
            return found
        holder = holder_of(node)
        if node.attr == "param" and holder == "request":
            return self._names.may_be(PARAM)
        if node.attr in ("path", "fspath") and holder in ("request", "item"):
            # of whoever asks
            return frozenset((Place(MODULE),))
        if holder in self.given:
            # of a module, or of a class
            return frozenset((Place(GIVEN + node.attr), Place(GIVEN + self.given[holder])))
        if holder in ("self", "cls") and (bases := self._bases & self.given.keys()):
            return frozenset(Place(GIVEN + self.given[base]) for base in bases)
        return NONE if node.attr in ("name", "stem", "suffix") else opened(self.places(node.value))

    def _of_subscript(self, node: ast.Subscript) -> Places:
        value, index = node.value, node.slice
        if isinstance(value, ast.Attribute) and value.attr == "parents":
            if isinstance(index, ast.Constant) and isinstance(index.value, int) and index.value >= 0:
                return few(place.up(index.value + 1) for place in self.places(value.value))
            return climbed(self.places(value.value))
        if last_name(value) == "environ" and isinstance(index, ast.Constant):
            return set_by_ci(text_of(index))
        return opened(self.places(value))

    def _of_call(self, call: ast.Call) -> Places:
        name = last_name(call.func) or ""
        inner = receiver(call)
        if any(word.arg == "search_parent_directories" for word in call.keywords):
            return AT_TOP
        if self._asks_for_top and holds(call, TOPS):
            return AT_TOP
        if name in SAID_HERE:
            return frozenset((Place(HERE),))
        if name in ("getfile", "getsourcefile"):
            return frozenset((Place(MODULE),))
        if name in ("getenv", "get") and call.args and (name == "getenv" or called(inner) == "environ"):
            return set_by_ci(text_of(call.args[0])) | self.joining.of_parts(call.args[1:])
        if name in NOWHERE:
            return NONE
        if name in self.paths:
            return self.joining.of_parts(call.args) if call.args else frozenset((Place(HERE),))
        if name in JOINS:
            if len(call.args) == 1 and isinstance(call.args[0], ast.List | ast.Tuple):
                if inner is not None and text_of(inner) == "":
                    return self.joining.glued(call.args[0].elts)
                return self.joining.of_parts(call.args[0].elts)
            before = self.places(inner) if inner is not None else NONE
            return self.joining.behind(before, call.args) if before else self.joining.of_parts(call.args)
        if name == "dirname":
            return few(place.up() for place in self.joining.of_parts(call.args[:1]))
        if name == "with_name":
            return self.joining.behind(few(place.up() for place in self.places(inner)), call.args)
        if (found := self._names.may_be(name)) or name in self.functions:
            return found
        if name in MADE_WHOLE and call.args:
            return self.joining.of_parts(call.args[:1])
        if name == "getfixturevalue" and call.args and (asked := text_of(call.args[0])):
            return self._names.may_be(asked) or frozenset((Place(GIVEN + asked),))
        if name in HOLDING:
            return few(place for word in call.keywords for place in self.places(word.value))
        held = self.places(inner) if inner is not None else NONE
        given = few(place for one in call.args if text_of(one) is None for place in self.places(one))
        if name == "replace":
            return few(_filled(place, call) for place in held) | given
        if name == "format" and inner is not None:
            return (
                held
                | given
                | self.joining.filled(inner, [*call.args, *(word.value for word in call.keywords)])
            )
        if name in SAME:
            return held | given
        if name in COMMON:
            return climbed((*held, *given))
        if held:
            return divided(held) if name in DIVIDES else opened(held)
        # whatever a function makes of a place: find_root(Path(__file__)); not of one that is given itself
        made = unknown(place for place in given if not place.origin.startswith(GIVEN))
        return made | (self._of_name(name) if inner is None and name in self.given else NONE)


def _filled(place: Place, call: ast.Call) -> Place:
    """Where a text leads in which something is put for a part of it: ``"../NAME".replace("NAME", name)``."""
    first = call.args[0] if len(call.args) > 1 else NOTHING
    old = text_of(first)
    is_held = last_name(first) not in OF_OS if old is None else old in place.folder and old.strip("/.") != ""
    return place._replace(folder="", named="", open=True) if is_held else place
