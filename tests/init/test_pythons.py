"""The one Python that a proposed workflow sets up."""

from __future__ import annotations

import pytest

from pytest_monorepo.init.pythons import for_all


@pytest.mark.parametrize(
    ("specifiers", "version"),
    [
        ([], "3.12"),
        ([""], "3.12"),
        ([">=3.8"], "3.12"),
        ([">=3.8", ">=3.9"], "3.12"),
        ([">=3.13"], "3.13"),
        ([">3.13"], "3.13"),
        ([">=3.12.4"], "3.12"),
        ([">=3.15"], "3.15"),
        ([">=3.8,<3.12"], "3.11"),
        ([">=3.8,<3.11"], "3.10"),
        (["<3.13", ">=3.9"], "3.12"),
        (["<4"], "3.12"),
        # what no pair of a floor and a ceiling says
        (["<=3.11"], "3.10"),
        (["<=3.12"], "3.11"),
        (["==3.11.*"], "3.11"),
        (["==3.13.*", ">=3.10"], "3.13"),
        (["~=3.13"], "3.13"),
        (["~=3.11.0"], "3.11"),
        (["!=3.12.*"], "3.13"),
        (["!=3.12.*,!=3.13.*,<3.14"], "3.11"),
        ([">=3.9, !=3.12.1"], "3.12"),
        # none suits all, or none of ours
        (["<3.12", ">=3.13"], "3.12"),
        (["<3.9"], "3.10"),
        (["no version", ">=3.13"], "3.13"),
    ],
)
def test_the_version_that_all_projects_allow(specifiers: list[str], version: str) -> None:
    assert for_all(specifiers) == version
