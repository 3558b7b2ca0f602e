"""A new test file puts its folder on ``sys.path``, and may have another's name: the others run, too.

A new file that nobody collects lets none run.
"""

from __future__ import annotations

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
    assert space.run(*words).counts == {"passed": len(LISTED)}
    space.write({f"libs/{name}/{path}": ">>> 1\n2\n" for name, (_, new) in LISTED.items() for path in new})
    plain = space.run("--no-cached", "--workers=1", "--continue-on-collection-errors")
    assert plain.counts == {"passed": len(LISTED), "failed": 4, "error": 4}, plain.out
    run = space.run(*words)
    assert run.counts == plain.counts, run.out
    run.has(r"^libs/hears's collection runs: libs/hears/ is listed: docs/ is new")
    run.has(*(rf"^libs/{name} cached from" for name in ("folder", "measured", "measured-folder", "nobody")))


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
