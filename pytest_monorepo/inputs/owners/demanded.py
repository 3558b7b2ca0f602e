"""What an installed module keeps of what it has been asked for: who asks has the same either way.

PEP 562: ``__getattr__`` of a package imports the module that has the name, and puts what it finds there into
the package (pydantic 2.12, lazy_loader 0.4). Otherwise all who import such a package would be one, since
each asks for names that nobody had asked for.
"""

from __future__ import annotations

import sys
from typing import Any, Dict, Iterator, List

from ..originals import is_module, variables
from .asked import in_cells
from .names.handed_out import hands_out, has_hook

_NAMING = (list, tuple, set, frozenset, dict)


def has_only_given(module: Any, before: List[Any], now: List[Any]) -> bool:
    """Whether all that is another in ``now``, as :mod:`.state` describes a module, is what was asked of it.

    A name has come that the module says it has, with what all of its own modules that have the name hold.
    """
    held: Dict[str, Any] = variables(module)
    hook: Any = held.get("__getattr__")
    if not has_hook(module):
        return False
    known = {one[0] for one in before}
    come = [one[0] for one in now if one[0] not in known]
    if [one for one in now if one[0] in known] != before:
        return False
    names = [_named_in(value) for value in (*held.values(), *in_cells(hook).values())]
    package = str(held["__name__"])
    given = all(
        any(name in one for one in names) and _is_of_module(package, name, held[name]) for name in come
    )
    return given and not hands_out(package)


def _named_in(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return value.keys()
    return {one for one in value if type(one) is str} if kind in _NAMING else ()


def _is_of_module(package: str, name: str, value: Any) -> bool:
    held = [variables(one)[name] for one in _below(package) if name in variables(one)]
    return bool(held) and all(one is value for one in held)


def _below(package: str) -> Iterator[Any]:
    for name, module in list(sys.modules.items()):
        if name.startswith(f"{package}.") and is_module(module):
            yield module
