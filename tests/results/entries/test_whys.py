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


@pytest.mark.parametrize(
    ("known", "lasts"),
    [
        ({}, False),
        ({"": "no complete trace: loads polars"}, True),
        ({"": "did not run to its end last time"}, False),
        ({"collection": "no complete trace: runs ssh"}, True),
        ({"a.py": "no complete trace: runs ssh"}, False),
        ({"part": "-k is given"}, False),
    ],
    ids=["nothing", "a-trace", "stopped", "its-files", "one-file", "a-part"],
)
def test_what_stands_against_all_of_a_project_as_it_is(known: dict[str, str], lasts: bool) -> None:
    assert whys.lasts(known) is lasts
