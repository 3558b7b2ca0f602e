from __future__ import annotations

import pytest

from pytest_monorepo.workspace.files import globs


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("libs/*", "libs/a", True),
        ("libs/*", "libs/a/b", False),
        ("libs/**", "libs/a/b", True),
        ("**/x", "x", True),
        ("**/x", "a/b/x", True),
        ("**/x", "ax", False),
        ("schemas/**/*.json", "schemas/a.json", True),
        ("schemas/**/*.json", "schemas/a/b.json", True),
        ("./libs/a/", "libs/a", True),
        ("lib?", "libs", True),
        ("lib?", "lib/", False),
        ("[ab]x", "bx", True),
        ("[!ab]x", "bx", False),
        ("[x", "[x", True),
        ("a+b", "a+b", True),
        ("*", "new\nline", True),
        ("*", ".", False),
        (".", ".", True),
        (".", "a", False),
    ],
)
def test_matches(pattern: str, path: str, expected: bool) -> None:
    assert globs.matches(path, [pattern]) is expected


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("libs", "libs/a/b", True),
        ("libs/*", "libs/a/b", True),
        ("a", "libs/a", False),
        (".", "libs", False),
        (".", ".", True),
    ],
)
def test_covers_what_lies_below(pattern: str, path: str, expected: bool) -> None:
    assert globs.covers(path, [pattern]) is expected
