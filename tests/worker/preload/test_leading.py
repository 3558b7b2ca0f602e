"""What a module begins with: a row each."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_monorepo.worker.preload.leading import leading

ROWS = {
    "plain": (
        "import lead_a\nimport lead_b.part as b\nVALUE = 1\nimport lead_c\n",
        ["lead_a", "lead_b.part"],
    ),
    "from": ("from lead_b import part, ATTRIBUTE\n", ["lead_b", "lead_b.part"]),
    "documented": ('"""Words."""\nfrom __future__ import annotations\nimport lead_a\n', ["lead_a"]),
    "library": ("import json, lead_a\nfrom collections import abc\n", ["lead_a"]),
    "typing": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import lead_c\nelse:\n    import lead_a\n"
        "import lead_b\n",
        ["lead_a", "lead_b"],
    ),
    "first": (
        "try:\n    import lead_a\nexcept ImportError:\n    import lead_b\nimport lead_c\n",
        ["lead_a", "lead_c"],
    ),
    "second": (
        "try:\n    import lead_nowhere\nexcept ImportError:\n    import lead_b\nimport lead_c\n",
        ["lead_b", "lead_c"],
    ),
    "second_and_more": (
        "try:\n    import lead_nowhere\nexcept ImportError:\n    try:\n        import lead_b\n"
        "    except ImportError:\n        raise\n    else:\n        VALUE = 1\nimport lead_c\n",
        ["lead_b"],
    ),
    "tries_more": (
        "try:\n    import lead_a\n    VALUE = 1\nexcept ImportError:\n    pass\nimport lead_b\n",
        [],
    ),
    "tries_a_name": ("try:\n    from lead_b import no\nexcept ImportError:\n    import lead_a\n", []),
    "conditional": ("import lead_a\nif lead_a:\n    import lead_b\n", ["lead_a"]),
    "sets": ("import os\nos.environ.get('X')\nimport lead_a\n", []),
    "function": ("def f():\n    import lead_a\nimport lead_b\n", []),
    "relative": (
        "from . import lead_pkg_other\nfrom .lead_pkg_other import VALUE\n",
        ["row", "row.lead_pkg_other"],
    ),
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    site = tmp_path / "site-packages"
    for name in ("lead_a", "lead_b/__init__", "lead_b/part", "lead_c", "row/__init__", "row/lead_pkg_other"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / f"{name}.py").write_text("ATTRIBUTE = VALUE = 1\n")
    monkeypatch.syspath_prepend(str(site))
    before = set(sys.modules)
    yield site
    for name in sys.modules.keys() - before:
        del sys.modules[name]


@pytest.mark.parametrize("name", ROWS)
def test_up_to_the_first_statement_that_does_something_else(site: Path, name: str) -> None:
    text, expected = ROWS[name]
    (site / f"row/{name}.py").write_text(text)
    importlib.invalidate_caches()
    importlib.import_module(f"row.{name}")
    assert leading(f"row.{name}", "/nowhere") == expected


def test_what_could_not_be_imported_begins_with_nothing(site: Path) -> None:
    assert leading("row.nowhere", "/nowhere") == []


def test_code_of_the_workspace_is_nothing_that_is_installed(site: Path, tmp_path: Path) -> None:
    (site / "row/outer.py").write_text("import lead_a\n")
    importlib.invalidate_caches()
    importlib.import_module("row.outer")
    inside = site.rename(tmp_path / "other")
    sys.modules["lead_a"].__file__ = str(inside / "lead_a.py")
    sys.modules["row.outer"].__file__ = str(inside / "row/outer.py")
    assert leading("row.outer", str(tmp_path)) == []
