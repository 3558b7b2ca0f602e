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
