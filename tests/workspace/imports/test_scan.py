"""What one file imports: every spelling, and the sieve against the exact scan."""

from __future__ import annotations

import contextlib
import random
import sysconfig
from pathlib import Path

import pytest

from pytest_monorepo.workspace.imports.one_file.found import NAMED_SCRIPT, Import
from pytest_monorepo.workspace.imports.one_file.lookalikes import Tangled, _Reader
from pytest_monorepo.workspace.imports.one_file.scan import scan, scan_text
from pytest_monorepo.workspace.imports.one_file.sieve import sieve

SPELLINGS = {
    "plain": ("import core\n", {"core"}),
    "dotted": ("import core.db.models\n", {"core.db.models"}),
    "several": ("import core, ml.linear as m, mq\n", {"core", "ml.linear", "mq"}),
    "from": ("from core import db, x as y\n", {"core.db", "core.x"}),
    "star": ("from core.db import *\n", {"core.db"}),
    "parenthesised": ("from core import (\n    db,  # (see below)\n    x as y,\n)\n", {"core.db", "core.x"}),
    "no spaces": ("from core import(db)\nfrom.near import*\n", {"core.db", ".near"}),
    "spaces around dots": ("import core . db\nfrom core . db import x\n", {"core.db", "core.db.x"}),
    "tabs and form feeds": ("import\tcore\n\x0cimport\x0cml\nfrom\tmq\timport\tx\n", {"core", "ml", "mq.x"}),
    "backslash": (
        "import \\\n    core\nfrom ml \\\n    import \\\n    a, \\\n    b\nfrom \\\n  mq import c\n",
        {"core", "ml.a", "ml.b", "mq.c"},
    ),
    "backslash inside a name": ("import core.\\\n  db\n", {"core.db"}),
    "semicolons": ("x = 1; import core; from ml import a; y = 2\n", {"core", "ml.a"}),
    "after a colon": ("if x: import core\nelse: from ml import a\n", {"core", "ml.a"}),
    "try": ("try:\n    import core\nexcept ImportError:\n    core = None\n", {"core"}),
    "handler, else, finally": (
        "try:\n    pass\nexcept E:\n    import a\nelse:\n    import b\nfinally:\n    import c\n",
        {"a", "b", "c"},
    ),
    "function": ("def f():\n    from core import db\n", {"core.db"}),
    "async": ("async def f():\n    async with x:\n        import core\n", {"core"}),
    "class": ("class A:\n    import core\n", {"core"}),
    "loops and with": (
        "for i in x:\n    import a\nelse:\n    import b\nwhile x:\n    import c\nwith x:\n    import d\n",
        {"a", "b", "c", "d"},
    ),
    "match": ("match x:\n    case 1:\n        import core\n", {"core"}),
    "relative": (
        "from . import a\nfrom .b import c\nfrom ... import d\nfrom . . e import f\n",
        {".a", ".b.c", "...d", "..e.f"},
    ),
    "carriage returns": ("import core\rfrom ml import a\r\nimport mq\r\n", {"core", "ml.a", "mq"}),
    "byte order mark": ("\ufeffimport core\n", {"core"}),
    "not ascii": ("import größe\nfrom ﬁle import x\n", {"größe", "file.x"}),
    "yield from": ("def f():\n    yield from core\n    import ml\n", {"ml"}),
    "raise from": ("def f():\n    raise A from B\nimport core\n", {"core"}),
    "import_module": ('import_module("core.db")\nimportlib.import_module(name="ml")\n', {"core.db", "ml"}),
    "import_module renamed": (
        'load("core")\nfrom importlib import import_module as load\n',
        {"core", "importlib.import_module"},
    ),
    "import_module relative": (
        'import_module(".db", "core.sub")\nimport_module("..x", package="a.b")\n',
        {"core.sub.db", "a.x"},
    ),
    "import_module next to the file": ('import_module(".db", __package__)\n', {".db"}),
    "import_module, known start": (
        'import_module(f"core.plugins.{x}")\nimport_module("ml." + x)\n',
        {"core.plugins", "ml"},
    ),
    "import_module, either": ('import_module("core" if x else "ml")\n', {"core", "ml"}),
    "import_module, joined": ('import_module("co" "re")\n', {"core"}),
    "__import__": ('__import__("core")\n__import__("acme", fromlist=["db"])\n', {"core", "acme", "acme.db"}),
    "importorskip": ('core = pytest.importorskip("core", reason="import ml")\n', {"core"}),
    "resources": (
        'import importlib.resources\nimportlib.resources.files("core.data")\n',
        {"core.data", "importlib.resources"},
    ),
    "resources renamed": (
        "import importlib_resources as a\nfrom importlib import resources as b\n"
        'from importlib.resources import files as c\na.files("one"), b.path("two", "x"), c(anchor="three")\n',
        {"importlib_resources", "importlib.resources", "importlib.resources.files", "one", "two", "three"},
    ),
    "get_data": (
        'import pkgutil\npkgutil.get_data("core", "x.json")\nself.get_data("y")\n',
        {"core", "pkgutil"},
    ),
    "own resources": (
        'from importlib import resources\nresources.files(__package__)\nx = "core.db"\n',
        {"importlib.resources"},
    ),
    "run_path": (
        'runpy.run_path("../core/run.py")\nrun_path(path_name="x\\\\y.py")\n',
        {"path:../core/run.py", "path:x/y.py"},
    ),
    "run_module": ('runpy.run_module("core.tool")\n', {"core.tool", "core.tool.__main__"}),
    "find_spec": ('if importlib.util.find_spec("core"):\n    pass\n', {"core"}),
    "pytest_plugins": ('pytest_plugins = "core.fixtures"\n', {"core.fixtures"}),
    "pytest_plugins, list": (
        'pytest_plugins: list[str] = ["core.fixtures", "ml"]\n'
        'pytest_plugins += ("mq.x",)\npytest_plugins.append("a.b")\n',
        {"core.fixtures", "ml", "mq.x", "a.b"},
    ),
    "patch": (
        '@patch("core.db.connect")\n@mock.patch(\n    # why\n    "ml.fit"\n)\ndef f(): ...\n'
        'mocker.patch(target="mq.send")\npatch.dict("a.b.c", {})\nmonkeypatch.setattr("d.e", 1)\n',
        {"core.db.connect", "ml.fit", "mq.send", "a.b.c", "d.e"},
    ),
    "python -m": (
        'run([sys.executable, "-m", "core.tool", "--x"])\ncall(python, "-m", "ml")\n',
        {"core.tool", "ml"},
    ),
    "python -c": ('run([sys.executable, "-c", "import core; print(1)"])\n', {"core"}),
    "entry point string": ('import_string("core.app:main")\n', {"core.app"}),
}

HARMLESS = {
    "comment": "# import core\nx = 1  # from core import db\n",
    "string": "x = \"import core\"\ny = 'from core import x'\n",
    "docstring": '"""Use it::\n\n    import core\n    from core import db\n"""\n',
    "line inside a string": 'x = """\nimport core\n"""\n',
    "type checking": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import core\n",
    "typing.type checking": "import typing\nif typing.TYPE_CHECKING:\n    from core import x\n",
    "nested type checking": "class A:\n    if TYPE_CHECKING:\n        import core\n",
    "not in else": "from t import TYPE_CHECKING\nif not TYPE_CHECKING:\n    pass\nelse:\n    import core\n",
    "type checking and": "from t import TYPE_CHECKING\nif TYPE_CHECKING and x:\n    import core\n",
    "never": "if False:\n    import core\nif 0:\n    import core\n",
    "unknown string": "import importlib\nimportlib.import_module(core)\n",
    "other call": 'import_module("a")\nprint("core")\nd = {"core": 1}\n',
    "attribute": "x.import_ = core\nimportant = core\nreimport = core\n",
    "doctest": '"""\n>>> import core\n"""\n',
    "the marker of a test": 'pytest.main(["-m", "not core"])\n',
}

AT_RUN_TIME = {
    "not": "if not TYPE_CHECKING:\n    import core\n",
    "else": "if TYPE_CHECKING:\n    pass\nelse:\n    import core\n",
    "elif": "if TYPE_CHECKING:\n    pass\nelif x:\n    import core\n",
    "or": "if TYPE_CHECKING or x:\n    import core\n",
    "set": "TYPE_CHECKING = True\nif TYPE_CHECKING:\n    import core\n",
    "other name": "if CHECKING:\n    import core\n",
}


def modules(source: str | bytes) -> set[str]:
    data = source if isinstance(source, bytes) else source.encode()
    return {found.module for found in scan(data).imports if found.kind == "code"}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_seen_by_both(spelling: str) -> None:
    source, expected = SPELLINGS[spelling]
    # the path of a script stands there as one that is named, too
    assert {name for name in modules(source) if not name.startswith(NAMED_SCRIPT)} == expected
    assert set(sieve(source.encode())) >= modules(source)


@pytest.mark.parametrize("case", HARMLESS)
def test_what_looks_like_an_import_is_none(case: str) -> None:
    assert not {module for module in modules(HARMLESS[case]) if module.startswith("core")}


@pytest.mark.parametrize("case", AT_RUN_TIME)
def test_what_runs_beside_type_checking_counts(case: str) -> None:
    assert "core" in modules(AT_RUN_TIME[case])
    assert "core" in sieve(AT_RUN_TIME[case].encode())


def test_lines_are_those_of_the_names() -> None:
    source = b"import os\n\nfrom core import (\n    a,\n    b,\n)\nx = import_module('ml')\n"
    assert scan(source).imports == (
        Import("os", 1),
        Import("core.a", 4),
        Import("core.b", 5),
        Import("ml", 7),
    )


def test_the_coding_cookie_is_obeyed() -> None:
    latin = "# -*- coding: latin-1 -*-\nimport größe\n".encode("latin-1")
    assert modules(latin) == {"größe"}
    assert "größe" in sieve(latin)


@pytest.mark.parametrize(
    "source",
    [
        b"import core\nprint 'two'\n",
        b"import core\nx = (\n",
        b"import core\0\n",
        b"import core\n\xff\xfe = 1\n",
        b"# coding: nonsense\nimport core\n",
        b"import core\nx = " + b"(" * 5000,
    ],
    ids=["python 2", "unclosed", "null byte", "not utf-8", "unknown coding", "too deep"],
)
def test_what_cannot_be_parsed_is_read_by_the_sieve(source: bytes) -> None:
    found = scan(source)
    assert not found.parsed
    assert ("core", source[: source.index(b"core")].count(b"\n") + 1) in {
        (one.module, one.line) for one in found.imports
    }
    assert "core" in sieve(source)


def test_what_cannot_be_parsed_keeps_its_strings() -> None:
    source = b"print 'x'\nimport_module('core.db')\n"
    assert "core.db" in {found.module for found in scan(source).imports}
    assert "core.db" in sieve(source)


def test_a_warning_of_the_source_is_no_error(recwarn: pytest.WarningsRecorder) -> None:
    assert modules("import core\nx = '\\d'\n") == {"core"}
    assert not recwarn.list


def test_names_in_a_loop_over_modules_are_guessed() -> None:
    source = b"for name in ('core.plugins', 'word'):\n    import_module(name)\n"
    assert Import("core.plugins", 1, "guess") in scan(source).imports
    assert "core.plugins" in sieve(source)


def test_doctests_are_told_apart() -> None:
    source = b'"""Use it.\n\n>>> from core import x\n>>> for y in x:\n...     import ml\n"""\n'
    assert scan(source).imports == (Import("core.x", 3, "doctest"), Import("ml", 5, "doctest"))
    assert set(sieve(source)) >= {"core.x", "ml"}
    assert scan_text(b"Prose says: import nothing.\n\n>>> import core\n").imports == (
        Import("core", 3, "doctest"),
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("'''see from a import (\n'''\nfrom core import x\nf()\n", "core.x"),
        ("# from \\\nimport core\n", "core"),
        ("# taken from x \\\nimport core\n", "core"),
        ("x = 'from '; from core import y\n", "core.y"),
        ("# it came from a from core import b\nimport core\n", "core"),
        ("x = 'import'; import core\n", "core"),
        ("import_x = 1; import core\n", "core"),
    ],
)
def test_prose_does_not_swallow_a_real_import(source: str, expected: str) -> None:
    assert expected in modules(source)
    assert expected in sieve(source.encode())


def test_the_sieve_notes_who_touches_the_import_path() -> None:
    assert "sys.path" in sieve(b"sys.path.insert(0, x)\n")
    assert "sys.path" in sieve(b"def f(monkeypatch):\n    monkeypatch.syspath_prepend(x)\n")
    assert "sys.path" not in sieve(b"os.path.join(x)\n")


LINES = (
    "import {a}",
    "import {a}.{b} as c, {b}",
    "from {a} import {b}",
    "from {a}.{b} import (\n{i}    {a},  # {b})\n{i}    {b} as d,\n{i})",
    "from .{a} import {b}",
    "from .. import {a}; import {b}",
    "x = 'import {a}'; import {b}",
    "'''\nfrom {a} import (\n'''",
    "# import {a} \\",
    "x = f'{{y}} from {a}'",
    "import \\\n  {a}.{b}",
    "importlib.import_module('{a}.{b}')",
    "mock.patch('{a}.{b}')",
    "x = [python, '-m', '{a}']",
    "from {a} \\\n  import {b}, \\\n  {a}",
    "import_module(f'{a}.{{x}}')",
    "y = {{'{a}': 1}}",
)
BLOCKS = (
    "if x:",
    "def f():",
    "try:",
    "class A:",
    "async def g():",
    "if TYPE_CHECKING:",
    "while x:",
    "with x as y:",
)


def random_source(chance: random.Random) -> str:
    lines: list[str] = []
    depth = 0
    for _ in range(chance.randint(1, 25)):
        indent = "    " * depth
        line = chance.choice(LINES).format(a=chance.choice("pqrst"), b=chance.choice("uvwxyz"), i=indent)
        lines.append(indent + line)
        if line.endswith("\\"):
            lines.append(indent + "pass")
        if chance.random() < 0.25 and depth < 4:
            block = chance.choice(BLOCKS)
            lines.append(indent + block)
            depth += 1
            lines.append("    " * depth + "pass")
            if block == "try:":
                lines += [indent + "finally:", "    " * depth + "pass"]
        elif chance.random() < 0.3:
            depth = max(0, depth - 1)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(10))
def test_the_sieve_loses_nothing_of_random_files(seed: int) -> None:
    chance = random.Random(seed)
    parsed = 0
    for _ in range(40):
        source = random_source(chance).encode()
        found = scan(source)
        parsed += found.parsed
        assert {one.module for one in found.imports} <= set(sieve(source)), source.decode()
    assert parsed > 30


@pytest.mark.sampled("part")
@pytest.mark.parametrize("part", range(8))
def test_the_sieve_loses_nothing_of_real_files(part: int) -> None:
    library = Path(sysconfig.get_paths()["stdlib"])
    files = (
        sorted(library.glob("*.py"))[::4]
        + sorted(library.glob("email/*.py"))
        + sorted(library.glob("importlib/*.py"))
    )
    assert len(files) > 40
    for file in files[part::8]:
        source = file.read_bytes()
        found = scan(source)
        assert found.parsed
        assert {one.module for one in found.imports} <= set(sieve(source)), file


TANGLED = {
    "calls taken out": ("# patch\n# value = compute(\n", "#     # step\n", "# )\n"),
    "a banner in a bracket": ("f(  # patch\n", "#", "\n'a.b')\n"),
    "lists in comments of a list": ("from a import (\n", "# from a import (x,\n", ")\n"),
    "a line of from": ("x = '''\n", "from ", "\n'''\n"),
    "a line of imports": ("x = '''\n", "import ", "\n'''\n"),
    "a line of both": ("x = '''\n", "from a import b ", "\n'''\n"),
    "joined lines": ("x = '''\n", "from \\\n", "\n'''\n"),
    "brackets": ("patch", "(", "\n"),
    "brackets and blanks": ("patch", "( ", "\n"),
    "a long blank": ("from a", " ", "import b\n"),
    "dots and blanks": ("from a", " .", "\n"),
    "dots in a string": ("patch('", ".", "')\n"),
    "checking": ("", "TYPE_CHECKING: ", "\n"),
    "doctests": ("'''\n", ">>> from a import (b\n", "'''\n"),
    "quotes": ("patch(", "'", "\n"),
    "loaders": ("import_module(", "('", "\n"),
}


@pytest.mark.parametrize("case", TANGLED)
@pytest.mark.parametrize("broken", [False, True], ids=["whole", "broken"])
def test_what_is_read_grows_as_the_file_does(case: str, broken: bool) -> None:
    """A scan that reads the same again and again would not end here; what it takes is counted below."""
    start, unit, end = TANGLED[case]
    source = (start + unit * 20_000 + end + "!" * broken + "\nimport real\n").encode()
    assert "real" in sieve(source)


@pytest.mark.parametrize("case", TANGLED)
def test_the_bytes_that_statements_take_are_counted(case: str) -> None:
    start, unit, end = TANGLED[case]
    for count in (100, 5000):
        source = (start + unit * count + end).encode()
        reader = _Reader(source, cut=True)
        list(reader.statements())
        assert reader.read <= 2 * len(source)
        reader = _Reader(source)
        with contextlib.suppress(Tangled):
            list(reader.statements())
        # the last one may be as long as the file
        assert reader.read <= 5 * len(source) + 4096


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('f("#", patch(  # why\n    # and how (\n  "a.b"))\n', {"a.b"}),
        ('patch(\n# import x\n  target = # why\n  r"a.b")\n', {"a.b"}),
        ("mock.patch(\\\n('a.b'))\n", {"a.b"}),
        ("setattr(((\n  b'a.b')))\n", {"a.b"}),
        ("from a import (b,  # import this\n  # from x import (\n  c)\n", {"a.b", "a.c"}),
        ("from a \\\n . b \\\n import c, \\\n d\n", {"a.b.c", "a.b.d"}),
        ("from .. import a\nfrom.b import c\nfrom . d import e\n", {"..a", ".b.c", ".d.e"}),
    ],
)
def test_what_stands_between_is_read_over(source: str, expected: set[str]) -> None:
    assert expected <= set(sieve(source.encode() + b"# patch\n"))


def test_a_tangled_file_is_parsed_and_where_it_cannot_be_read_all_the_same() -> None:
    tangled = b"from a import (\n" + b"# from x import (y,\n" * 5000
    assert "a.b" in sieve(tangled + b"b)\nimport c\n")
    found = sieve(tangled + b"b)\nimport c !\n")
    assert {"c"} <= set(found)
