"""Whether an installed package looks by itself at which names it has been asked for (:mod:`..demanded`).

``def known(name): return name in globals()`` gives another answer once somebody has asked for that name.
"""

from __future__ import annotations

import sys
import types
from typing import Any, Dict, Iterator, Set, Tuple

from ...originals import identity, is_class, is_module, variables
from ..asked import held_by

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
