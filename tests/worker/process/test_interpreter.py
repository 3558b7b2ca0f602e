"""Why no test can be run with an interpreter, and what mends it."""

from __future__ import annotations

import builtins
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_monorepo.worker.process import interpreter


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        *((version, True) for version in ("6.2", "6.2.5", "7.0", "8.4.1", "9.1.0.dev3", "10.0", "6.10")),
        *((version, False) for version in ("6.1.2", "5.4", "6", "0", "4.6.11", "")),
    ],
)
def test_the_oldest_pytest(monkeypatch: pytest.MonkeyPatch, version: str, fits: bool) -> None:
    monkeypatch.setitem(sys.modules, "pytest", SimpleNamespace(__version__=version))
    said = interpreter.complaint()
    assert (said is None) is fits
    assert fits or (said is not None and f"its pytest is {version}, and the oldest that works is 6.2" in said)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            ImportError("No module named 'pytest'", name="pytest"),
            "pytest is not installed there; to mend it: ",
        ),
        (ImportError("no iniconfig", name="iniconfig"), "its pytest cannot be imported (no iniconfig)"),
        (SyntaxError("bad"), "its pytest cannot be imported (SyntaxError('bad'"),
        (AttributeError("x"), "its pytest cannot be imported (AttributeError('x'"),
    ],
)
def test_a_pytest_that_cannot_be_imported(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    original = builtins.__import__

    def failing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "pytest":
            raise error
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", failing)
    said = interpreter.complaint()
    assert said is not None
    assert said.startswith(words)
    assert '"pytest>=6.2"' in said


@pytest.mark.parametrize(("pip", "start"), [(object(), "-m pip install"), (None, "uv pip install --python")])
def test_an_environment_without_pip_is_uvs(monkeypatch: pytest.MonkeyPatch, pip: object, start: str) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: pip)
    monkeypatch.setitem(sys.modules, "pytest", SimpleNamespace(__version__="5"))
    assert start in str(interpreter.complaint())
