"""What goes to nodes from this machine's environment."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pytest_monorepo.cluster.opening import environment


@pytest.mark.parametrize(
    ("globs", "names"),
    [
        ((), {"PYTEST_ADDOPTS", "PYTHONDEVMODE", "PYTHONUTF8"}),
        (("DATABASE_*",), {"PYTEST_ADDOPTS", "PYTHONDEVMODE", "PYTHONUTF8", "DATABASE_URL"}),
        (("database_*",), {"PYTEST_ADDOPTS", "PYTHONDEVMODE", "PYTHONUTF8"}),
    ],
)
def test_variables_that_go_with_the_code(globs: Sequence[str], names: set[str]) -> None:
    """What names folders of this machine or holds secrets stays unless it is asked for."""
    here = ("PATH", "HOME", "PYTHONPATH", "PYTHONHOME", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY")
    told = ("PYTEST_ADDOPTS", "PYTHONDEVMODE", "PYTHONUTF8")
    environ = dict.fromkeys((*here, *told), "1")
    assert environment(environ, globs) == dict.fromkeys(names, "1")
