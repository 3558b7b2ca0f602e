"""What plain pytest reports is what projects report that find their imports made: some of the workspaces.

``python -m benchmarks.once_equivalence`` has all of them, the sample, and any packages.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from . import once, workspaces
from .harness import assert_equivalent, monorepo
from .shelf import Shelf
from .test_equivalence import alone, need

MODULES = ("yaml", "jinja2", "click")
CASES = [workspaces.outcomes_of_every_kind(), workspaces.unittest_and_doctest()]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is shared without forking")
@pytest.mark.parametrize("workspace", CASES, ids=lambda workspace: workspace.name)
def test_what_is_imported_once_changes_nothing(
    workspace: workspaces.Workspace, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    need(*MODULES)
    shelf = Shelf.of_session(tmp_path_factory)
    changed = once.importing(workspace, MODULES)
    expected = shelf.kept(changed.name, lambda folder: alone(changed, folder))
    folder = changed.write(shelf.folder(), for_plain=False)
    for _ in range(2):  # the first run learns what is imported
        actual = monorepo(folder, changed.args, served=tmp_path / "served")
        assert_equivalent(expected, actual, changed.crashes)
    assert len(once.served(tmp_path / "served")) == len(workspace.projects)
