"""Which modules pytest rewrites the assertions of, as tests say by ``pytest.register_assert_rewrite``.

Who has registered one lets it be another for each file that imports it later.
"""

from __future__ import annotations

import sys
from typing import Any, FrozenSet, Set


class Rewritten:
    """The names that are registered, each for the module itself and all below it."""

    def __init__(self) -> None:
        self._known = _now()

    def begins(self, name: str) -> None:
        """A module's code has run: what it registers below itself is so for all who come to that."""
        self._known |= {one for one in _now() - self._known if one.startswith(f"{name}.")}

    def changed(self) -> Set[str]:
        """The modules that have been registered since this was asked last."""
        now = _now()
        new, self._known = now - self._known, now
        return {one for name in new for one in (name, *_installed(name))}


def _installed(name: str) -> Set[str]:
    """Who reaches anything of an installed package reaches all of it, which its top stands for."""
    top = name.partition(".")[0]
    return {top} if top in sys.modules else set()


def _now() -> FrozenSet[str]:
    for one in sys.meta_path:
        if type(one).__module__ == "_pytest.assertion.rewrite":
            found: Any = vars(one).get("_must_rewrite", ())  # the same in 6.2 to 9
            return frozenset(found)
    return frozenset()
