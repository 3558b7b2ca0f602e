"""What is noted of a folder in which a finder looks for modules."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from importlib.machinery import FileFinder, SourceFileLoader, all_suffixes
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.inputs.probes import imports
from pytest_monorepo.inputs.record.recorder import Recorder


@pytest.fixture(name="recorder")
def _recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    monkeypatch.setattr(FileFinder, "find_spec", FileFinder.find_spec)  # put back what is wrapped
    recorder = Recorder()
    imports.install(recorder)
    recorder.begin((), "/", {})
    yield recorder
    recorder.active = False
    importlib.invalidate_caches()


CASES: dict[str, tuple[list[str], set[str]]] = {
    "of-its-own": ([".trap"], {"", "held"}),
    "of-its-own-and-pythons": ([".trap", ".py"], {"", "held"}),
    "pythons": (all_suffixes(), set()),
}


@pytest.mark.parametrize(("suffixes", "listed"), CASES.values(), ids=CASES)
def test_a_finder_of_other_endings_goes_by_all_that_is_there(
    recorder: Recorder, tmp_path: Path, suffixes: list[str], listed: set[str]
) -> None:
    (tmp_path / "held").mkdir()
    finder: Any = FileFinder(str(tmp_path), (SourceFileLoader, suffixes))
    assert finder.find_spec("missing") is None
    finder.find_spec("held")
    noted = recorder.scopes.shared.inputs.get("names", {})
    assert set(noted) == {str(tmp_path / name).rstrip("/") for name in listed}


def test_a_finder_that_is_given_another_ending_later_does(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "_PLAIN", [])
    finder: Any = FileFinder(str(tmp_path), (SourceFileLoader, all_suffixes()))
    assert finder.find_spec("missing") is None
    finder._loaders.append((".trap", SourceFileLoader))
    assert finder.find_spec("missing") is None
    assert set(recorder.scopes.shared.inputs.get("names", {})) == {str(tmp_path)}
