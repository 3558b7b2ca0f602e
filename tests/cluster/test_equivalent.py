"""One hostile workspace on ``local:2`` against plain pytest; ``benchmarks.cluster_equivalence`` has all."""

from __future__ import annotations

import sys

import pytest

from tests.equivalence import workspaces
from tests.equivalence.harness import assert_equivalent, monorepo
from tests.equivalence.shelf import Shelf
from tests.equivalence.test_equivalence import alone

from .machines import need_dask

need_dask()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="workers are forked")
def test_what_cannot_start_or_be_collected_says_there_what_it_says_here(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Its words come in the workers' logs, with the nodes' folders in them."""
    shelf = Shelf.of_session(tmp_path_factory)
    workspace = workspaces.errors_of_every_kind()
    expected = shelf.kept(workspace.name, lambda folder: alone(workspace, folder))
    folder = workspace.write(shelf.folder(), for_plain=False)
    actual = monorepo(folder, [*workspace.args, "--cluster", "local:2"])
    assert_equivalent(expected, actual, workspace.crashes)
