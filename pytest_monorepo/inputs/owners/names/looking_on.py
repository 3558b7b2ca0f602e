"""Who may look at what an installed package was asked for, by whatever way the package comes to hand.

``vars(helper.lib)``, ``pytest.importorskip("lib")``, ``mock.patch("lib.name")``, and other installed code
that has it.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Dict, Iterator, Mapping, Optional, Set

from ... import originals
from ...record.homes import OTHER, OWN
from . import below
from .handed_out import has_hook, looks, passing_on
from .loads import Loads
from .sources import Sources, text_of


class LookingOn:
    """``homes`` are those of all modules. Of all others nobody need know what they were asked for."""

    def __init__(self, homes: Mapping[str, str], sources: Sources, loads: Loads) -> None:
        self._homes = homes
        self._loads = loads
        self._sources = sources
        loaded = [(name, sys.modules.get(name)) for name, home in homes.items() if home == OTHER]
        self._names: Dict[int, str] = {originals.identity(one): name for name, one in loaded if has_hook(one)}
        words = "|".join(map(re.escape, sorted(self._names.values(), reverse=True)))
        self._in_text = re.compile(f"""["']({words})(?=["'.:])""")

    def all(self) -> Dict[str, Set[str]]:
        """By module the packages that it may look at."""
        if not self._names:
            return {}
        return {name: set(self._of(name, home)) for name, home in self._homes.items() if home in (OWN, OTHER)}

    def _of(self, name: str, home: str) -> Iterator[str]:
        if home == OTHER:
            for package in self._at_hand(name):
                if package.partition(".")[0] != name.partition(".")[0] and looks(package, name):
                    yield package
            loaded = self._loads.of(name)  # once: beside many libraries a module has imported many
            packages = loaded.intersection(self._names.values())
            others = [one for one in packages if one.partition(".")[0] != name.partition(".")[0]]
            yield from passing_on(others, name)
            return
        yield from self._in_text.findall(text_of(name))
        bound = self._sources.all(name)
        # without a file it has no code: typing.io, or a folder without __init__.py
        if bound is None and originals.attribute(sys.modules.get(name), "__file__") is not None:
            yield from self._names.values()
        for target, chains in (bound or {}).items():
            for chain in chains:
                yield from self._behind(below.resolved(target, sys.modules), chain)

    def _behind(self, start: str, chain: str) -> Iterator[str]:
        """What stands at the end of a chain of attributes; all that a module has which is handed on."""
        module: Any = sys.modules.get(start)
        for part in filter(None, chain.split(".")):
            module = originals.variables(module).get(part) if originals.is_module(module) else None
        if originals.is_module(module):
            name = self._name(module)
            yield from [name] if name else self._at_hand(str(originals.attribute(module, "__name__")))

    def _at_hand(self, name: str) -> Iterator[str]:
        module: Any = sys.modules.get(name)
        held = originals.variables(module) if originals.is_module(module) else {}
        yield from filter(None, map(self._name, list(held.values())))

    def _name(self, value: Any) -> Optional[str]:
        return self._names.get(originals.identity(value))
