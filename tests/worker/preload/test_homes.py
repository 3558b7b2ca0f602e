"""Which folders of the path hold installed modules."""

from __future__ import annotations

import os
import sys

import pytest

from pytest_monorepo.worker.preload import homes, measure

ROOT = os.path.abspath("/repo")
STANDARD = os.path.dirname(os.__file__)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("/repo/src", False),
        ("/repo", False),
        ("/repository", True),
        ("/repo/.venv/lib/python3.11/site-packages", True),
        ("/usr/lib/python3/dist-packages", True),
        ("/elsewhere", True),
        ("", False),
        (STANDARD, False),
        (os.path.join(STANDARD, "lib-dynload"), False),
        (os.path.join(STANDARD, "site-packages"), True),
    ],
)
def test_installed(monkeypatch: pytest.MonkeyPatch, entry: str, expected: bool) -> None:
    monkeypatch.setattr(sys, "path", [entry])
    assert bool(homes.installed(ROOT)) is expected


def test_what_a_worker_imports_for_it_a_project_cannot_have_itself() -> None:
    """pytest has loaded all of it, so that no module of a project's can be taken for it."""
    for module in (homes, measure):
        named = [
            value for name, value in vars(module).items() if name[0] not in "_@" and type(value) is type(sys)
        ]
        assert {one.__name__.rpartition(".")[2] for one in named} <= {*_LOADED, "homes"}


_LOADED = ("os", "sys", "time", "threading", "importlib")
