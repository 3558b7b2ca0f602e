"""Where the workspace's modules came from, on a node that may have others of their names."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from pytest_monorepo.worker import protocol
from pytest_monorepo.worker.plugins.origin import Origin


def load(monkeypatch: pytest.MonkeyPatch, name: str, file: object) -> None:
    module = ModuleType(name)
    module.__file__ = file  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.parametrize(
    ("name", "file", "stray"),
    [
        ("org.lib", "sent/libs/lib/__init__.py", False),
        ("org.lib", "image/org/lib/__init__.py", True),
        ("org.lib.deep.part", "image/org/lib/deep/part.py", True),
        ("org.lib", "sentinel/org/lib.py", True),
        # a name that others share, or that only begins so
        ("org", "image/org/__init__.py", False),
        ("org.library", "image/org/library.py", False),
        ("org.lib", None, False),
        # a library of the same name, or a copy, which the fingerprint compares
        ("org.lib", "venv/lib/site-packages/org/lib/__init__.py", False),
    ],
)
def test_a_module_from_elsewhere_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, file: str | None, stray: bool
) -> None:
    place = str(tmp_path / file) if file is not None else None
    load(monkeypatch, name, place)
    said: list[object] = []
    Origin({"top": str(tmp_path / "sent"), "packages": ["org.lib"]}, said.append).pytest_sessionfinish()
    assert said == ([protocol.Stray(name, place or "")] if stray else [])


def test_a_link_out_of_the_tree_is_still_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sent").mkdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/lib.py").touch()
    (tmp_path / "sent/lib.py").symlink_to(tmp_path / "shared/lib.py")
    load(monkeypatch, "lib", str(tmp_path / "sent/lib.py"))
    assert Origin({"top": str(tmp_path / "sent"), "packages": ["lib"]}, print).strays() == []


def test_of_a_package_one_module_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lib", "lib.a", "lib.b"):
        load(monkeypatch, name, str(tmp_path / f"image/{name}.py"))
    assert Origin({"top": "/sent", "packages": ["lib"]}, print).strays() == [
        ("lib", str(tmp_path / "image/lib.py"))
    ]
