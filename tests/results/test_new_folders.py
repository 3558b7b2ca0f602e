"""A new test file puts its folder on ``sys.path``, and may have another's name: the others run, too.

A new file that nobody collects lets none run.
"""

from __future__ import annotations

import shutil
import sys

import pytest

from tests.run.space import Space, replayed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

PASSES = "def test(): pass\n"
NEEDS = "import util\ndef test(): assert util.right\n"


def test_a_new_test_file_lets_those_run_that_it_can_hide_something_from(space: Space) -> None:
    space.write(
        {
            "libs/name/pytest.ini": "[pytest]\n",
            "libs/known/pytest.ini": "[pytest]\n",
            "libs/helper/pytest.ini": "[pytest]\npythonpath = .\n",
            "libs/name/one/test_a.py": PASSES,
            "libs/name/two/test_b.py": PASSES,
            "libs/helper/util.py": "right = True\n",
            "libs/helper/b/test_b.py": NEEDS,
            "libs/known/one/test_a.py": PASSES,
            "libs/known/one/test_b.py": PASSES,
        }
    )
    words = ("--cached", "--cached-explain", "--workers=1", "--continue-on-collection-errors")
    assert space.run(*words).counts == {"passed": 5}
    space.write(
        {
            # pytest imports one of them under the name of both, and complains
            "libs/name/three/test_a.py": PASSES,
            # collected before the other: its folder comes first
            "libs/helper/a/util.py": "right = False\n",
            "libs/helper/a/test_new.py": PASSES,
            "libs/known/one/test_c.py": PASSES,
        }
    )
    plain = space.run("--no-cached", "--workers=1", "--continue-on-collection-errors")
    run = space.run(*words)
    assert (run.counts, replayed(run)) == (plain.counts, 2), run.out
    assert run.counts == {"passed": 6, "failed": 1, "error": 1}
    run.has(r"^libs/known/one/test_a.py cached", r"^libs/known/one/test_c.py runs")


TAKES = """\
import pytest
class Text(pytest.File):
    def collect(self):
        raise ValueError("taken")
def pytest_collect_file(file_path, parent):
    return Text.from_parent(parent, path=file_path) if file_path.suffix == ".yaml" else None
"""
HEARS = "def pytest_collectstart(collector): pass\n"
HASHLESS = """
import types
def pytest_configure(config):
    config.pluginmanager.register(types.SimpleNamespace(pytest_collect_file=takes))
"""
FOLDERS = "[pytest]\nnorecursedirs = none\n"
LISTED: dict[str, tuple[dict[str, str], list[str]]] = {  # what a project has, and what is new in it
    "nobody": ({"pytest.ini": "[pytest]\n"}, ["NOTES.md", "tests/rows.csv"]),
    "measured": (
        {"pytest.ini": "[pytest]\naddopts = -p pytest_cov --cov=pkg --cov-report=\npythonpath = .\n"},
        ["NOTES.md", "pkg/notes.txt", ".editor"],
    ),
    "folder": ({"pytest.ini": "[pytest]\n"}, ["docs/a/NOTES.md", ".idea/deep/x.py"]),
    "measured-folder": (
        {"pytest.ini": "[pytest]\naddopts = -p pytest_cov --cov=pkg --cov-report=\npythonpath = .\n"},
        ["docs/NOTES.md", "pkg/docs/NOTES.md", ".idea/x.xml"],
    ),
    "hears": (
        {
            "pytest.ini": "[pytest]\naddopts = -p hears\npythonpath = .\n",
            "hears.py": HEARS,
        },
        ["docs/NOTES.md"],
    ),
    "dotted": ({"pytest.ini": FOLDERS}, [".deep/er/test_new.txt"]),
    "deep": ({"pytest.ini": "[pytest]\n"}, ["docs/er/test_new.txt"]),
    "text": ({"pytest.ini": "[pytest]\n"}, ["tests/test_new.txt"]),
    "glob": ({"pytest.ini": "[pytest]\naddopts = --doctest-glob=*.rst\n"}, ["new.rst"]),
    "hook": ({"pytest.ini": "[pytest]\n", "conftest.py": TAKES}, ["tests/new.yaml"]),
    "below": ({"pytest.ini": "[pytest]\n", "tests/conftest.py": TAKES}, ["tests/new.yaml"]),
    "hashless": (
        {
            "pytest.ini": "[pytest]\n",
            "conftest.py": TAKES.replace("pytest_collect_file", "takes") + HASHLESS,
        },
        ["tests/new.yaml"],
    ),
    "registers": (
        {
            "pytest.ini": "[pytest]\npythonpath = .\n",
            "takes.py": TAKES,
            "conftest.py": "import pytest\ndef pytest_configure(config): pytest.config = config\n",
            "tests/a/test_a.py": "import pytest, takes\nif not pytest.config.pluginmanager.has_plugin('t'):\n"
            "    pytest.config.pluginmanager.register(takes, 't')\n",
        },
        ["tests/b/new.yaml"],
    ),
    "sets": (
        {
            "pytest.ini": "[pytest]\n",
            "conftest.py": "def pytest_generate_tests(metafunc):\n"
            "    metafunc.config.option.doctestglob = ['*.rst']\n",
            "tests/a/test_a.py": PASSES,
        },
        ["tests/b/new.rst"],
    ),
    "named-as-pytests": (
        {
            "pytest.ini": "[pytest]\naddopts = -p takes\npythonpath = .\n",
            "takes.py": f"{TAKES}class One:\n    __module__ = '_pytest.main'\n"
            "    pytest_collect_file = staticmethod(pytest_collect_file)\ndel pytest_collect_file\n"
            "def pytest_configure(config): config.pluginmanager.register(One())\n",
        },
        ["new.yaml"],
    ),
    "beside-pytests": (
        {
            "pytest.ini": "[pytest]\n",
            "conftest.py": f"{TAKES}import types\nfound = types.ModuleType('_pytest.mine')\n"
            "found.pytest_collect_file = pytest_collect_file\ndel pytest_collect_file\n"
            "def pytest_configure(config): config.pluginmanager.register(found)\n",
        },
        ["new.yaml"],
    ),
    "patched": (
        {
            "pytest.ini": "[pytest]\n",
            "conftest.py": "import _pytest.doctest\n"
            "_pytest.doctest._is_doctest = lambda config, path, parent: path.suffix == '.rst'\n",
        },
        ["new.rst"],
    ),
    "plugin": (
        {"pytest.ini": "[pytest]\naddopts = -p takes\npythonpath = .\n", "takes.py": TAKES},
        ["new.yaml"],
    ),
}


def test_a_new_file_that_nobody_collects_lets_nothing_run(space: Space) -> None:
    for name, (files, _) in LISTED.items():
        own = {"pkg/__init__.py": "", f"tests/test_{name}.py": PASSES, **files}
        space.write({f"libs/{name}/{path}": text for path, text in own.items()})
    words = ("--cached", "--cached-explain", "--workers=1", "--continue-on-collection-errors")
    assert space.run(*words).counts == {"passed": len(LISTED) + 1}
    space.write({f"libs/{name}/{path}": ">>> 1\n2\n" for name, (_, new) in LISTED.items() for path in new})
    plain = space.run("--no-cached", "--workers=1", "--continue-on-collection-errors")
    assert plain.counts == {"passed": len(LISTED) + 1, "failed": 6, "error": 7}, plain.out
    run = space.run(*words)
    assert run.counts == plain.counts, run.out
    run.has(r"^libs/hears runs: libs/hears/ is listed: docs/ is new, and .* may say what is collected")
    run.has(*(rf"^libs/{name} cached from" for name in ("folder", "measured", "measured-folder", "nobody")))


def test_a_folder_of_nothing_to_collect_that_goes_lets_nothing_run_again(space: Space) -> None:
    folders = ("docs/a", "tests/x.egg-info", "out")
    texts = {f"{folder}/new.yaml": "" for folder in folders}
    space.write(
        {
            **{f"libs/plain/{path}": text for path, text in {"pytest.ini": "[pytest]\n", **texts}.items()},
            "libs/plain/tests/test_a.py": PASSES,
            "libs/plain/tests/test_b.py": PASSES,
            "libs/takes/pytest.ini": "[pytest]\n",
            "libs/takes/conftest.py": TAKES.replace('raise ValueError("taken")', "return []"),
            "libs/takes/out/new.yaml": "",
            "libs/takes/tests/test_c.py": PASSES,
            "libs/holds/pytest.ini": "[pytest]\n",
            "libs/holds/gone/test_e.py": PASSES,
            "libs/holds/tests/test_d.py": PASSES,
        }
    )
    words = ("--cached", "--cached-explain", "--workers=1")
    assert space.run(*words).counts == {"passed": 5}
    for folder in (*(f"plain/{one}" for one in folders), "takes/out", "holds/gone"):
        shutil.rmtree(space.root / "libs" / folder)
    run = space.run(*words)
    assert (run.counts, replayed(run)) == ({"passed": 4}, 2), run.out
    run.has(r"^libs/holds runs", r"^libs/plain cached from", r"^libs/takes runs")


def test_where_files_leave_something_none_runs_again_for_a_folder_of_nothing_that_goes_or_comes(
    space: Space,
) -> None:
    leaves = "import string\nstring.left = 1\n" + PASSES
    names = ("goes", "comes", "file", "code", "link")
    for name in names:
        space.write(
            {
                f"libs/{name}/{path}": text
                for path, text in {
                    "pytest.ini": "[pytest]\n",
                    "kept.yaml": "",
                    "tests/test_a.py": leaves,
                    "tests/test_b.py": PASSES,
                }.items()
            }
        )
    root = space.root / "libs"
    (root / "goes/.made").mkdir()
    (root / "goes/docs").mkdir()
    (root / "link/led").mkdir()
    (root / "link/links").symlink_to("led")
    words = ("--cached", "--cached-explain", "--workers=1")
    assert space.run(*words).counts == {"passed": 10}
    (root / "goes/.made").rmdir()
    (root / "goes/docs").rmdir()
    (root / "comes/docs").mkdir()
    (root / "file/kept.yaml").unlink()
    (root / "code/docs").mkdir()
    (root / "code/docs/test_c.py").write_text(PASSES)
    (root / "link/led").rmdir()
    run = space.run(*words)
    assert (run.counts, replayed(run)) == ({"passed": 11}, 6), run.out
    run.has(r"^libs/code runs", *(rf"^libs/{name} cached from" for name in ("comes", "file", "goes")))
    run.has(r"^libs/link runs")


SEES = "SEEN = []\ndef pytest_collect_file(file_path): SEEN.append(file_path.name)\n"
FAILS = "def test(): assert 0\n"
SETS = "import pytest\npytest.config.hides = True\n"
RAISES = "def pytest_{}({path}):\n    if {path}.name.startswith('new'): raise ValueError('new')\n"
PARTS: dict[str, tuple[dict[str, str], dict[str, str]]] = {  # what else a project has, what is new in it
    "counted": (
        {"conftest.py": "def pytest_collection_modifyitems(items): assert len(items) < 3, 'too many'\n"},
        {"b/test_new.py": PASSES},
    ),
    "seen": (
        {
            "conftest.py": f"{SEES}def pytest_ignore_collect(collection_path):\n"
            "    if collection_path.name == 'test_new.py' and 'test_a.py' not in SEEN: return True\n"
        },
        {"b/test_new.py": FAILS},
    ),
    "told": (
        {
            "conftest.py": "def pytest_collect_file(file_path, parent):\n"
            "    if file_path.name == 'test_a.py': parent.config.seen = True\n"
            "def pytest_ignore_collect(collection_path, config):\n"
            "    if collection_path.name == 'test_new.py' and not hasattr(config, 'seen'): return True\n"
        },
        {"b/test_new.py": FAILS},
    ),
    "made": (
        {
            "conftest.py": "SEEN = []\n"
            "def pytest_pycollect_makemodule(module_path): SEEN.append(module_path.name)\n"
            "def pytest_pycollect_makeitem(collector):\n"
            "    assert collector.path.name != 'test_new.py' or 'test_a.py' not in SEEN\n"
        },
        {"b/test_new.py": PASSES},
    ),
    "hidden": (
        {
            "conftest.py": "import pytest\ndef pytest_configure(config): pytest.config = config\n"
            "def pytest_ignore_collect(collection_path, config):\n"
            "    if collection_path.name == 'test_b.py' and hasattr(config, 'hides'): return True\n"
        },
        {"a/test_a.py": SETS + PASSES},
    ),
    "named": (
        {
            "conftest.py": "import pytest\ndef pytest_configure(config): pytest.config = config\n",
            "b/test_b.py": f"{PASSES}def check(): assert 0\n",
        },
        {"a/test_a.py": f"import pytest\npytest.config.getini('python_functions').append('check')\n{PASSES}"},
    ),
    "plugin": (
        {
            "pytest.ini": "[pytest]\naddopts = -p counts\npythonpath = .\n",
            "counts.py": "RAN = []\n"
            "def pytest_runtest_setup(item):\n    RAN.append(0)\n    assert len(RAN) < 3\n",
        },
        {"a/test_new.py": PASSES},
    ),
    "folder": ({"conftest.py": RAISES.format("collect_directory", path="path")}, {"new/x.md": ""}),
    "file": ({"conftest.py": RAISES.format("collect_file", path="file_path")}, {"new.md": ""}),
    "ignored": ({"conftest.py": RAISES.format("ignore_collect", path="collection_path")}, {"new.md": ""}),
    "conftest": ({}, {"new/conftest.py": "raise ValueError\n"}),
    "syntax": ({}, {"a/test_new.py": "def\n"}),
}


def test_with_what_is_new_files_give_what_they_would_with_all_others(space: Space) -> None:
    """Hooks may have seen the others, and what cannot be collected keeps all from running."""
    for name, (files, _) in PARTS.items():
        own = {"pytest.ini": "[pytest]\n", "a/test_a.py": PASSES, "b/test_b.py": PASSES, **files}
        space.write({f"libs/{name}/{path}": text for path, text in own.items()})
    words = ("--cached", "--cached-explain", "--workers=1", "-v")
    assert space.run(*words).counts == {"passed": 2 * len(PARTS)}
    assert replayed(space.run(*words)) == 2 * len(PARTS)
    space.write(
        {f"libs/{name}/{path}": text for name, (_, new) in PARTS.items() for path, text in new.items()}
    )
    plain = space.run("--no-cached", "--workers=1", "-v")
    run = space.run(*words)
    assert (run.words, run.summary) == (plain.words, plain.summary), run.out


def test_a_test_file_that_goes_or_has_another_name_lets_no_other_run(space: Space) -> None:
    space.write({"libs/a/pytest.ini": "[pytest]\n"})
    space.write({f"libs/a/test_{name}.py": PASSES for name in ("a", "b", "c")})
    words = ("--cached", "--cached-explain", "--workers=1")
    assert space.run(*words).counts == {"passed": 3}
    (space.root / "libs/a/test_a.py").rename(space.root / "libs/a/test_d.py")
    renamed = space.run(*words)
    assert (renamed.counts, replayed(renamed)) == ({"passed": 3}, 2), renamed.out
    (space.root / "libs/a/test_b.py").unlink()
    gone = space.run(*words)
    assert (gone.counts, replayed(gone)) == ({"passed": 2}, 2), gone.out


ENVIRONMENTS = {"pythons": "env/pyvenv.cfg", "condas": "env/conda-meta/history"}


def test_of_a_folder_that_becomes_an_environment_nothing_is_replayed(space: Space) -> None:
    """pytest enters none."""
    for name in ENVIRONMENTS:
        own = {"pytest.ini": "[pytest]\n", "env/deep/test_a.py": PASSES, "tests/test_b.py": PASSES}
        space.write({f"libs/{name}/{path}": text for path, text in own.items()})
    assert space.run("--cached", "--workers=1").counts == {"passed": 4}
    assert replayed(space.run("--cached", "--workers=1")) == 4
    space.write({f"libs/{name}/{path}": "" for name, path in ENVIRONMENTS.items()})
    run = space.run("--cached", "--workers=1")
    assert run.counts == {"passed": 2}, run.out
