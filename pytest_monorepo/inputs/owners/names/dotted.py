"""What is walked along by a dotted name: ``monkeypatch.setattr("a.b.c", …)``, ``mock.patch("a.b.c")``.

They import the first part and ask for the others as attributes, so that of ``a`` only ``a.b`` is seen.
Private functions of pytest, ``pkgutil`` and ``mock``: with others all of ``a`` counts as seen, and
tests/inputs/owners/names/test_dotted.py fails.
"""

from __future__ import annotations

import itertools
from typing import Any, List, Optional

WALKERS = {"_pytest.monkeypatch": "resolve", "pkgutil": "resolve_name", "unittest.mock": "_importer"}
"""The functions that walk, by their modules."""


def walked(frame: Any) -> Optional[List[str]]:
    """The modules that a name may mean of which the frame imports a part; ``None`` of other code."""
    where = frame.f_globals.get("__name__")
    if WALKERS.get(where) != frame.f_code.co_name:
        return None
    name = frame.f_locals.get("target" if where == "unittest.mock" else "name")
    last = _attribute(frame.f_back)
    if not isinstance(name, str) or last is None:
        return None
    return list(itertools.accumulate([*name.split("."), last], "{}.{}".format))


def _attribute(frame: Any) -> Optional[str]:
    """What is patched of what the name stands for; ``None`` of another caller, who may look further."""
    for _ in range(8):
        if frame is None:
            return None
        where, held = frame.f_globals.get("__name__"), frame.f_locals
        if where == "_pytest.monkeypatch" and isinstance(held.get("import_path"), str):
            return str(held["import_path"]).rpartition(".")[2]
        if where == "unittest.mock":
            found = getattr(held.get("self"), "attribute", None)
            if isinstance(found, str):
                return found
        elif where not in WALKERS and where != "functools":
            return None
        frame = frame.f_back
    return None
