"""Modules that are imported between two installed ones: one sets something, the other one takes it back."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.run.space import Space
from tests.sampling import Part

from .test_left_behind import failed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone"),
]

INI = "[tool.pytest.ini_options]\npythonpath = ['.', 'site-packages']\n"
CHAIN = "import lib_on\nimport app\nimport lib_off\ndef test(): pass\n"
SEEN = "import app\ndef test(): assert not app.found\n"
LATE = "def test():\n    import app\n    assert not app.found\n"
THIRD = ("import third\nthird.value = 1", "import third\nthird.value = 0")
ASKS_THIRD = "import third\nfound = third.value"
FILES = {
    "site-packages/third.py": """
import threading
value, items, options, local = 0, [], {}, threading.local()
class Thing:
    value = 0
""",
    "site-packages/takes.py": ASKS_THIRD,
    "between.py": "import lib_on, app, lib_off",
    "box.py": "value = 0",
    "deep.py": ASKS_THIRD,
    "tests/conftest.py": "import pytest\n@pytest.fixture(scope='session')\ndef shared(): import between\n",
}
# what the installed modules do, what app.py asks for
WAYS = {
    "library": (
        "import json\njson.zz = 1",
        "import json\ndel json.zz",
        "import json\nfound = hasattr(json, 'zz')",
    ),
    "class-of-the-library": (
        "import json\njson.JSONEncoder.zz = 1",
        "import json\ndel json.JSONEncoder.zz",
        "import json\nfound = hasattr(json.JSONEncoder, 'zz')",
    ),
    "installed": (*THIRD, ASKS_THIRD),
    "list": (
        "import third\nthird.items.append(1)",
        "import third\nthird.items.clear()",
        "import third\nfound = len(third.items)",
    ),
    "options": (
        "import third\nthird.options['a'] = 1",
        "import third\nthird.options.clear()",
        "import third\nfound = len(third.options)",
    ),
    "class": (
        "import third\nthird.Thing.value = 1",
        "import third\nthird.Thing.value = 0",
        "import third\nfound = third.Thing.value",
    ),
    "of-a-thread": (
        "import third\nthird.local.value = 1",
        "import third\ndel third.local.value",
        "import third\nfound = hasattr(third.local, 'value')",
    ),
    "of-its-own": (
        "import third, lib_own\nlib_own.value = 1",
        "import lib_own\nlib_own.value = 0",
        "import lib_own\nfound = lib_own.value",
    ),
    "of-the-workspace": (
        "import box\nbox.value = 1",
        "import box\nbox.value = 0",
        "import box\nfound = box.value",
    ),
    "builtin": (
        "import builtins\nbuiltins.zz = 1",
        "import builtins\ndel builtins.zz",
        "import builtins\nfound = hasattr(builtins, 'zz')",
    ),
    "locale": (
        "import locale\nlocale.setlocale(locale.LC_ALL, 'C.UTF-8')",
        "import locale\nlocale.setlocale(locale.LC_ALL, 'C')",
        "import locale\nfound = locale.setlocale(locale.LC_NUMERIC) != 'C'",
    ),
    "level": (
        "import logging\nlogging.getLogger('z').setLevel(10)",
        "import logging\nlogging.getLogger('z').setLevel(0)",
        "import logging\nfound = logging.getLogger('z').isEnabledFor(10)",
    ),
    "deep": (*THIRD, "import deep\nfound = deep.found"),
    "by-another-installed-one": (*THIRD, "import takes\nfound = takes.found"),
}
# what test_a comes to do, what test_b asks for
PLACES = {
    "module": ("import between\ndef test(): pass\n", SEEN),
    "test": ("def test():\n    import lib_on, app, lib_off\n", LATE),
    "fixture": ("import pytest\n@pytest.fixture\ndef mine(): import between\ndef test(mine): pass\n", LATE),
    "shared-fixture": ("def test(shared): pass\n", LATE),
    "of-one-package": ("import lib.on\nimport app\nimport lib.off\ndef test(): pass\n", SEEN),
    "installed-between": ("import lib_on, takes, lib_off\ndef test(): pass\n", SEEN.replace("app", "takes")),
    "of-the-library-between": (
        "import lib_text\nimport http.cookies\nimport lib_back\ndef test(): pass\n",
        "import http.cookies\ndef test(): assert len(http.cookies._LegalChars) > 30\n",
    ),
}
TEXT = {
    "site-packages/lib_own.py": "value = 0",
    "site-packages/lib_text.py": "import string\nkept = string.ascii_letters\nstring.ascii_letters = ''\n",
    "site-packages/lib_back.py": "import string, lib_text\nstring.ascii_letters = lib_text.kept\n",
    "site-packages/lib/__init__.py": "",
    "site-packages/lib/on.py": THIRD[0],
    "site-packages/lib/off.py": THIRD[1],
}


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_what_is_imported_in_between_is_seen_by_who_imports_it_later(
    tmp_path: Path, start: str, part: Part
) -> None:
    space = Space(tmp_path / "space")
    rows = {f"way-{name}": (CHAIN, SEEN, *way) for name, way in WAYS.items()}
    rows |= {f"place-{name}": (*place, *THIRD, ASKS_THIRD) for name, place in PLACES.items()}
    rows = {name: rows[name] for name in part([*rows], 3)}
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    for name, (_, seen, on, off, app) in rows.items():
        of_row = {"site-packages/lib_on.py": on, "site-packages/lib_off.py": off, "app.py": app}
        tests = {"tests/test_a.py": "def test(): pass\n", "tests/test_b.py": seen, "pyproject.toml": INI}
        space.write({f"p/{name}/{path}": text for path, text in {**FILES, **TEXT, **of_row, **tests}.items()})
    words = ("--cached", "--workers=1", f"--monorepo-start={start}")
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run(*words).code == 0
        assert f"{2 * len(rows)} cached" in space.run(*words).out
        space.write({f"p/{name}/tests/test_a.py": row[0] for name, row in rows.items()})
        run = space.run(*words, "-rf", "--cached-explain")
    assert failed(run.out) == set(rows), run.out


def test_what_libraries_set_for_good_ties_no_files(tmp_path: Path) -> None:
    space = Space(tmp_path / "space")
    sets = "import third\nthird.options['{0}'] = 1\nthird.items.append('{0}')\nthird.Thing.{0} = 1\n"
    space.write({f"p/site-packages/{name}.py": sets.format(name) for name in ("one", "two")})
    space.write({"p/site-packages/third.py": FILES["site-packages/third.py"], "p/app.py": "value = 1"})
    chain = "import one\nimport app\nimport two\ndef test(): pass\n"
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n", "p/pyproject.toml": INI})
    space.write({"p/tests/test_a.py": chain, "p/tests/test_b.py": "import app\ndef test(): pass\n"})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run("--cached", "--workers=1").code == 0
        space.write({"p/tests/test_a.py": chain.replace("pass", "...")})
        assert "1 cached" in space.run("--cached", "--workers=1").lines[-1]
