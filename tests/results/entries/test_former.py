"""What of a weak key is another than last time, by name and without what it was."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_monorepo.results.entries import former

KEY: dict[str, Any] = {
    "version": 7,
    "options": ["-p", "no:cov", "--strict", "--token=abc"],
    "variables": {"LANG": "C", "PYTHONHASHSEED": "0"},
    "python": ["<env>/bin/python", "1"],
    "flags": ["1"],
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"options": ["-p", "no:cov", "--strict", "--token=xyz"]}, "option --token"),
        ({"options": ["-p", "no:cov", "--token=abc"]}, "option --strict"),
        ({"options": ["-p", "no:mock", "--strict", "--token=abc"]}, "option -p"),
        ({"options": ["--strict", "-p", "no:cov", "--token=abc"]}, "other options"),
        ({"variables": {"LANG": "de", "PYTHONHASHSEED": "0"}}, "variable LANG"),
        ({"as module": True}, "pytest or python -m pytest"),
        ({"variables": {"LANG": "C"}}, "variable PYTHONHASHSEED"),
        (
            {"python": ["<env>/bin/python", "2"], "flags": ["2"]},
            "other flags of the interpreter; another Python",
        ),
    ],
)
def test_what_is_another_is_named(change: dict[str, Any], expected: str | None) -> None:
    assert former.differing(former.encoded(KEY), {**KEY, **change}) == expected


def test_no_value_is_kept() -> None:
    assert b"abc" not in former.encoded(KEY)


@pytest.mark.parametrize("data", [None, b"", b"[]", b"{"])
def test_of_what_is_damaged_nothing_is_said(data: bytes | None) -> None:
    assert former.differing(data, KEY) is None
