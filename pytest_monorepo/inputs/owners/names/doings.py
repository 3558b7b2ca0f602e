"""From which line on a test file, while it is collected, may have set something for a while.

``with mock.patch("box.value", 1): import app`` at its top. Most files do nothing there but import and define.
"""

from __future__ import annotations

import ast
import opcode
from typing import Any, Dict, Iterable, Iterator

from ...record.homes import OTHER, OWN, Homes


class Doings:
    """Each file is read once."""

    def __init__(self) -> None:
        self._first: Dict[str, float] = {}

    def begun(self, frame: Any, file: str, homes: Homes) -> bool:
        """Whether what runs of the file, named from the workspace on, has come to such a line.

        Or a function of the workspace, which nothing in the file has called: ``pytest_generate_tests``.
        """
        calls = False
        while frame is not None:
            path = frame.f_code.co_filename
            if frame.f_code.co_name == "<module>" and f"/{path}".endswith(f"/{file}"):
                return self._is_behind_first(frame)
            calls = calls or (frame.f_code.co_name != "<module>" and homes.of(frame.f_globals) == OWN)
            frame = frame.f_back
        return calls

    def between(self, frame: Any, homes: Homes) -> bool:
        """Whether the module that is being imported may have set something before it asks for another one."""
        while frame is not None:
            home = homes.of(frame.f_globals)
            if home in (OWN, OTHER) and frame.f_code.co_name == "<module>":
                return home == OWN and _has_done_something(frame) and self._is_behind_first(frame)
            if home == OWN:
                return True
            frame = frame.f_back
        return True

    def _is_behind_first(self, frame: Any) -> bool:
        path = frame.f_code.co_filename
        if path not in self._first:
            self._first[path] = _first_of(path)
        return bool(frame.f_lineno >= self._first[path])


def _has_done_something(frame: Any) -> bool:
    """Whether its code has come to an instruction that may: asked before a source is read for it."""
    code = frame.f_code.co_code[: frame.f_lasti : 2]
    return any(number in code for number in _DO)


_DOING = (
    *("CALL", "STORE_ATTR", "STORE_S", "DELETE_ATTR", "DELETE_SUBSCR", "BEFORE_", "SETUP_"),
    *("BINARY_OP", "INPLACE_"),  # ``flags |= {1}``
)
# Python 3.12 counts what only its compiler knows (SETUP_WITH) among them, from 256 on: no byte is that
_DO = [number for name, number in opcode.opmap.items() if name.startswith(_DOING) and number < 256]


def _first_of(path: str) -> float:
    try:
        with open(path, encoding="utf-8") as stream:
            return first(stream.read())
    except (OSError, ValueError):
        return 0


def first(source: str) -> float:
    """The first line of which it is not known that it sets nothing; infinite where there is none."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    return next((_line_of(node) for node in _within(body) if not _is_known(node)), float("inf"))


def _line_of(node: Any) -> float:
    return min(float(one.lineno) for one in [node, *getattr(node, "decorator_list", ())])


def _within(body: Iterable[Any]) -> Iterator[Any]:
    """Statements in the order of their lines; of a condition all that may run."""
    for node in body:
        if isinstance(node, (ast.If, ast.Try)):
            if isinstance(node, ast.If):
                yield node.test
            handlers = [one for handler in getattr(node, "handlers", ()) for one in handler.body]
            after = [*handlers, *getattr(node, "orelse", ()), *getattr(node, "finalbody", ())]
            yield from _within([*node.body, *after])
        else:
            yield node


def _is_known(node: Any) -> bool:
    if isinstance(node, _DEFINES):
        return all(map(_is_pytests, getattr(node, "decorator_list", ())))
    if isinstance(node, ast.ClassDef):
        return all(map(_is_pytests, node.decorator_list)) and all(map(_is_known, _within(node.body)))
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        bound = [one for target in targets for one in getattr(target, "elts", (target,))]
        if not all(isinstance(one, ast.Name) or _is_variable(one) for one in bound):
            return False
    elif not isinstance(node, (ast.Expr, ast.expr)):
        return False
    return all(_dotted(one.func).startswith(_KNOWN) for one in ast.walk(node) if isinstance(one, ast.Call))


def _is_variable(target: Any) -> bool:
    return isinstance(target, ast.Subscript) and _dotted(target.value) == "os.environ"


def _is_pytests(decorator: Any) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return _dotted(called).startswith(("pytest.fixture", "pytest.mark."))


def _dotted(node: Any) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


_DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.Pass)
# what they set is no module's, or heard of where it is asked for
_KNOWN = (
    *("pytest.mark.", "pytest.importorskip", "sys.path.", "os.path.", "os.environ."),
    *("Path", "pathlib.Path", "logging.getLogger"),
)
