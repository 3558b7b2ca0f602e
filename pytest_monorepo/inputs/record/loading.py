"""Modules whose import sees what a test file has set, put in place or made only for a while.

``monkeypatch.setenv("A", "1")`` and ``import app`` in a test: the file leaves the variable as it was, and
``app`` as it is with it, for all who import it later.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

from .. import originals

Imported = Tuple[str, Any]
"""A module by the name that it had before its code ran, which may take that away."""


class Loading:
    """``now`` are the modules that are being imported, of the workspace or installed.

    ``is_otherwise`` says whether something is at this moment another way than when the turn began.
    """

    def __init__(self) -> None:
        self.now: List[Imported] = []
        self.is_otherwise: Optional[Callable[[], bool]] = None
        self._seen: Dict[str, Any] = {}
        self._all_see = False

    def begins(self, module: Any) -> Imported:
        """Its code is about to run; what is returned says so to :meth:`ends`."""
        if not self.now:
            self._all_see = self.is_otherwise is not None and self.is_otherwise()
        variables = originals.attribute(module, "__dict__")
        imported = (str(variables.get("__name__")), module)
        self.now.append(imported)
        return imported

    def ends(self, imported: Imported) -> None:
        if self._all_see:
            self._see(imported)
        self.now = [one for one in self.now if one is not imported]

    def tint(self) -> None:
        """What is being imported has been told something of the test file's own."""
        for imported in self.now:
            self._see(imported)

    def _see(self, imported: Imported) -> None:
        name, module = imported
        self._seen[name] = module

    def taken(self) -> Set[str]:
        """The names of those that are still there; from here on there are none."""
        seen, self._seen = self._seen, {}
        return {name for name, module in seen.items() if sys.modules.get(name) is module}
