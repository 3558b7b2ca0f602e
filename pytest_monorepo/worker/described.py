"""What ``-k`` and ``-m`` match a test by, so that they can be asked of tests that are not collected."""

from __future__ import annotations

from typing import Any, List

import pytest

# mark expressions compare keyword arguments with these and no others (pytest 8.3, mark/expression.py)
_SCALARS = (str, int, float, bool, type(None))


def fact(item: pytest.Item) -> List[Any]:
    """(further names, attributes of the function, marks with their plain keyword arguments).

    The names of the item and what it lies in are in the tree. Only plain values can equal what a mark
    expression compares with.
    """
    marks = [
        [mark.name, {name: value for name, value in mark.kwargs.items() if isinstance(value, _SCALARS)}]
        for mark in item.iter_markers()
    ]
    function = getattr(item, "function", None)
    attributes = sorted(getattr(function, "__dict__", ()))
    return [sorted(map(str, item.listextrakeywords())), attributes, marks]


def narrows(config: pytest.Config) -> bool:
    """Whether the project's own settings choose tests or check expressions: then the facts do not say all."""
    chosen = any(getattr(config.option, name, None) for name in ("keyword", "markexpr", "deselect"))
    return chosen or any(_is_set(config, name) for name in ("strict_markers", "strict"))


def _is_set(config: pytest.Config, name: str) -> bool:
    if getattr(config.option, name, False):
        return True
    try:
        return bool(config.getini(name))
    except (ValueError, KeyError):  # no such setting in this pytest
        return False
