"""Conftests that were written for pytest-xdist, and do something in its main process only.

Such a project is run whole, and what is its own sees plain pytest: no ``config.workerinput``, no
``PYTEST_XDIST_WORKER``, so that it does everything itself, as it does without xdist. Nobody may be told that
it is a worker without its main process having been played. Installed plugins still see a worker: the
controller plays their main process (:mod:`pytest_monorepo.run.hooks.nodes`).

Asked for its name alone, to tell databases or ports of several workers apart, the variable is no such thing;
so a fixture counts only where one of the two does nothing. Nor is there a first worker here, ``gw0``: each of
ours may run any project.
"""

from __future__ import annotations

import ast
import os
import sys
from typing import (
    AbstractSet,
    Any,
    Container,
    Dict,
    FrozenSet,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
)

from . import imported

HOOKS = ("pytest_configure_node", "pytest_testnodeready", "pytest_testnodedown", "pytest_xdist_setupnodes")
"""xdist calls these in its main process only."""

# "slave…" was the name before xdist 2.0
ASKS = (
    "workerinput",
    "workeroutput",
    "slaveinput",
    "is_xdist_worker",
    "is_xdist_controller",
    "is_xdist_master",
    "get_xdist_worker_id",
)
"""By these a hook, or what runs at import, tells the main process from a worker."""

# set in a worker before it loads pytest's configuration (xdist 3.8: remote.py)
VARIABLES = ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID")

_OURS = __name__.partition(".")[0]
_FIRST = "gw0"
# "master" in the main process (xdist 3.8: plugin.py)
_FIXTURE = "worker_id"
# how a fixture is made, and what its value is held against
_BESIDE = ("fixture", "master", "gw")
_WORDS = ("xdist", "XDIST", "workerinput", "workeroutput", "slaveinput", _FIRST, _FIXTURE, *HOOKS)


def reason(paths: Iterable[str], bases: Sequence[str] = ()) -> Optional[str]:
    """By what one of these conftests, or a module that it imports, shows a part for the main process.

    Modules are looked for beside the conftests and in the folders ``bases``.
    """
    paths = list(paths)
    # pytest puts the folder of each on sys.path
    known = imported.listed((*bases, *map(os.path.dirname, paths)) if paths else ())
    for path in paths:
        text = imported.text_of(path)
        found = asked_by(text, imported.texts(path, text, known))
        if found is not None:
            return found
    return None


def asked_by(text: str, modules: Iterable[str] = ()) -> Optional[str]:
    """The hook, attribute, function or variable by which a conftest's text asks; ``None`` if it does not.

    ``modules`` are the texts of those that it may have hooks, fixtures and other functions from.
    """
    told = [other for other in modules if _speaks(other, _BESIDE)]
    if not (told or _speaks(text)):
        return None
    own = _parsed(text)
    others = [module for module in map(_parsed, told) if module is not None]
    if own is None:
        return None  # pytest says so
    asking = _asking([own, *others])
    parts = [_asked_by(part, asking) for part in _of_the_main_process(own)]
    # of another module what it does counts, and not under which name it keeps a database
    parts += (_asked_by(hook, asking) for other in others for hook in _hooks(other))
    parts += (_asked_by_fixture(ast.Module(_at_import(other), []), asking) for other in others)
    nodes = (node for module in (own, *others) for node in ast.walk(module))
    fixtures = (_asked_by_fixture(node, asking) for node in nodes if _is_fixture(node))
    return next(filter(None, (*parts, *fixtures)), None)


def _speaks(text: str, beside: Sequence[str] = ("",)) -> bool:
    """The fixture's name counts ``beside`` one of these: many an application has workers of its own."""
    found = [word for word in _WORDS if word in text]
    return found not in ([], [_FIXTURE]) or (bool(found) and any(word in text for word in beside))


def _parsed(text: str) -> Optional[ast.Module]:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _at_import(module: ast.Module) -> List[ast.stmt]:
    return [part for part in module.body if not isinstance(part, (*_DEFINITIONS, ast.Import, ast.ImportFrom))]


def _hooks(module: ast.Module) -> Iterator[ast.AST]:
    """Not fixtures, which run in workers."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("pytest_"):
            yield node


def _of_the_main_process(module: ast.Module) -> Iterator[ast.AST]:
    """Hooks, and what runs at import."""
    yield from _hooks(module)
    yield from _at_import(module)


class _Asking(NamedTuple):
    """Names that stand for the question: functions that ``answer`` it or ``act`` by it, and by what.

    ``keep``: names and functions that have the worker's name, which is an answer where it is tested.
    """

    answer: Dict[str, str]
    act: Dict[str, str]
    keep: FrozenSet[str]


def _asking(modules: Sequence[ast.Module]) -> _Asking:
    kept = frozenset(name for module in modules for name in _kept(_at_import(module)))
    found = _Asking({}, {}, kept)
    functions = [
        node
        for module in modules
        for node in ast.walk(module)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not _is_fixture(node)
    ]
    said = [frozenset(map(_name, ast.walk(function))) for function in functions]
    for _ in range(3):  # a helper of a helper
        before = found = _renamed(found, modules)
        for function, names in zip(functions, said):  # noqa: B905 - Python 3.8
            if not names.isdisjoint((_FIRST, _FIXTURE, *_ASKED, *found.answer, *found.act, *found.keep)):
                found = _learn(found, function)
        if found == before:
            break
    return _renamed(found, modules)


def _renamed(found: _Asking, modules: Sequence[ast.Module]) -> _Asking:
    """``from helpers import is_main as main``."""
    nodes = (node for module in modules for node in ast.walk(module) if isinstance(node, ast.ImportFrom))
    for alias in (alias for node in nodes for alias in node.names if alias.asname):
        name, other = alias.name, str(alias.asname)
        if name in found.act:
            found = found._replace(act={**found.act, other: found.act[name]})
        elif name in found.answer or name in ASKS:
            found = found._replace(answer={**found.answer, other: found.answer.get(name, name)})
        elif name in found.keep:
            found = found._replace(keep=found.keep | {other})
    return found


def _learn(found: _Asking, function: Any) -> _Asking:
    if function.name.startswith("pytest_"):
        return found
    does = _asked_by_fixture(function, found)
    if does is not None:
        return found._replace(act={**found.act, function.name: does})
    nodes = list(ast.walk(function))
    plain = {inner for node in nodes if _is_boolean(node) for inner in ast.walk(node)}
    tested = {inner for node in nodes for test in _tests(node) for inner in ast.walk(test)}
    asks = {*_ASKED, *found.answer, *found.keep}
    kept = _kept([function], asks)
    heard = [node for node in nodes if _name(node) in asks and not isinstance(node, _DEFINITIONS)]
    used = [node for node in nodes if isinstance(node, ast.Name) and node.id in kept]
    names = {_name(node) for node in nodes}
    if not heard:
        return found
    into = {inner for node in nodes if _keeps(node, kept) for inner in ast.walk(node)}
    answers = all(node in plain or node in tested or node in into for node in (*heard, *used))
    if answers and names.isdisjoint(_NAMES):
        first = _name(heard[0]) or ""
        return found._replace(answer={**found.answer, function.name: found.answer.get(first, first)})
    return found._replace(keep=found.keep | {function.name})


# what a worker's name is under, in workerinput and from xdist
_NAMES = ("workerid", "slaveid", "get_xdist_worker_id")
_BOOLEAN = ("hasattr", "bool", "is_xdist_worker", "is_xdist_controller", "is_xdist_master")


def _is_boolean(node: ast.AST) -> bool:
    """What is true or false, or only tried: ``config.workerinput`` on a line of its own."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, (ast.Attribute, ast.Subscript))
    return isinstance(node, ast.Call) and _name(node.func) in _BOOLEAN


def _asked_by(part: ast.AST, asking: _Asking) -> Optional[str]:
    if isinstance(part, ast.FunctionDef) and part.name in HOOKS:
        return part.name
    variable = {VARIABLES[0], *asking.keep, *_kept([part])}
    arguments = {node.arg for node in ast.walk(part) if isinstance(node, ast.arg)}
    given = arguments - {"self", "cls"}  # what comes from pytest has attributes of its own
    for node in ast.walk(part):
        name = _name(node)
        if name in ASKS:
            return name
        if not isinstance(node, ast.Constant) and name in asking.answer:
            return asking.answer[name or ""]
        acts = next((asking.act[called] for called in _called(node) if called in asking.act), None)
        if acts is not None:
            return acts
        tested = [inner for test in _tests(node) for inner in ast.walk(test)]
        if any(_stands_for(inner, variable, given) for inner in tested):
            return VARIABLES[0]
    return None


def _stands_for(node: ast.AST, variable: AbstractSet[str], given: AbstractSet[str]) -> bool:
    """Whether it is the variable, or has its value: ``name()``, ``helpers.name()``, and no ``item.name``."""
    if isinstance(node, ast.Attribute):
        return node.attr in variable and isinstance(node.value, ast.Name) and node.value.id not in given
    if isinstance(node, ast.Name):
        return node.id in variable
    return isinstance(node, ast.Constant) and node.value == VARIABLES[0]


_ASKED = (*ASKS, VARIABLES[0])


def _kept(parts: Iterable[ast.AST], asked: Container[str] = _ASKED) -> FrozenSet[str]:
    """The names under which what is asked for is kept."""
    return frozenset(
        target.id
        for part in parts
        for node in ast.walk(part)
        if isinstance(node, ast.Assign) and any(_name(inner) in asked for inner in ast.walk(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    )


def _is_fixture(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and any(
        _name(inner) == "fixture" for decorator in node.decorator_list for inner in ast.walk(decorator)
    )


def _asked_by_fixture(fixture: ast.AST, asking: _Asking) -> Optional[str]:
    """By what a fixture, or a function like one, asks whether it is the main process.

    Only if nothing else comes of what it hears: where either gets a value, as in xdist's
    documentation, it works in a worker as well.
    """
    nodes = list(ast.walk(fixture))
    tested = {inner for node in nodes for test in _tests(node) for inner in ast.walk(test)}
    if any(isinstance(node, ast.Constant) and node.value == _FIRST for node in tested):
        return _FIRST
    given = any(isinstance(node, ast.arg) and node.arg == _FIXTURE for node in nodes)
    acts = (asking.act[name] for node in nodes for name in _called(node) if name in asking.act)
    found = next(acts, None)
    # what it asks itself stands, whatever it has from helpers
    for asked in (_ASKED, (*_ASKED, *asking.answer, *asking.keep)):
        found = found or _answered(nodes, tested, frozenset(asked), given)
    return found


def _answered(
    nodes: Sequence[ast.AST], tested: AbstractSet[ast.AST], asked: AbstractSet[str], given: bool
) -> Optional[str]:
    asks = asked | {_FIXTURE} if given else asked
    kept = _kept(nodes[:1], asks)
    into = {inner for node in nodes if _keeps(node, kept) for inner in ast.walk(node)}
    heard = [node for node in nodes if _name(node) in asks or (_name(node) in kept and node not in into)]
    if not all(node in tested or node in into for node in heard):
        return None
    alone = (node for node in nodes if isinstance(node, ast.If) and _is_for_one(node))
    tests = (inner for node in alone for inner in ast.walk(node.test))
    found = next((_name(node) for node in tests if node in heard), None)
    if found is None:
        return None
    return VARIABLES[0] if found in asked or found in _kept(nodes[:1], asked) else _FIXTURE


def _called(node: ast.AST) -> Iterator[Optional[str]]:
    """What is called there, or decorates what is there."""
    if isinstance(node, ast.Call):
        yield _name(node.func)
    for decorator in getattr(node, "decorator_list", ()):
        yield _name(decorator)


def _is_for_one(node: ast.If) -> bool:
    """Whether one of the two answers does nothing."""
    if node.orelse:
        return _is_idle(node.body) or _is_idle(node.orelse)
    return not _gives(node.body)


def _is_idle(body: Iterable[ast.stmt]) -> bool:
    """``pass``, ``...``, and a ``yield`` or ``return`` of nothing."""
    for statement in body:
        said = statement.value if isinstance(statement, ast.Expr) else statement
        if isinstance(said, (ast.Return, ast.Yield)):
            value = said.value
            if not (value is None or (isinstance(value, ast.Constant) and value.value is None)):
                return False
        elif not isinstance(said, (ast.Pass, ast.Constant)):
            return False
    return True


def _gives(body: Iterable[ast.AST]) -> bool:
    """Whether a fixture ends there with a value."""
    inner = (node for statement in body for node in ast.walk(statement))
    return any(isinstance(node, (ast.Return, ast.Yield)) and node.value is not None for node in inner)


def _keeps(node: ast.AST, kept: AbstractSet[str]) -> bool:
    return isinstance(node, ast.Assign) and any(_name(target) in kept for target in node.targets)


def _name(node: ast.AST) -> Optional[str]:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def _tests(node: ast.AST) -> List[ast.AST]:
    """What is asked for whether it is there, rather than what it is."""
    if isinstance(node, ast.Compare):
        return [node]
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        return [node.test]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [node.operand]
    return []


def hide_worker(config: Any, root: str) -> None:
    """Let the project's own files below ``root``, and xdist's functions for them, see plain pytest."""
    for variable in VARIABLES:
        os.environ.pop(variable, None)
    names = ("workerinput", "workeroutput")
    seen = {name: property(*_access(name, root)) for name in names}
    config.__class__ = type("Config", (type(config),), seen)  # a property comes before what is set already


def _access(name: str, root: str) -> Any:
    def read(config: Any) -> Any:
        if name not in vars(config) or _is_hidden_from(sys._getframe(1), root):
            raise AttributeError(name)
        return vars(config)[name]

    def write(config: Any, value: Any) -> None:
        vars(config)[name] = value

    return read, write


def _is_hidden_from(asking: Any, root: str) -> bool:
    """From the project's own code, and from what xdist offers it: the fixture ``worker_id``, say."""
    package = asking.f_globals.get("__name__", "").partition(".")[0]
    # xdist's worker_id and is_xdist_worker ask for workerinput themselves (3.8: plugin.py)
    return package == "xdist" or (package != _OURS and is_own(asking.f_code.co_filename, root))


def is_own(path: str, root: str) -> bool:
    """Whether a file is the workspace's, and no installed one."""
    return path.startswith(os.path.join(root, "")) and f"{os.sep}site-packages{os.sep}" not in path
