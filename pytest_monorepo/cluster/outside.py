"""What lies above the repository decides what pytest does, and is on no node."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pytest_monorepo.results.values.places import Places

from .tree.files import toplevel


def settings_above(root: Path) -> str | None:
    """Why nothing that nodes run can be kept as if it had run here; ``None`` where it can.

    A node's folders are others, and may be fewer: no trace tells of settings in one that only we have.
    """
    top = toplevel(root)
    above = (Path(path) for path in Places.of(root, sys.executable).above)
    found = next((path for path in above if top not in path.parents and os.path.lexists(path)), None)
    if found is None:
        return None
    return f"nothing that the cluster runs is kept: {found} lies above the repository, and no node has it"
