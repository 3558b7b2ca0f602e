"""No function of ours that stands in another's place is in the text of a failure."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from pytest_monorepo.inputs import probes

MODULES = [
    *(f"{probes.__name__}.{module.name}" for module in pkgutil.iter_modules(probes.__path__)),
    "pytest_monorepo.inputs.owners.edges",
]


@pytest.mark.parametrize("name", MODULES)
def test_all_functions_of_a_module_are_hidden(name: str) -> None:
    assert vars(importlib.import_module(name)).get("__tracebackhide__") is True
