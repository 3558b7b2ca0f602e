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
from typing import AbstractSet, Any, FrozenSet, Iterable, Iterator, List, Optional, Sequence

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
_WORDS = ("xdist", "XDIST", "workerinput", "workeroutput", "slaveinput", _FIRST, _FIXTURE, *HOOKS)


def reason(paths: Iterable[str]) -> Optional[str]:
    """By what one of these conftests shows that it has a part for the main process."""
    for path in paths:
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                text = stream.read()
        except OSError:
            continue
        found = asked_by(text)
        if found is not None:
            return found
    return None


def asked_by(text: str) -> Optional[str]:
    """The hook, attribute, function or variable by which a conftest's text asks; ``None`` if it does not."""
    if not any(word in text for word in _WORDS):
        return None
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # pytest says so
    kept = _kept(statement for statement in module.body if not isinstance(statement, _DEFINITIONS))
    parts = (_asked_by(part, kept) for part in _of_the_main_process(module))
    fixtures = (_asked_by_fixture(node) for node in ast.walk(module) if _is_fixture(node))
    return next(filter(None, (*parts, *fixtures)), None)


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _of_the_main_process(module: ast.Module) -> Iterator[ast.AST]:
    """Hooks, and what runs at import; not fixtures, which run in workers."""
    for statement in module.body:
        if isinstance(statement, _DEFINITIONS):
            for node in ast.walk(statement):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("pytest_"):
                    yield node
        elif not isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield statement


def _asked_by(part: ast.AST, kept: AbstractSet[str]) -> Optional[str]:
    if isinstance(part, ast.FunctionDef) and part.name in HOOKS:
        return part.name
    variable = {VARIABLES[0], *kept, *_kept([part])}
    for node in ast.walk(part):
        name = _name(node)
        if name in ASKS:
            return name
        tested = [inner for test in _tests(node) for inner in ast.walk(test)]
        if any(_name(inner) in variable for inner in tested if isinstance(inner, (ast.Constant, ast.Name))):
            return VARIABLES[0]
    return None


_ASKED = (*ASKS, VARIABLES[0])


def _kept(parts: Iterable[ast.AST], asked: Sequence[str] = _ASKED) -> FrozenSet[str]:
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


def _asked_by_fixture(fixture: ast.AST) -> Optional[str]:
    """By what a fixture asks whether it is the main process, if nothing else comes of what it hears.

    Where either gets a value, as in xdist's documentation, it works in a worker as well.
    """
    nodes = list(ast.walk(fixture))
    tested = {inner for node in nodes for test in _tests(node) for inner in ast.walk(test)}
    if any(isinstance(node, ast.Constant) and node.value == _FIRST for node in tested):
        return _FIRST
    given = any(isinstance(node, ast.arg) and node.arg == _FIXTURE for node in nodes)
    asks = (*_ASKED, _FIXTURE) if given else _ASKED
    kept = _kept([fixture], asks)
    into = {inner for node in nodes if _keeps(node, kept) for inner in ast.walk(node)}
    heard = [node for node in nodes if _name(node) in asks or (_name(node) in kept and node not in into)]
    if not all(node in tested or node in into for node in heard):
        return None
    alone = (node for node in nodes if isinstance(node, ast.If) and not node.orelse and not _gives(node.body))
    asked = (inner for node in alone for inner in ast.walk(node.test))
    found = next((node for node in asked if node in heard), None)
    if found is None:
        return None
    return VARIABLES[0] if _name(found) in (*_ASKED, *_kept([fixture])) else _FIXTURE


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
