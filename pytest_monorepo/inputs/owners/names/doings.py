"""From which line on a test file, while it is collected, may have set something for a while.

``with mock.patch("box.value", 1): import app`` at its top. Most files do nothing there but import and define,
and what they import does nothing that is not its own (:mod:`done`).
"""

from __future__ import annotations

import ast
import opcode
from typing import Any, Dict, Iterable, Iterator, List, Tuple

from ... import callers, originals
from ...record.homes import OTHER, OWN, Homes
from ...record.scopes import Scopes
from .done import Judge


class Doings:
    """Each file is read once. ``chained``: a module has been imported that may have set something.

    ``unlooked``: since somebody has looked. ``installed``: one that is installed has been imported since.
    """

    def __init__(self) -> None:
        self._first: Dict[str, float] = {}
        self._taken: Dict[str, List[Tuple[int, str]]] = {}
        self._ended: List[Any] = []
        self.chained = self.unlooked = self.installed = False

    def begins(self) -> None:
        """All that has been done is known, as it is now."""
        self._ended, self.chained, self.unlooked, self.installed = [], False, False, False

    def ended(self, module: Any) -> None:
        """A module's code has run."""
        self._ended.append(module)

    def continues(self, scopes: Scopes) -> None:
        """What has been imported by now may have set something, since somebody last looked or before."""
        ended, self._ended, homes = self._ended, [], scopes.homes
        installed = [module for module in ended if _is_of(module, homes, OTHER)]
        self.installed = self.installed or bool(installed)
        own = (module for module in ended if _is_of(module, homes, OWN))
        if any(self._has_done(module, homes) for module in own) or any(
            scopes.comes_to_own(str(originals.variables(module).get("__name__"))) for module in installed
        ):
            self.chained = self.unlooked = True

    def _has_done(self, module: Any, homes: Homes) -> bool:
        source = originals.attribute(module, "__file__")
        tree = _read(source) if isinstance(source, str) else None
        return tree is None or Judge(homes, originals.variables(module)).any(tree.body)

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
            tree = _read(path)
            self._first[path] = 0 if tree is None else _first(tree.body)
            self._taken[path] = [] if tree is None else _takes(tree.body)
        if frame.f_lineno >= self._first[path]:
            return True
        # from a module that makes what it is asked for, by code of its own
        names = (name for line, name in self._taken[path] if line <= frame.f_lineno)
        return any("__getattr__" in originals.variables(one) for one in map(callers.loaded, names) if one)


def _has_done_something(frame: Any) -> bool:
    """Whether its code has come to an instruction that may: asked before a source is read for it."""
    code = frame.f_code.co_code[: frame.f_lasti : 2]
    return any(number in code for number in _DO)


_DOING = (
    *("CALL", "STORE_ATTR", "STORE_S", "DELETE_ATTR", "DELETE_SUBSCR", "BEFORE_", "SETUP_"),
    *("BINARY_", "INPLACE_", "UNARY_", "COMPARE_", "FORMAT_"),  # ``flags |= {1}``
    *("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"),  # which may be a property's, or a module's own function
)
# Python 3.12 counts what only its compiler knows (SETUP_WITH) among them, from 256 on: no byte is that
_DO = [number for name, number in opcode.opmap.items() if name.startswith(_DOING) and number < 256]


def _read(path: str) -> Any:
    """What is written in a file; ``None`` where that is no Python."""
    try:
        with open(path, encoding="utf-8") as stream:
            return _parsed(stream.read())
    except (OSError, ValueError):
        return None


def _parsed(source: str) -> Any:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_of(module: Any, homes: Homes, home: str) -> bool:
    return originals.is_module(module) and homes.of(originals.variables(module)) == home


def first(source: str) -> float:
    """The first line of which it is not known that it sets nothing; infinite where there is none."""
    tree = _parsed(source)
    return 0 if tree is None else _first(tree.body)


def _first(body: Iterable[Any]) -> float:
    return next((_line_of(node) for node in _within(body) if not _is_known(node)), float("inf"))


def _takes(body: Iterable[Any]) -> List[Tuple[int, str]]:
    """The modules of which something is imported by its name, and in which lines."""
    return [(node.lineno, node.module or "") for node in _within(body) if isinstance(node, ast.ImportFrom)]


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
        return node.value is None or _is_plain(node.value)
    return isinstance(node, (ast.Expr, ast.expr)) and _is_plain(
        node.value if isinstance(node, ast.Expr) else node
    )


def _is_variable(target: Any) -> bool:
    return isinstance(target, ast.Subscript) and _dotted(target.value) == "os.environ"


def _is_plain(value: Any) -> bool:
    """Whether nothing is asked of things that may be the workspace's: a property may set something."""
    for one in ast.walk(value):
        if isinstance(one, ast.Call):
            if not _dotted(one.func).startswith(_KNOWN):
                return False
        elif isinstance(one, ast.Attribute):
            if not _dotted(one).startswith(_LIBRARY) and not isinstance(one.value, (ast.Call, ast.Attribute)):
                return False
        elif isinstance(one, _OPERATES) and not all(map(_is_librarys, ast.iter_child_nodes(one))):
            return False
    return True


def _is_librarys(node: Any) -> bool:
    """A constant, or what is asked of the library: not a name that may stand for anything."""
    return not isinstance(node, (ast.Name, ast.Starred)) or isinstance(node.ctx, ast.Store)


def _is_pytests(decorator: Any) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return _dotted(called).startswith(("pytest.fixture", "pytest.mark."))


def _dotted(node: Any) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


_OPERATES = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript, ast.FormattedValue, ast.comprehension)
_LIBRARY = ("os.", "sys.", "pytest.", "pathlib.", "typing.", "t.", "platform.")
_DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.Pass)
# what they set is no module's, or heard of where it is asked for
_KNOWN = (
    *("pytest.mark.", "pytest.importorskip", "sys.path.", "os.path.", "os.environ."),
    *("Path", "pathlib.Path", "logging.getLogger"),
)
