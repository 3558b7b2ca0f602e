"""Which fixtures a file uses: also those that pytest notes in private alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_monorepo.worker.plugins.turns import TurnsPlugin


@pytest.fixture
def later() -> None: ...


def test_a_fixture_that_is_asked_for_by_getfixturevalue(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("later")
    used: list[str] = []
    turns = SimpleNamespace(uses=lambda fixture, file: used.append(fixture))
    [*TurnsPlugin(turns, str, "", lambda config: None).pytest_runtest_teardown(request.node, None)]
    assert "later" in used
    assert "later" not in request.node.fixturenames
