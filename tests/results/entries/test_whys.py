"""Why something was not kept, in the words of a later run."""

from __future__ import annotations

import pytest

from pytest_monorepo.results.entries import whys

SEVERAL = "several workers ran it and b.py, which are one"


@pytest.mark.parametrize(
    ("reason", "since", "said"),
    [
        (f"not kept last time: {SEVERAL}", SEVERAL, ""),
        ("failed last time", "failed last time", ""),
        ("lib.py changed", SEVERAL, f" (what ran since was not kept: {SEVERAL})"),
        ("lib.py changed", None, ""),
    ],
    ids=["the-same", "says-when", "another", "kept"],
)
def test_a_reason_is_said_once(reason: str, since: str | None, said: str) -> None:
    assert whys.beside(reason, since) == said
