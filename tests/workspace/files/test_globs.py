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
        # a set is one character and never the slash
        ("libs[!a]x", "libs/x", False),
        ("libs[/]x", "libs/x", False),
        ("[^ab]x", "cx", True),
        ("[^ab]x", "ax", False),
        ("[]a]", "]", True),
        ("[]a]", "b", False),
        ("[!]a]", "]", False),
        ("[!]a]", "b", True),
        ("[a-]", "-", True),
        ("[a-c]x", "bx", True),
        ("[a-c-e]", "-", True),
        ("[a\\b]", "\\", True),
        ("[z-a]", "m", False),
        ("[!z-a]", "m", True),
        ("[!]", "[!]", True),
        ("[]", "[]", True),
        ("[", "[", True),
        # what re takes for operations on sets
        ("[a&&b]", "&", True),
        ("[a||b]", "|", True),
        ("[a~~b]", "~", True),
        ("[[a]", "[", True),
        ("[a--b]", "b", True),
        # two stars cross folders, and a slash behind them may be none
        ("**", "a/b/c", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "ab", False),
        ("a/**", "a", False),
        ("**/*.py", "x.py", True),
        ("**/.*", "a/.x", True),
        ("a**b", "a/b", True),
        # names that re would read otherwise
        ("(a|b)", "a", False),
        ("a.c", "abc", False),
        ("a$", "a$", True),
        ("{a,b}", "a", False),
        # case counts everywhere, as it does for git
        ("Libs", "libs", False),
        # what means nothing
        ("././libs//", "libs", True),
        ("", ".", True),
        ("./", ".", True),
        ("/libs", "libs", False),
        ("*", "", True),
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
        ("**", "libs/a/b", True),
        ("*.py", "x.py/y", True),
        ("libs/a", "libs/ab", False),
        ("libs/[ab]", "libs/a/b/c", True),
        ("libs/a/", "libs/a/b", True),
    ],
)
def test_covers_what_lies_below(pattern: str, path: str, expected: bool) -> None:
    assert globs.covers(path, [pattern]) is expected
