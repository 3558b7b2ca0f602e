"""Conftests that were written for pytest-xdist, and do something in its main process only.

Such a project is run whole, and what is its own sees plain pytest: no ``config.workerinput``, no
``PYTEST_XDIST_WORKER``, so that it does everything itself, as it does without xdist. Nobody may be told that
it is a worker without its main process having been played. Installed plugins still see a worker: the
controller plays their main process (:mod:`pytest_monorepo.run.hooks.nodes`).

Asked for its name alone, to tell databases or ports of several workers apart, the variable is no such thing.
"""

from __future__ import annotations

import ast
import os
import sys
from typing import Any, Iterable, Iterator, List, Optional

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
_WORDS = ("xdist", "XDIST", "workerinput", "workeroutput", "slaveinput", *HOOKS)


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
    return next(filter(None, map(_asked_by, _of_the_main_process(module))), None)


def _of_the_main_process(module: ast.Module) -> Iterator[ast.AST]:
    """Hooks, and what runs at import; not fixtures, which run in workers."""
    for statement in module.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for node in ast.walk(statement):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("pytest_"):
                    yield node
        elif not isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield statement


def _asked_by(part: ast.AST) -> Optional[str]:
    if isinstance(part, ast.FunctionDef) and part.name in HOOKS:
        return part.name
    for node in ast.walk(part):
        name = _name(node)
        if name in ASKS:
            return name
        if VARIABLES[0] in _tested(node):
            return VARIABLES[0]
    return None


def _name(node: ast.AST) -> Optional[str]:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def _tested(node: ast.AST) -> List[Any]:
    """The constants in what is asked for whether it is there, rather than what it is."""
    if isinstance(node, ast.Compare):
        asked: ast.AST = node
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
        asked = node.test
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        asked = node.operand
    else:
        return []
    return [inner.value for inner in ast.walk(asked) if isinstance(inner, ast.Constant)]


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
