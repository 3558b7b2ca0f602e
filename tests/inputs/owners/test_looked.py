"""Which modules a source asks for by name; in doubt it may see any."""

from __future__ import annotations

import sys

import pytest

from pytest_monorepo.inputs.owners.looked import looked_at


@pytest.mark.skipif(sys.version_info < (3, 10), reason="which modules are the library's is not known")
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import sys\nsys.path", set()),
        ("self.modules['a']  # no sys", set()),
        ("import sys\nsys.modules['a.b']", {"a.b"}),
        ("import sys\n'a' in sys.modules", {"a"}),
        ("import sys\n'a' not in sys.modules and sys.modules.get('b')", {"a", "b"}),
        ("import sys\nsys.modules.pop('a', None)", {"a"}),
        ("import sys\ndel sys.modules['a']", {"a"}),
        ("import sys\nsys.modules['a'] = sys.modules['b']", {"a", "b"}),
        ("import sys\nsys.modules[__name__]", set()),
        ("import sys\ndef test(monkeypatch): monkeypatch.setitem(sys.modules, 'a', 1)", {"a"}),
        ("import sys as s\ns.modules['a']", {"a"}),
        ("import a\na.sys.modules['b']", {"b"}),
        ("import sys\nsys.modules[name]", None),
        ("import sys\nsys.modules['json']", None),
        ("import sys\n'json.tool' in sys.modules", None),
        ("import sys\nsys.modules", None),
        ("import sys\nfor name in sys.modules: pass", None),
        ("import sys\nsys.modules.get(name)", None),
        ("import sys\nsys.modules['a'], list(sys.modules)", None),
        ("import sys\ngetattr(sys, 'modules')['a']", None),
        ("import sys\nvars(sys)['modules']", None),
        ("import sys\nsys.modules['a']\nexec('from sys import modules')", None),
        ("from sys import modules", None),
        ("from sys import *\nmodules['a']", None),
        ("from unittest.mock import patch\npatch.dict('sys.modules', {'a': 1})", None),
        ("import sys\nalias = sys\nalias.modules", None),
        ("class A: pass\nA.__subclasses__()", None),
        ("import sys, modules\nthis is no Python", None),
    ],
)
def test_which_modules_a_source_looks_for_in_the_table_of_all(source: str, expected: set[str] | None) -> None:
    assert looked_at(source) == expected
