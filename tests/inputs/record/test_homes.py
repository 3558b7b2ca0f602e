"""Whose code it is, by where it lies; what lies in no workspace is known for all of them."""

from __future__ import annotations

import os
from typing import Any

import pytest

from pytest_monorepo.inputs.record.homes import KEEPS, OTHER, OWN, RUNNER, STANDARD, Homes

LIBRARY = os.path.dirname(os.__file__)
ROWS: dict[str, tuple[str, Any, str]] = {
    "own": ("app", "/w/libs/app.py", OWN),
    "beside": ("app", "/www/app.py", OTHER),
    "an-environment-in-the-workspace": ("app", "/w/.venv/lib/python3/site-packages/app.py", OTHER),
    "of-debian": ("app", "/usr/lib/python3/dist-packages/app.py", OTHER),
    "installed-below-the-library": ("app", f"{LIBRARY}/site-packages/app.py", OTHER),
    "library": ("json.decoder", f"{LIBRARY}/json/decoder.py", STANDARD),
    "remembers": ("importlib.metadata._text", f"{LIBRARY}/importlib/metadata/_text.py", KEEPS),
    "named-as-one-that-does": ("platform", "/w/platform.py", OWN),
    "pytest": ("_pytest.main", "/w/src/_pytest/main.py", RUNNER),
    "ours": ("pytest_monorepo_worker.session", "/w/pytest_monorepo/worker/session.py", STANDARD),
    "of-no-file": ("app", None, STANDARD),
    "no-text": ("app", 3, STANDARD),
    "cannot-be-a-key": ("app", [], STANDARD),
}


@pytest.mark.parametrize(("name", "file", "home"), ROWS.values(), ids=ROWS)
def test_where_code_comes_from(name: str, file: Any, home: str) -> None:
    known = Homes("/w")
    assert [known.of({"__name__": name, "__file__": file}) for _ in range(2)] == [home, home]


def test_each_workspace_has_its_own() -> None:
    """A fork server asks before there is one."""
    app = {"__name__": "app", "__file__": "/w/libs/app.py"}
    assert [Homes(root).of(app) for root in ("", "/w", "/v", "/w")] == [OTHER, OWN, OTHER, OWN]
