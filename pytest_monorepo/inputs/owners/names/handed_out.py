"""Whether an installed package looks by itself at which names it has been asked for (:mod:`..demanded`).

``def known(name): return name in globals()`` gives another answer once somebody has asked for that name.
"""

from __future__ import annotations

import dis
import sys
import types
from typing import Any, Callable, Dict, Iterable, Iterator, List, Set, Tuple

from ...originals import identity, is_class, is_module, variables
from ..asked import attributes_of, held_by

_ALL = {"vars", "dir", "__dict__", "getmembers", "__getattribute__"}
"""By these a module is asked for what it has, but for its own, which ``globals`` tells."""
_SELF = {"globals", "locals", "eval", "exec", *_ALL}
_OF_PEP_562 = {"__getattr__", "__dir__"}
_known: Dict[Tuple[str, str], Tuple[int, bool]] = {}


def has_hook(module: Any) -> bool:
    """Whether a module may keep what it has been asked for."""
    return is_module(module) and type(variables(module).get("__getattr__")) is types.FunctionType


def hands_out(package: str) -> bool:
    """Whether code of the package, but for what PEP 562 asks, may look at its variables as a whole."""
    below = [name for name in list(sys.modules) if name == package or name.startswith(f"{package}.")]
    return any(looks(package, name) for name in below)


def looks(package: str, name: str) -> bool:
    """Whether one of its modules does, or another's; found out once."""
    module: Any = sys.modules.get(name)
    if not is_module(module):
        return False
    known = _known.get((package, name))
    if known is None or known[0] != identity(module):
        known = _known[package, name] = identity(module), _found(package, name, variables(module))
    return known[1]


def _found(package: str, name: str, held: Dict[str, Any]) -> bool:
    for_itself = name == package
    its_names = {one for one, value in held.items() if value is sys.modules.get(package)} | {"modules"}
    for code in _codes(held, _OF_PEP_562 if for_itself else set()):
        names = set(code.co_names)
        if for_itself and names & _SELF:
            return True
        # also one that is imported where it is needed
        if names & _ALL and (names & its_names) and (package in names or package in code.co_consts):
            return True
        if names & _ALL and names & (its_names - {"modules"}):
            return True
    return False


def passing_on(packages: Iterable[str], name: str) -> Iterator[str]:
    """Those of packages that an installed module, which has loaded them, has in a table or hands to somebody.

    Whoever comes by one so may look at all that it has. Of who only asks it for names nobody need know. What
    the module has is gone through once for all of them.
    """
    module: Any = sys.modules.get(name)
    if not is_module(module):
        return
    having: List[_Having] = []
    for package in packages:
        known = _passing.get((package, name))
        if known is None or known[0] != identity(module):
            having = having or [_Having(variables(module))]
            known = _passing[package, name] = identity(module), _passes_on(package, having[0])
        if known[1]:
            yield package


_passing: Dict[Tuple[str, str], Tuple[int, bool]] = {}
_BY_NAME = {"import_module", "__import__", "modules", "importorskip", "resolve_name"}
_HARMLESS = ("getattr", "hasattr")
"""By these a name is asked for, which the package gives to everybody."""


class _Having:
    """``inside`` are all in its tables, attributes of its objects and defaults, by their identities."""

    def __init__(self, held: Dict[str, Any]) -> None:
        self.held = held
        self.inside = {number for value in list(held.values()) for number in _inside(value)}
        self.codes = list(_codes(held, set()))


def _passes_on(package: str, module: _Having) -> bool:
    it = sys.modules.get(package)
    if identity(it) in module.inside:
        return True
    named = [code for code in module.codes if package in code.co_names]
    names = {name for name, value in module.held.items() if value is it}.union(
        *map(_imported(package), named)
    )
    for code in module.codes:
        if package in code.co_consts and not _BY_NAME.isdisjoint(code.co_names):
            return True
        at_hand = names.intersection(
            (*code.co_names, *code.co_varnames, *code.co_freevars, *code.co_cellvars)
        )
        if at_hand and _hands_on(code, at_hand):
            return True
    return False


def _inside(value: Any, depth: int = 2) -> Iterator[int]:
    """What is in a table, an attribute of an object or a default, of a module nothing."""
    kind = type(value)
    inside: List[Any] = []
    if kind in (list, tuple, set, frozenset):
        inside = list(value)
    elif kind is dict:
        inside = list(value.values())
    elif kind is types.FunctionType:
        inside = [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
    elif not is_module(value):
        inside = list((held_by(value) if is_class(value) else attributes_of(value) or {}).values())
    for one in inside:
        yield identity(one)
        if depth > 1:
            yield from _inside(one, depth - 1)


def _imported(package: str) -> Callable[[types.CodeType], Set[str]]:
    """Under which names a function has imported it."""

    def names(code: types.CodeType) -> Set[str]:
        found, before = set(), ""
        for step in dis.get_instructions(code):
            if before and step.opname.startswith("STORE_"):
                found.add(_names(step)[0])
            before = package if step.opname == "IMPORT_NAME" and step.argval == package else ""
        return found

    return names


def _names(step: Any) -> List[str]:
    """Two of them where one step does what two did (from Python 3.13 on)."""
    return list(map(str, step.argval)) if type(step.argval) is tuple else [str(step.argval)]


def _hands_on(code: types.CodeType, at_hand: Set[str]) -> bool:
    """Whether what has one of the names is there for anything but for a name of its own to be asked for."""
    cells, before, loaded = {*code.co_cellvars, *code.co_freevars}, "", False
    for step in dis.get_instructions(code):
        if step.opname == "EXTENDED_ARG":
            continue
        if loaded:
            asks = step.opname in _OF_NAMES and step.argval not in _ALL
            if not (asks or (before in _HARMLESS and step.opname == "LOAD_CONST")):
                return True
            loaded = False
            continue
        if step.opname.startswith(("LOAD_FAST", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "STORE_FAST_LOAD")):
            # a cell itself, of a function that is made here, from 3.13 on
            names = [one for one in _names(step) if one not in cells or step.opname == "LOAD_DEREF"]
            if at_hand.intersection(names[:-1]):
                return True
            loaded = bool(at_hand.intersection(names[-1:]))
            before = before if loaded else (names or [""])[-1]
        elif step.opname != "PUSH_NULL":
            before = ""
    return False


_OF_NAMES = {"LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "DELETE_ATTR"}


def _codes(held: Dict[str, Any], apart: Set[str]) -> Iterator[types.CodeType]:
    waiting = [value for name, value in list(held.items()) if name not in apart]
    seen: Set[int] = set()
    while waiting:
        value = waiting.pop()
        if identity(value) in seen:
            continue
        seen.add(identity(value))
        kind = type(value)
        if kind is types.CodeType:
            yield value
            waiting += [one for one in value.co_consts if type(one) is types.CodeType]
        elif kind is types.FunctionType and value.__globals__ is held:
            waiting.append(value.__code__)
        elif kind in (staticmethod, classmethod):
            waiting.append(value.__func__)
        elif kind is property:
            waiting += [value.fget, value.fset, value.fdel]
        elif is_class(value) and vars(value).get("__module__") == held.get("__name__"):
            waiting += list(held_by(value).values())
