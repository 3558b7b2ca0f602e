"""Imports made for all: what is told of them, and a refusal by whatever the refused module has done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_monorepo
from pytest_monorepo.worker.preload import importing
from tests.patience import MINUTES

PROGRAM = """
import json, os, sys
output = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
said, dumps = os.dup(1), json.dumps
sys.path.insert(0, sys.argv[2])
from pytest_monorepo.worker.process.leaving import Refused
from pytest_monorepo.worker.preload import homes, importing
homes.installed = lambda root: (sys.argv[2] + "/",)
os.dup2(output, 1)
os.dup2(output, 2)
before = sys.meta_path, list(sys.meta_path)
try:
    told = importing.import_all(sys.argv[3:], "/nowhere")
    told = [told.tops, told.missing, before[0] is sys.meta_path and before[1] == sys.meta_path]
except Refused as refused:
    told = [refused.module, refused.reason, refused.instead]
os.write(said, dumps(told).encode())
"""


def told(folder: Path, files: dict[str, str], *names: str) -> list[object]:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    command = [sys.executable, "-B", "-c", PROGRAM, str(folder / "out"), str(folder), *names]
    root = Path(pytest_monorepo.__file__).parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=MINUTES)
    assert done.returncode == 0, (folder / "out").read_text() + done.stderr
    found: list[object] = json.loads(done.stdout)
    return found


def test_what_came_and_what_was_looked_for_in_vain(tmp_path: Path) -> None:
    looking = "import row_other\ntry:\n    import row_nowhere.part\nexcept ImportError:\n    pass\n"
    found = told(tmp_path, {"row_looking": looking, "row_other": ""}, "row_looking")
    assert found == [["row_looking", "row_nowhere", "row_other"], ["row_nowhere"], True]


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("metadata.version('pytest')", "pytest.dist-info"),
        ("metadata.Distribution.from_name('Py-Test.Cov')", "py_test_cov.dist-info"),
        ("[*metadata.distributions()]", "*.dist-info"),
        ("metadata.entry_points()", "*.dist-info"),
    ],
)
def test_distributions_that_were_asked_for(tmp_path: Path, text: str, token: str) -> None:
    files = {
        "row_asking": f"from importlib import metadata\ntry:\n    {text}\nexcept ImportError:\n    pass\n"
    }
    _, missing, restored = told(tmp_path, files, "row_asking")
    assert token in missing  # type: ignore[operator]
    assert restored


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("import json\njson.dumps = lambda *a: 'mine'", "json.dumps"),
        ("import sys\nsys.exc_info = print", "sys.exc_info"),
        ("import colorsys\ndef rgb_to_hls(r, g, b): pass\ncolorsys.rgb_to_hls = rgb_to_hls", "colorsys.rgb"),
        ("import json\njson.JSONDecoder.decode = lambda self, s: 1", "json.decoder.JSONDecoder.decode"),
        ("import chunk_of\nchunk_of.cut = len", "chunk_of.cut"),
        ("import chunk_of\ndel chunk_of.Chunk.read", "chunk_of.Chunk.read"),
        ("import chunk_of\nchunk_of.Chunk = dict", "chunk_of.Chunk"),
        ("import json\ndef more(): pass\njson.more = more", "json.more"),
        ("import chunk_of\ndef more(self): pass\nchunk_of.Chunk.more = more", "chunk_of.Chunk.more"),
        ("import chunk_of\nchunk_of.Chunk.more = property(lambda self: 1)", "chunk_of.Chunk.more"),
        ("import functools, json\njson.dumps = functools.wraps(json.dumps)(lambda *a: 1)", "json.dumps"),
        ("import json\nfrom unittest import mock\njson.dumps = mock.Mock()", "json.dumps"),
    ],
)
def test_who_replaces_a_function_of_another_module_is_refused(tmp_path: Path, text: str, what: str) -> None:
    """Known before, or come with it: ``chunk_of`` is installed and imported first."""
    other = "def cut(): pass\nclass Chunk:\n    def read(self): pass\n"
    found = told(tmp_path, {"chunk_of": other, "row_taking": text}, "chunk_of", "row_taking")
    assert found[0] == "row_taking"
    assert str(found[1]).startswith(f"replaces {what}")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("chunk_of.TABLE['a'] = 1", "chunk_of.TABLE"),
        ("chunk_of.KINDS.add('a')", "chunk_of.KINDS"),
        ("chunk_of.register(3)", "chunk_of.ORDER"),
        ("chunk_of.LEVEL = 2", "chunk_of.LEVEL"),
        ("chunk_of.MORE = 2", "chunk_of.MORE"),
        ("chunk_of._TOLD.append(1)", "chunk_of._TOLD"),
        ("chunk_of._COUNTS['a'] += 1", "chunk_of._COUNTS"),
        ("class Own(chunk_of.Base): pass", "chunk_of.Base.known"),
        ("chunk_of.Base._by_name['a'] = 1", "chunk_of.Base._by_name"),
        ("@chunk_of.show.register(int)\ndef _(it): pass", "chunk_of.show.registry"),
    ],
)
def test_who_fills_a_table_of_another_package_is_refused(tmp_path: Path, text: str, what: str) -> None:
    """Who imports the other one first, and looks, finds it as it is without this one."""
    other = "import collections, functools\nTABLE, KINDS, ORDER, LEVEL = {}, set(), [], 1\n"
    other += "_TOLD, _COUNTS = [], collections.defaultdict(int)\ndef register(one): ORDER.append(one)\n"
    other += "class Base:\n    known, _by_name = [], {}\n"
    other += "    def __init_subclass__(cls): Base.known.append(cls)\n"
    other += "@functools.singledispatch\ndef show(it): pass\n"
    files = {"chunk_of": other, "row_filling": f"import chunk_of\n{text}\n"}
    found = told(tmp_path, files, "chunk_of", "row_filling")
    assert found[:2] == ["row_filling", f"changes {what}"]


def test_a_package_fills_its_own_tables(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/__init__.py").write_text("TABLE = {}\n_TOLD = []\n")
    (tmp_path / "own/more.py").write_text("import own\nown.TABLE['more'] = 1\nown._TOLD.append(1)\n")
    assert told(tmp_path, {}, "own", "own.more") == [["own"], [], True]


@pytest.mark.parametrize("text", ["numpy.random.seed(4)", "VALUE = numpy.random.rand()"])
def test_who_seeds_or_draws_numpy_numbers_is_refused(tmp_path: Path, text: str) -> None:
    """Each worker seeds them anew, which is right for numpy as it leaves them itself."""
    pytest.importorskip("numpy")
    found = told(tmp_path, {"row_seeding": f"import numpy\n{text}\n"}, "row_seeding")
    assert found[:2] == ["row_seeding", "changes the state of numpy's random numbers"]


def test_who_uses_others_is_not(tmp_path: Path) -> None:
    text = "import json, chunk_of, functools\nfrom chunk_of import cut\nchunk_of.more = len\n"
    text += "class Mine(json.JSONDecoder):\n    def decode(self, s): pass\n"
    text += "OTHER = functools.wraps(cut)(lambda: 1)\nFLAGS = chunk_of.Flags.A | chunk_of.Flags.B\n"
    text += "class Child(chunk_of.Base): pass\n"
    text += "@functools.singledispatch\ndef show(it): pass\nshow.register(int, cut)\n"
    other = "import enum\ndef cut(): pass\nclass Flags(enum.Flag):\n    A, B = 1, 2\n"
    files = {"chunk_of": f"{other}class Base:\n    known = []\n", "row_using": text}
    assert told(tmp_path, files, "chunk_of", "row_using")[0] == ["chunk_of", "row_using"]


@pytest.mark.parametrize(
    "text",
    [
        "sys.meta_path = sys.meta_path[:-1]",
        "sys.meta_path = [type('Around', (), dict(find_spec=one.find_spec)) for one in sys.meta_path]",
        "sys.meta_path.clear()",
        "sys.meta_path = ()",
        "del sys.meta_path[-1]",
    ],
)
def test_who_puts_other_finders_in_the_place_of_all_is_refused(tmp_path: Path, text: str) -> None:
    files = {"row_first": "", "row_finders": f"import sys\nimport row_first\n{text}\n"}
    found = told(tmp_path, files, "row_finders")
    assert found == ["row_finders", "changes sys.meta_path", ["row_first"]]


def test_what_cannot_be_looked_at_any_more_is_refused(tmp_path: Path) -> None:
    found = told(tmp_path, {"row_none": "import sys\nsys.path_hooks = None\n"}, "row_none")
    assert found[0] == "row_none"
    assert str(found[1]).startswith("leaves what cannot be looked at (TypeError")


def test_what_stands_for_something_else_is_not_asked_for_its_class(tmp_path: Path) -> None:
    lazy = "class Lazy:\n    def __getattribute__(self, name):\n        raise RuntimeError(name)\n"
    text = f"from os import getpid\n{lazy}ONE = Lazy()\nclass Holder:\n    one = ONE\n"
    assert told(tmp_path, {"row_lazy": text}, "row_lazy") == [["row_lazy"], [], True]


def test_no_distributions_are_an_iterator() -> None:
    assert next(importing._Distributions().find_distributions(None), None) is None, "as Python 3.8 asks"
