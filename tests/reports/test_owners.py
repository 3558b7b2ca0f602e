from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.reports.owners import Owners, parse, read

FILE = "libs/ml/tests/test_a.py"


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("* @all", FILE, "@all"),
        ("* @all\n/libs/ml/ @ml", FILE, "@ml"),
        ("/libs/ml/ @ml\n* @all", FILE, "@all"),
        ("/libs/ml/ @ml", "libs/ml", "@ml"),
        ("/libs/ml @ml", "libs/mlx/a.py", ""),
        ("libs/ml/ @ml", f"x/{FILE}", ""),
        ("ml/ @ml", FILE, "@ml"),
        ("/ml/ @ml", FILE, ""),
        ("*.py @py", FILE, "@py"),
        ("*.js @js", FILE, ""),
        ("/libs/* @top", FILE, ""),
        ("/libs/* @top", "libs/a.py", "@top"),
        ("/libs/** @deep", FILE, "@deep"),
        ("**/tests @t", FILE, "@t"),
        ("/libs/*/tests/ @t", FILE, "@t"),
        ("* @all # the rest", FILE, "@all"),
        ("# * @all", FILE, ""),
        ("* @all\n/libs/ml/", FILE, ""),
        ("* a@b.c @two", FILE, "a@b.c @two"),
        ("/my\\ libs/ @m", "my libs/a.py", "@m"),
        ("[ML] @ml\nlibs/\n^[Docs][2] @docs\n*.md\n[Tests]\n*.py @t", FILE, "@ml @t"),
        ("test_?.py @one", FILE, "@one"),
        ("test_?.py @one", "test_ab.py", ""),
        # a folder between two stars may be none
        ("/libs/**/test_a.py @t", FILE, "@t"),
        ("/libs/**/test_a.py @t", "libs/test_a.py", "@t"),
        ("libs/**/ml/ @t", FILE, "@t"),
        ("libs/**/ml/ @t", "libs/x/ml/a.py", "@t"),
        ("libs/**/ml/ @t", "libs/xml/a.py", ""),
        # the files at the top, or all of them
        ("/* @top", "setup.py", "@top"),
        ("/* @top", FILE, ""),
        ("* @all\n/* @top", FILE, "@all"),
        ("/** @all", FILE, "@all"),
        ("/ @all", FILE, "@all"),
        ("** @all", FILE, "@all"),
        # a folder's name with a slash behind it, anywhere, and no file's
        ("tests/ @t", "libs/tests/x/a.py", "@t"),
        ("tests/ @t", "libs/mytests/a.py", ""),
        ("test_a.py @a", FILE, "@a"),
        ("a.py @a", FILE, ""),
        ("/libs/ml/tests/test_a.py @a", FILE, "@a"),
        ("/libs/m+/ @a", "libs/mm/a.py", ""),
        ("/libs/m.l/ @a", "libs/mxl/a.py", ""),
        # GitLab: what a section leaves out, and owners of a whole section
        ("* @all\n!libs/ml/", FILE, ""),
        ("* @all\n!libs/mx/", FILE, "@all"),
        ("[A] @a\n*\n!libs/\n[B] @b\n*", FILE, "@b"),
        ("[A]\n* @a\n[a]\n/libs/ @b", FILE, "@b"),
        ("[A][1] @a @b\n*.py\n*.md @c", FILE, "@a @b"),
        ("* @all\n[A] @a\n*.md", FILE, "@all"),
        ("\n\n  \n# x\n*   @all\t@more  ", FILE, "@all @more"),
    ],
)
def test_who_owns_a_file(text: str, path: str, expected: str) -> None:
    assert " ".join(Owners(tuple(parse(text))).of(path)) == expected


def test_the_file_is_the_repositorys(tmp_path: Path) -> None:
    assert read(tmp_path).of("a.py") == ()
    (tmp_path / "CODEOWNERS").write_text("/ws/a.py @a\n")
    assert read(tmp_path, "ws").of("a.py") == ("@a",)
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github/CODEOWNERS").write_text("* @first\n")
    assert read(tmp_path, "ws").of("a.py") == ("@first",)
