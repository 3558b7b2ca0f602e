"""Modules that the fork server imports once for several projects, in whole runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .space import Run, Space

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is shared without forking")

# what takes some milliseconds, as imports do that are worth sharing; who asks a clock imports for itself
BURN = "sum(range(1_000_000))\n"
# a number tells who made the import: one process for all, or each for itself; nobody hears of os.urandom by
# the name of the module that it comes from
CLOCK = "import posix\n\nWHEN = int.from_bytes(posix.urandom(6), 'big')\n"
# pydantic asks for all distributions, which looks at sys.path; ours do in the server
ASKING = "from importlib import metadata\nassert [*metadata.distributions()]\n"
QUICK = f"{BURN}{ASKING}{CLOCK}try:\n    import optional\nexcept ImportError:\n    pass\n"
THREADED = f"{BURN}import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
TEST = """import quick, threaded

def test_it():
    with open({log!r}, "a") as log:
        log.write(f"{name} {{quick.WHEN}}\\n")
"""
# what names a hook of ours is run in the controller
LOOKING = """from pytest_monorepo.run.control.crew import sharing
sharing.PATIENCE = float(open({patience!r}).read())

def begin(self, usual=sharing.Sharing.begin):
    with open({ahead!r}, "w") as stream:
        stream.write(repr([modules for _, modules in self.pool._sharing]))
    usual(self)

sharing.Sharing.begin = begin
"""
# whose text replaces something imports for itself
CONFTEST = "import shop_looking\ndef pytest_monorepo_project_start(): pass\n"


class Shop:
    """Projects that import ``quick``, which lies outside of the workspace."""

    def __init__(self, space: Space, site: Path) -> None:
        self.space, self.log, self.ahead = space, site / "log", site / "ahead"
        self.patience = site / "patience"
        self.patience.write_text("120")
        (site / "quick.py").write_text(QUICK)
        (site / "threaded.py").write_text(THREADED)
        self.names: list[str] = []
        looking = LOOKING.format(patience=str(self.patience), ahead=str(self.ahead))
        (site / "shop_looking.py").write_text(looking)
        space.write({"conftest.py": CONFTEST})
        self.preload('["quick", "threaded"]')

    def projects(self, names: str) -> None:
        """One for each letter, all alike."""
        self.names = [*names]
        self.space.projects({name: TEST.format(log=str(self.log), name=name) for name in names})

    def preload(self, value: str) -> None:
        self.space.write({"pyproject.toml": f"[tool.pytest-monorepo]\npreload = {value}\n"})

    def run(self, *args: str) -> Run:
        self.log.write_text("")
        return self.space.run(*args)

    @property
    def times(self) -> dict[str, str]:
        return dict(line.split() for line in self.log.read_text().splitlines())


@pytest.fixture
def shop(space: Space, tmp_path: Path) -> Iterator[Shop]:
    site = tmp_path / "site"
    site.mkdir()
    repository = str(Path(__file__).parents[2])
    with space.environment(PYTHONPATH=os.pathsep.join((repository, str(site)))):
        yield Shop(space, site)


def test_one_import_serves_all_that_it_is_the_same_for(shop: Shop) -> None:
    shop.projects("abcdefghi")
    shop.space.write(
        {
            "b/tests/conftest.py": "import sys\nLOADED = 'quick' in sys.modules\n",
            "c/quick.py": QUICK,
            "d/optional.py": "",
            "e/tests/test_more.py": TEST.format(log=str(shop.log), name="e2"),
            "f/pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-p no:doctest'\n",
            "i/tests/optional/data.json": "",
            "g/tests/test_main.py": f"import quick as q\n{TEST.format(log=str(shop.log), name='g')}",
        }
    )
    first = shop.run("-v")
    assert first.code == 0, first.out
    assert len(set(shop.times.values())) == len({*shop.times} - {"e2"}), "each for itself, until it is known"
    first.has("not for a: no run of it has shown what it imports")
    second = shop.run("-v")
    assert second.code == 0, second.out
    assert second.words == first.words
    times = shop.times
    assert times["a"] == times["e"] == times["g"] == times["h"]
    assert len({times[name] for name in "abcdfi"}) == 6
    second.has(
        "^quick: for a, e, g, h$",
        "^not threaded: ",
        "^not for b: b/tests/conftest.py looks at what is loaded",
        "^not for d: it may have a module optional of its own",
        "^not for f: its options have -p",
        "^not for i: it may have a module optional of its own",
    )
    shop.space.write({"h/tests/test_main.py": f"import json\n{TEST.format(log=str(shop.log), name='h')}"})
    third = shop.run("-v")
    third.has("^not threaded: ", "^not for h: its imports are other ones than in the last run")
    assert shop.times["a"] == shop.times["g"] != shop.times["h"]


def test_whose_path_leads_to_other_files_or_who_comes_before_imports_for_itself(shop: Shop) -> None:
    shop.projects("abcdef")
    inserting = "import sys\nsys.path.insert(0, __file__.rpartition('/b/')[0] + '/loose')\n"
    shop.space.write(
        {
            "loose/optional.py": "",
            "a/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['../loose']\n",
            "b/tests/conftest.py": inserting,
            "c/tests/conftest.py": "import json\njson.other = 1\n",
            "d/tests/conftest.py": "# psutil\n",
        }
    )
    first = shop.run("-v")
    assert first.code == 0, first.out
    second = shop.run("-v")
    assert second.code == 0, second.out
    assert len({shop.times[name] for name in "abcde"}) == 5
    assert len({shop.times[name] for name in "ef"}) == 1
    second.has(
        "^not for a: it may have a module optional of its own",
        "^not for b: it may have a module optional of its own",
        "^not for c: c/tests/conftest.py may replace what an import takes",
        "^not for d: d/tests/conftest.py asks how much memory its process has",
    )


def test_what_tests_import_is_not_there_before_them(shop: Shop) -> None:
    """The tests before would find what it registers, sets or replaces."""
    shop.projects("abcd")
    late = TEST.replace("import quick, threaded\n", "import sys, json\n").replace(
        "    with", "    import quick\n    with"
    )
    early = "def test_before():\n    assert not hasattr(json, '_quick')\n"
    for name in "ab":
        text = early + late.format(log=str(shop.log), name=name)
        shop.space.write({f"{name}/tests/test_main.py": "import json\n" + text})
    quick = shop.log.parent / "quick.py"
    quick.write_text(f"{QUICK}import json\njson._quick = 1\n")
    for _ in range(2):
        done = shop.run()
        assert done.code == 0, done.out
    assert shop.times["a"] != shop.times["b"]
    assert len({shop.times[name] for name in "cd"}) == 1


@pytest.mark.slow
def test_who_may_write_a_module_or_find_one_of_a_package_imports_for_itself(shop: Shop) -> None:
    """What it writes is in no list of files, and nobody has it on disk before."""
    shop.projects("abcde")
    here = "import os, pathlib, shutil\nHERE = pathlib.Path(__file__).parent\n"
    tidy = "def pytest_unconfigure():\n    {undo}\n"
    shop.space.write(
        {
            "a/tests/conftest.py": f"{here}FILE = HERE / 'optional.py'\nFILE.write_text('')\n"
            + tidy.format(undo="FILE.unlink()"),
            "b/tests/conftest.py": f"{here}for name in ['opt' + 'ional']: FILE = HERE / f'{{name}}.py'\n"
            "FILE.write_text('')\n" + tidy.format(undo="FILE.unlink()"),
            "c/tests/conftest.py": f"{here}os.mkdir(HERE / 'optional')\n"
            + tidy.format(undo="os.rmdir(HERE / 'optional')"),
            "deep/j/pyproject.toml": "[project]\nname = 'j'\n",
            "deep/package/__init__.py": "",
            "deep/package/optional.py": "",
            "deep/j/tests/conftest.py": f"{here}import sys\nsys.path.insert(0, f'{{HERE}}/../../package')\n",
            "deep/j/tests/test_main.py": TEST.format(log=str(shop.log), name="j"),
        }
    )
    assert shop.run("-v").code == 0
    second = shop.run("-v")
    assert second.code == 0, second.out
    assert len({shop.times[name] for name in "abcjd"}) == 5
    assert len({shop.times[name] for name in "de"}) == 1
    second.has(
        "^not for a: it may have a module optional of its own",
        "^not for b: b/tests/conftest.py writes modules of any name",
        "^not for c: it may have a module optional of its own",
        "^not for deep/j: it may have a module optional of its own",
    )


@pytest.mark.slow
def test_who_would_import_the_same_at_the_same_time_waits_for_it(shop: Shop) -> None:
    shop.projects("abcd")
    shop.run()
    shop.run()
    shop.patience.write_text("0")
    run = shop.run()
    assert run.code == 0, run.out
    assert shop.times.keys() == set(shop.names)
    assert len(set(shop.times.values())) == 1, "since the last run has shown that it can be shared"
    assert shop.ahead.read_text() == "[('quick',)]", "begun with at once, by the same command"
    shop.run("-v")
    assert shop.ahead.read_text() == "[]"
    assert len(set(shop.times.values())) == 1


@pytest.mark.slow
def test_what_was_imported_in_the_last_run_and_is_not_wanted_serves_nobody(shop: Shop) -> None:
    shop.projects("abc")
    shop.run()
    shop.run()
    shop.preload('"off"')
    for asked in ("[('quick',)]", "[]"):
        run = shop.run()
        assert run.code == 0, run.out
        assert len(set(shop.times.values())) == len(shop.names)
        assert shop.ahead.read_text() == asked


@pytest.mark.parametrize("words", [["a", "b", "c/tests/test_main.py"], ["--cached"]])
def test_a_run_of_a_part_or_that_is_traced_shares_nothing_there(shop: Shop, words: list[str]) -> None:
    shop.projects("abc")
    shop.run()
    run = shop.run(*words)
    assert run.code == 0, run.out
    if words[0] == "a":
        assert shop.times["a"] == shop.times["b"] != shop.times["c"]
    else:
        assert len(set(shop.times.values())) == len(shop.times)


def test_a_module_that_ends_the_server_is_imported_by_each(shop: Shop, tmp_path: Path) -> None:
    shop.projects("abc")
    shop.run()
    # only the server is not in the folder of a project
    ending = (
        f"import os\nif os.getcwd()[-2:] not in {[f'/{name}' for name in shop.names]}:\n    os._exit(3)\n"
    )
    (tmp_path / "site/quick.py").write_text(ending + QUICK)
    run = shop.run("-v")
    assert run.code == 0, run.out
    assert len(set(shop.times.values())) == len(shop.names)
