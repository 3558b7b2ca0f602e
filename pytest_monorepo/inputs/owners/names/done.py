"""Whether a module, while it was imported, may have set something that is not its own.

``import patcher`` sets it, ``import app`` takes it as it is then, ``import unpatcher`` takes it back. Nearly
all modules call something while they are imported, mostly to make what they bind. What is called is looked up
by its name, without running anything: it is harmless where it is a class, or a function of a library that
makes something. What cannot be looked up may do anything.
"""

from __future__ import annotations

import ast
import builtins
import enum
import re
import sys
import types
from typing import Any, Dict, Iterable, List

from ... import originals
from ...record.homes import KEEPS, OTHER, OWN, RUNNER, STANDARD, Homes
from ..asked import attributes_of, held_by

_UNKNOWN = object()
_NOTHING = (
    ast.Import,
    ast.Pass,
    ast.Global,
    ast.Nonlocal,
    ast.Constant,
    ast.Name,
    ast.Lambda,
    ast.expr_context,
)
_OF_PARTS = (ast.If, ast.Try, ast.For, ast.While, ast.Assert)
_OPERATES = (
    *(ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript, ast.FormattedValue, ast.Starred, *_OF_PARTS),
    *(ast.BoolOp, ast.IfExp, ast.comprehension),
)
_MAKING = {
    *(
        "builtins",
        "typing",
        "typing_extensions",
        "collections",
        "functools",
        "dataclasses",
        "enum",
        "re",
        "abc",
    ),
    *(
        "pathlib",
        "posixpath",
        "genericpath",
        "itertools",
        "operator",
        "math",
        "contextlib",
        "datetime",
        "types",
    ),
    *("decimal", "fractions", "uuid", "copy", "json", "string", "inspect", "textwrap", "struct", "hashlib"),
    *("secrets", "importlib.metadata", "importlib.util", "_collections", "_functools", "_abc", "_operator"),
    *("_datetime", "_struct", "_hashlib", "_thread", "threading", "queue", "_queue", "_json", "_decimal"),
}
"""Of the library: what these give is new, or is only read."""
_SETTING = {
    *("setattr", "delattr", "exec", "eval", "next", "__import__", "vars", "globals", "locals", "setitem"),
    *(
        "delitem",
        "iadd",
        "iand",
        "iconcat",
        "ior",
        "isub",
        "call",
        "methodcaller",
        "attrgetter",
        "itemgetter",
    ),
    *("_setattr", "reload", "excepthook", "settrace", "setprofile", "stack_size"),
}
_CALLING = {"map", "filter", "sorted", "min", "max", "reduce", "starmap", "accumulate", "iter", "partial"}
_KNOWN = ("sys.path.", "os.path.", "os.environ.", "os.getenv", "os.getcwd", "os.fspath", "logging.getLogger")
_FRESH = {"pathlib", "re", "datetime", "decimal", "fractions", "uuid", "builtins", "collections"}
_VERB = re.compile(
    r"_*(un|re|de)?(set|use|patch|install|enable|disable|register|bind|push|pop|(in)?activate|override|config"
    r"|init|switch|apply|start|stop|freeze|inject|load|add|remove|clear)",
    re.IGNORECASE,
)
"""How functions of installed packages are called that set something for all, and give what was there."""


class Judge:
    """``scopes`` are where names are found, the nearest last; ``homes`` tells whose code something is."""

    def __init__(self, homes: Homes, *scopes: Dict[str, Any]) -> None:
        self._homes = homes
        self._scopes = scopes

    def any(self, nodes: Iterable[Any]) -> bool:
        """Whether one of the statements, or expressions, may set something of others."""
        return any(map(self._does, nodes))

    def _does(self, node: Any) -> bool:
        if isinstance(node, _NOTHING):
            return False
        if isinstance(node, ast.ImportFrom):
            return self._is_owns(_static(sys.modules.get(node.module or ""), "__getattr__"))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self._decorates(node) or self.any(_of_signature(node))
        if isinstance(node, ast.ClassDef):
            return self._defines(node)
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            return self._assigns(node)
        if isinstance(node, ast.For) and not isinstance(node.target, (ast.Name, ast.Tuple)):
            return True
        if isinstance(node, ast.Delete):
            return not all(isinstance(one, ast.Name) for one in node.targets)
        if isinstance(node, ast.Expr):
            called = isinstance(node.value, ast.Call) and not _dotted(node.value.func).startswith(_KNOWN)
            return called or self._does(node.value)
        if isinstance(node, ast.stmt) and not isinstance(node, _OF_PARTS):
            return True
        return self._asks(node) or self.any(ast.iter_child_nodes(node))

    def _asks(self, node: Any) -> bool:
        """Whether the expression itself may: what is in it is asked besides."""
        if isinstance(node, ast.Call):
            given = [*node.args, *(one.value for one in node.keywords)]
            return self._calls(node.func) or self._hands_on(self._value(node.func), given)
        if isinstance(node, ast.Attribute):
            return self._reads(self._value(node.value), node)
        if isinstance(node, _OPERATES):
            return any(map(self._is_thing, ast.iter_child_nodes(node)))
        return False

    def _is_thing(self, node: Any) -> bool:
        """Whether it is an object of a class of the workspace, or holds one, whose methods may be called."""
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return any(map(self._is_thing, node.elts))
        value = self._value(node)
        if originals.is_class(value):
            return self._is_owns(_static(value, "__class_getitem__"))
        kind = type(value)
        return value is not _UNKNOWN and not issubclass(kind, enum.Enum) and self._is_own(kind)

    def _hands_on(self, function: Any, given: List[Any]) -> bool:
        """Whether the library, which is called, calls what it is given."""
        home = self._home(function) if type(function) in (*_FUNCTIONS, type) else STANDARD
        if home not in (STANDARD, KEEPS):
            return False
        calls = getattr(function, "__name__", "") in _CALLING
        functions = [self._value(one) for one in given] if calls else []
        inside = [one.body for one in given if isinstance(one, ast.Lambda)] if calls else []
        return any(map(self._is_thing, given)) or any(map(self._is_owns, functions)) or self.any(inside)

    def _assigns(self, node: Any) -> bool:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        bound = [one for target in targets for one in getattr(target, "elts", (target,))]
        if not all(isinstance(one, ast.Name) or _dotted(one).startswith(_KNOWN) for one in bound):
            return True
        if bound != targets and self._is_thing(node.value):
            return True
        if isinstance(node, ast.AnnAssign) and self._does(node.annotation):
            return True
        added = isinstance(node, ast.AugAssign) and _dotted(node.target) != "__all__"
        if added and type(self._value(node.target)) not in _IMMUTABLE:
            return True
        return node.value is not None and self._does(node.value)

    def _defines(self, node: ast.ClassDef) -> bool:
        made = self._value(ast.Name(node.name))
        if not originals.is_class(made):
            return True
        runs = _all(made, "__init_subclass__")
        if issubclass(made, enum.Enum):  # makes its members at once
            runs += [one for name in _MAKERS for one in _all(made, name)]
        if self._is_own(type(made)) or any(map(self._is_owns, runs)):
            return True
        if self._decorates(node) or self.any([*node.bases, *(one.value for one in node.keywords)]):
            return True
        if any(self._is_owns(_static(type(one), "__set_name__")) for one in vars(made).values()):
            return True
        return Judge(self._homes, *self._scopes, dict(vars(made))).any(node.body)

    def _decorates(self, node: Any) -> bool:
        for one in node.decorator_list:
            called = isinstance(one, ast.Call)
            if self._calls(one.func if called else one, decorates=True):
                return True
            if self.any(ast.iter_child_nodes(one) if called else [one]):
                return True
        return False

    # -- what stands for what

    def _value(self, node: Any) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            for scope in (*reversed(self._scopes), vars(builtins)):
                if node.id in scope:
                    return scope[node.id]
        elif isinstance(node, ast.Attribute):
            holder = self._value(node.value)
            return _UNKNOWN if holder is _UNKNOWN else _static(holder, node.attr)
        return _UNKNOWN

    def _reads(self, holder: Any, node: ast.Attribute) -> bool:
        """Whether to ask for an attribute may run code of the workspace."""
        if holder is _UNKNOWN:
            return isinstance(node.value, ast.Name)
        kind = type(holder)
        found = _static(holder, node.attr)
        getters = [_static(kind, "__getattribute__"), _static(type(found), "__get__")]
        getters += [found.fget] if type(found) is property else []
        if found is _UNKNOWN:
            getters += [_static(kind if not originals.is_module(holder) else holder, "__getattr__")]
        if originals.is_class(holder):
            of_metaclass = _static(kind, node.attr)
            getters += [of_metaclass.fget] if type(of_metaclass) is property else []
        return any(map(self._is_owns, getters))

    def _calls(self, function: Any, *, decorates: bool = False) -> bool:
        """Whether to call what an expression gives may set something."""
        if _dotted(function).startswith(_KNOWN):
            return False
        value = self._value(function)
        if value is _UNKNOWN:
            return not self._is_fresh(function)
        if originals.is_class(value):
            makers = [one for name in _MAKERS for one in _all(value, name)]
            return any(map(self._is_owns, [*makers, *_all(type(value), "__call__")]))
        holder = self._value(function.value) if isinstance(function, ast.Attribute) else builtins
        bound = not originals.is_module(holder) and not originals.is_class(holder)
        if bound and type(holder) in (*_IMMUTABLE, property):
            return False
        if type(value) in _FUNCTIONS:
            return self._sets(value, bound=bound, decorates=decorates)
        return self._is_own(type(value)) or self._home(type(value)) not in (OTHER, RUNNER)

    def _sets(self, function: Any, *, bound: bool, decorates: bool) -> bool:
        home = self._home(function)
        if home == OWN:
            return True
        if home not in (STANDARD, KEEPS):
            return not decorates and (bound or _VERB.match(function.__name__) is not None)
        name = str(getattr(function, "__module__", "builtins"))
        makes = name in _MAKING or name.partition(".")[0] in _MAKING
        return bound or not makes or function.__name__ in _SETTING

    def _is_fresh(self, function: Any) -> bool:
        """A method of what has just been made, and is a value: ``Path(__file__).resolve``, ``', '.join``."""
        while isinstance(function, (ast.Attribute, ast.Call)):
            if isinstance(function, ast.Call):
                if _dotted(function.func).startswith(_KNOWN):
                    return True
                made = self._value(function.func)
                if originals.is_class(made) and made.__module__.partition(".")[0] in _FRESH:
                    return True
                function = function.func
            else:
                function = function.value
        return isinstance(function, (ast.Constant, ast.JoinedStr))

    def _is_owns(self, function: Any) -> bool:
        """Whether it is a function that is written in the workspace."""
        function = getattr(function, "__func__", function) if type(function) in _WRAPPED else function
        if type(function) is not types.FunctionType or function.__code__.co_filename.startswith("<"):
            return False  # as dataclasses and named tuples make them
        return self._homes.of(function.__globals__) == OWN

    def _is_own(self, kind: Any) -> bool:
        return self._home(kind) == OWN

    def _home(self, thing: Any) -> str:
        if type(thing) is types.FunctionType:
            return self._homes.of(thing.__globals__)
        is_class = originals.is_class(thing)
        name = type.__getattribute__(thing, "__module__") if is_class else getattr(thing, "__module__", None)
        module = sys.modules.get(str(name or "builtins"))
        return self._homes.of(originals.variables(module)) if originals.is_module(module) else OWN


def _of_signature(node: Any) -> List[Any]:
    """What of a function is asked for where it is defined."""
    args = node.args
    known = [*getattr(args, "posonlyargs", ()), *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    said = [one.annotation for one in known if one is not None]
    return [one for one in (*args.defaults, *args.kw_defaults, *said, node.returns) if one is not None]


_MAKERS = ("__init__", "__new__", "__post_init__")
_IMMUTABLE = {int, float, complex, str, bytes, bool, tuple, frozenset, type(None)}
_FUNCTIONS = {types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType, types.MethodType}
_WRAPPED = {staticmethod, classmethod, types.MethodType}


def _all(cls: Any, name: str) -> List[Any]:
    """What a class and its bases have under a name, the nearest first."""
    held = map(held_by, type.__getattribute__(cls, "__mro__"))
    return [one[name] for one in held if name in one]


def _static(holder: Any, name: str) -> Any:
    """What is under a name, without running anything; a function where it is a method."""
    if originals.is_module(holder):
        return originals.variables(holder).get(name, _UNKNOWN)
    is_class = originals.is_class(holder)
    for found in _all(holder if is_class else type(holder), name):
        return found.__func__ if type(found) in (staticmethod, classmethod) else found
    attributes = None if is_class else attributes_of(holder)
    return _UNKNOWN if attributes is None else attributes.get(name, _UNKNOWN)


def _dotted(node: Any) -> str:
    if isinstance(node, ast.Subscript):
        return f"{_dotted(node.value)}."
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
