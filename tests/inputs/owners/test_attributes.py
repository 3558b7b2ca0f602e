"""What a source names below the packages that it has at hand."""

from __future__ import annotations

import pytest

from pytest_monorepo.inputs.owners.attributes import named


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import app", {"app": set()}),
        ("import app\napp.extra.value", {"app": {"extra.value"}}),
        ("import app as a\na.extra", {"app": {"extra"}}),
        ("from app import sub\nsub.deep()", {"app.sub": {"deep"}}),
        ("from app import *", {"app": {""}}),
        ("from app.sub import *\nfrom app import sub", {"app.sub": {""}}),
        ("import app\nf(app)", {"app": {""}}),
        ("import app\nfiles(app)\nfiles(app, 1)", {"app": {""}}),
        ("from importlib.resources import files\nimport app\nfiles(app)", {"app": set()}),
        ("import app\nhasattr(app, 'extra')", {"app": {"extra"}}),
        ("import app\ngetattr(app.sub, 'extra', None)", {"app": {"sub.extra"}}),
        ("import app\ngetattr(app, name)", {"app": {""}}),
        ("import app\nmonkeypatch.setattr(app, 'extra', app.other)", {"app": {"extra", "other"}}),
        ("import app\nmock.patch.object(app, 'extra', new=app.other)", {"app": {"extra", "other"}}),
        ("__import__('app.one').one.value", {"app": {"one.value"}}),
        ("__import__('app.one')", {"app": {""}}),
        ("importlib.import_module('app.one').value", {"app.one": {"value"}}),
        ("importlib.import_module(name)", None),
        ("__import__('app', fromlist=['one'])", None),
        ("import_module('.one', 'app')", None),
        ("sys.modules['app'].extra", {"app": {"extra"}}),
        ("sys.modules.get('app')", {"app": {""}}),
        ("'app' in sys.modules", {}),
        ("import app\neval('app.extra')", None),
        ("import app\nf.__globals__['app'].extra", None),
        ("import pkgutil\npkgutil.resolve_name('app').extra", None),
        ("this is no Python", None),
    ],
)
def test_what_is_named_below_a_package(source: str, expected: dict[str, set[str]] | None) -> None:
    found = named(source, "")
    wanted = {name: set[str]() for name in ("importlib.resources.files",)} | (expected or {})
    assert (None if found is None else {**wanted, **found}) == (None if expected is None else wanted)
