"""Who asks how a run is shown is told by the names of modules, each of which is looked at once."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_monorepo.inputs import originals
from pytest_monorepo.inputs.probes import shown

WAYS = {
    "a test": (["test_a", "_pytest.config"], True),
    "pytest's terminal": (["_pytest.main", "_pytest.terminal", "_pytest.config"], False),
    "a name that is none": ([3.5, "_pytest.config"], True),
    "one that cannot be looked up": ([[], "_pytest.config"], True),
    "none at all": ([None, "_pytest.config"], True),
}


@pytest.mark.parametrize(("names", "stranger"), WAYS.values(), ids=WAYS)
def test_who_may_make_something_of_the_answer(
    names: list[Any], stranger: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "_KNOWN", {})
    asks: Any = lambda: shown._stranger(originals.frame(1))  # noqa: E731
    for name in reversed(names):
        variables: dict[str, Any] = {"asks": asks, "__name__": name}
        if name is None:
            del variables["__name__"]
        exec("def ask():\n    return asks()", variables)
        asks = variables["ask"]
    variables = {"asks": asks, "__name__": "_pytest.main"}
    exec("def ask():\n    return asks()", variables)
    for _ in range(2):
        assert (variables["ask"]() is not None) == stranger
    assert shown._KNOWN["_pytest.config"] == shown._CONFIGURES


def test_a_name_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "_KNOWN", {__name__: shown._SHOWS})
    monkeypatch.setattr(shown, "_kind", lambda name: pytest.fail(f"looks at {name} again"))
    assert shown._stranger(originals.frame(0)) is None
