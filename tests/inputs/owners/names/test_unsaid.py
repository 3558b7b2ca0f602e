"""What of a source runs: words of what does not say nothing of the module."""

from __future__ import annotations

import pytest

from pytest_monorepo.inputs.owners.names.unsaid import said_in

FUTURE = "from __future__ import annotations\n"
LOST = {
    "docstring": '"""Writes to stdout."""',
    "docstring-of-a-function": 'def f():\n    """é stdout"""\n    return 1',
    "text-of-which-nothing-is-made": 'x = 1\n"""\nstdout\n"""\n',
    "type-checkers": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sys import stdout",
    "type-checkers-by-module": "import typing as t\nif t.TYPE_CHECKING:\n    from sys import stdout\n",
    "annotation": FUTURE + "def f(a: stdout, *, b: stdout | None = None) -> stdout: ...",
}
OF_TEXTS = {
    "name-of-a-stream": "names = ['<stdout>', 'é sys.stdout']",
    "message": "def f(): raise ValueError('no stdout')",
}
STAYS = {
    "code": "import sys\nx = sys.stdout",
    "function": "def f():\n    '''no'''\n    return stdout",
    "getattr": "x = getattr(sys, 'stdout')",
    "f-string": "x = f'a {sys.stdout} b'",
    "annotation-that-runs": "def f(a: stdout): ...",
    "default": FUTURE + "def f(a=stdout): ...",
    "else-of-type-checkers": "if TYPE_CHECKING:\n    a = 1\nelse:\n    a = stdout",
    "no-type-checkers": "if not TYPE_CHECKING:\n    a = stdout",
    "another-grammar": "def f(:\n    '''stdout'''",
}


@pytest.mark.parametrize("text", LOST.values(), ids=LOST)
@pytest.mark.parametrize("installed", [False, True])
def test_what_never_runs_is_lost(text: str, installed: bool) -> None:
    found = said_in(text, installed=installed)
    assert "stdout" not in found
    assert found.count("\n") == text.count("\n")


@pytest.mark.parametrize("text", OF_TEXTS.values(), ids=OF_TEXTS)
def test_texts_of_what_is_installed_are_lost_unless_they_are_names(text: str) -> None:
    assert "stdout" not in said_in(text, installed=True)
    assert "stdout" in said_in(text, installed=False)


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
@pytest.mark.parametrize("installed", [False, True])
def test_what_runs_stays(text: str, installed: bool) -> None:
    assert "stdout" in said_in(text, installed=installed)
