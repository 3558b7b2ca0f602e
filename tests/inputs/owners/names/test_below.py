"""Which modules the attributes of what an import has bound may be."""

from __future__ import annotations

import types

import pytest

from pytest_monorepo.inputs.owners.names.below import candidates, meant, packages, resolved


def _loaded() -> dict[str, types.ModuleType]:
    found = {name: types.ModuleType(name) for name in ("app", "app.sub", "app.sub.deep", "app.own", "helper")}
    for name in ("app", "app.sub"):
        found[name].__path__ = []
    vars(found["app"]).update(sub=found["app.sub"], own=found["app.own"], limit=3)
    vars(found["app.sub"]).update(deep=found["app.sub.deep"])
    vars(found["helper"]).update(package=found["app"], limit=3)
    return found


@pytest.mark.parametrize(
    ("target", "names", "expected"),
    [
        ("app", set(), set()),
        ("app", {"limit"}, set()),
        ("app", {"limit.sub"}, set()),
        ("app", {"own.value"}, {"app.own"}),
        ("app", {"sub.deep.value"}, {"app.sub", "app.sub.deep"}),
        ("app", {"extra.value"}, {"app.extra"}),
        ("app", {"sub.more.value"}, {"app.sub", "app.sub.more"}),
        ("app", {"own.more"}, {"app.own"}),
        ("app", {""}, {"app.*"}),
        ("app", None, {"app.*"}),
        ("helper", {"package.extra"}, {"app.extra"}),
        ("helper", {"package.sub"}, {"app.sub"}),
        ("helper", {"limit"}, set()),
        ("helper", None, set()),
        ("helper.package", {"extra"}, {"app.extra"}),
        ("helper.package", {""}, {"app.*"}),
        ("gone", {"extra"}, set()),
    ],
)
def test_attributes_are_modules_where_packages_have_or_may_come_to_have_them(
    target: str, names: set[str] | None, expected: set[str]
) -> None:
    assert set(candidates(names, target, _loaded())) == expected


def test_a_name_of_an_import_is_the_module_that_another_has_at_hand_under_it() -> None:
    assert resolved("helper.package", _loaded()) == "app"
    assert resolved("helper.limit", _loaded()) == "helper.limit"


def test_any_module_below_a_package_may_be_meant() -> None:
    assert meant("app.*", _loaded()) == {"app.sub", "app.sub.deep", "app.own"}
    assert meant("app.extra", _loaded()) == set()


def test_the_packages_at_hand_are_known_by_their_own_names() -> None:
    assert packages("helper", _loaded()) == {"app"}
