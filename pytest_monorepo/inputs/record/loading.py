"""Modules whose import sees what a test file has set, put in place or made only for a while.

``monkeypatch.setenv("A", "1")`` and ``import app`` in a test: the file leaves the variable as it was, and
``app`` as it is with it, for all who import it later.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, FrozenSet, List, Optional, Tuple

from .. import originals

Imported = Tuple[str, Any]
"""A module by the name that it had before its code ran, which may take that away."""
Otherwise = Optional[FrozenSet[str]]
"""The modules that are another way than they were; ``None`` where it is not known who sees what is so."""
NOTHING: FrozenSet[str] = frozenset()


class Loading:
    """``now`` are the modules that are being imported, of the workspace or installed.

    ``otherwise`` says what is at this moment another way than when the turn began.
    """

    def __init__(self) -> None:
        self.now: List[Imported] = []
        self.otherwise: Optional[Callable[[], Otherwise]] = None
        self._seen: Dict[str, Tuple[Any, Otherwise]] = {}
        self._all_see: Otherwise = NOTHING

    def begins(self, module: Any) -> Imported:
        """Its code is about to run; what is returned says so to :meth:`ends`."""
        if not self.now:
            self._all_see = NOTHING if self.otherwise is None else self.otherwise()
        variables = originals.attribute(module, "__dict__")
        imported = (str(variables.get("__name__")), module)
        self.now.append(imported)
        return imported

    def ends(self, imported: Imported) -> None:
        if self._all_see != NOTHING:
            self._see(imported, self._all_see)
        self.now = [one for one in self.now if one is not imported]

    def tint(self) -> None:
        """What is being imported has been told something of the test file's own."""
        for imported in self.now:
            self._see(imported, None)

    def _see(self, imported: Imported, what: Otherwise) -> None:
        name, module = imported
        known, before = self._seen.get(name, (module, NOTHING))
        before = before if known is module else NOTHING
        self._seen[name] = module, None if what is None or before is None else before | what

    def taken(self) -> Dict[str, Otherwise]:
        """Those that are still there, with what each may have seen; from here on there are none."""
        seen, self._seen = self._seen, {}
        return {name: what for name, (module, what) in seen.items() if sys.modules.get(name) is module}
