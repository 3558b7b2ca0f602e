"""Which bytecode is left where it may be of an earlier source: that of what an installer brought."""

from __future__ import annotations

import base64
import hashlib
import importlib
import importlib.machinery
import os
import py_compile
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.inputs import callers
from pytest_monorepo.inputs.installed import Installed
from pytest_monorepo.inputs.probes import imports

SOURCE = "VALUE = 1\n"


def _digest(text: str) -> str:
    found = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(found).rstrip(b"=").decode()


RECORDS = {
    "as-brought": (f"lib/own.py,{_digest(SOURCE)},10\n", True),
    "among-others": (f"lib/__init__.py,sha256=0,0\nlib/own.py,{_digest(SOURCE)},10\nlib/a.pyc,,\n", True),
    "edited-since": (f"lib/own.py,{_digest('VALUE = 2' + chr(10))},10\n", False),
    "without-a-digest": ("lib/own.py,,\n", False),
    "another-digest": ("lib/own.py,md5=0,10\n", False),
    "another's": (f"own.py,{_digest(SOURCE)},10\n", False),
    "of-no-lines": ("", False),
    "of-no-text": ("\udcff,,\n", False),
}


@pytest.fixture(name="site")
def _site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "own.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def _note(site: Path, text: str, distribution: str = "lib-1.0") -> None:
    folder = site / f"{distribution}.dist-info"
    folder.mkdir()
    (folder / "RECORD").write_text(text, encoding="utf-8", errors="surrogateescape")


@pytest.mark.parametrize(("text", "kept"), RECORDS.values(), ids=RECORDS)
def test_what_is_kept_is_of_what_was_brought(site: Path, text: str, kept: bool) -> None:
    _note(site, text)
    source = str(site / "lib" / "own.py")
    bytecode = py_compile.compile(source, doraise=True)
    assert bytecode is not None
    imports.distrust(source, [bytecode])
    assert os.path.exists(bytecode) == kept


def test_who_looks_for_a_module_to_import_it_loads_no_other_bytecode(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pytest's own loader takes what it has written itself, and looks for the module by itself."""
    finder: Any = importlib.machinery.FileFinder
    original, asked = finder.find_spec, []

    def find_spec(self: Any, name: str, target: Any = None) -> Any:
        asked.append(callers.finds_to_import(sys._getframe(1)))
        return original(self, name, target)

    monkeypatch.setattr(finder, "find_spec", find_spec)
    importlib.import_module("lib.own")
    for name in ("lib", "lib.own"):
        del sys.modules[name]  # for good: nobody else is to find them
    assert asked
    assert all(asked)
    asked.clear()
    assert importlib.machinery.PathFinder.find_spec("lib", [str(site)]) is not None
    assert asked == [False]


@pytest.mark.parametrize("distribution", ["lib-1.0", "other_name-2.0"])
def test_any_distribution_may_have_brought_it(site: Path, distribution: str) -> None:
    _note(site, "other.py,sha256=0,0\n", "aa-1.0")
    _note(site, f"lib/own.py,{_digest(SOURCE)},10\n", distribution)
    assert Installed().brought(str(site / "lib" / "own.py"))


def test_nobody_has_noted_what_lies_elsewhere(site: Path) -> None:
    assert not Installed().brought(str(site / "lib" / "own.py"))
    assert not Installed().brought(str(site.parent / "own.py"))


def test_it_is_asked_for_once(site: Path) -> None:
    """With times that a cache of environments has put back, as ``tar`` does: of long ago."""
    _note(site, f"lib/own.py,{_digest(SOURCE)},10\n")
    source = site / "lib" / "own.py"
    os.utime(source, (1_000_000_000, 1_000_000_000))
    bytecode = py_compile.compile(str(source), doraise=True)
    assert bytecode is not None
    os.utime(bytecode, (1_000_000_001, 1_000_000_001))
    before = time.time() - 60
    imports.distrust(str(source), [bytecode])
    assert os.stat(bytecode).st_mtime > before
