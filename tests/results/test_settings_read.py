"""Of a file of settings pytest and coverage.py take their part each; who else reads it reads all of it."""

from __future__ import annotations

import sys

import pytest

from tests.run.space import Space, replayed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

OWN = """\
[project]
name = "{name}"
version = "1"
[tool.pytest.ini_options]
{ini}
[tool.coverage.run]
branch = true
"""
PASSES = "def test(): pass\n"
READS = "import pathlib\nTEXT = (pathlib.Path(__file__).parent / 'pyproject.toml').read_text()\n"
PARSER = "tomllib" if sys.version_info >= (3, 11) else "tomli"
PARSES = f"""\
import {PARSER}
def test():
    with open('pyproject.toml', 'rb') as one: assert {PARSER}.load(one)['project']['version'] == '1'
"""
PROJECTS: dict[str, dict[str, str]] = {
    "plain": {},
    "measured": {"ini": "addopts = '-p pytest_cov --cov --cov-report='"},
    "reads": {"test_reads.py": f"{READS}def test(): assert '\"1\"' in TEXT\n"},
    "conftest": {
        "conftest.py": f"{READS}import pytest\n@pytest.fixture\ndef text(): return TEXT\n",
        "test_conftest.py": "def test(text): assert '\"1\"' in text\n",
    },
    "parses": {
        "test_parses.py": PARSES.replace("tomllib", "tomllib" if sys.version_info >= (3, 11) else "tomli")
    },
    "pytests-parser": {
        "test_pytests-parser.py": "from _pytest.config import findpaths\n"
        "def parsed(path): return getattr(findpaths, '_parse_toml_file', findpaths.Path.read_text)(path)\n"
        "def test(pytestconfig): assert \"'1'\" in str(parsed(pytestconfig.inipath)).replace('\"', \"'\")\n"
    },
    "child": {
        "test_child.py": "import subprocess\ndef test():\n"
        "    assert b'\"1\"' in subprocess.run(['cat', 'pyproject.toml'], capture_output=True).stdout\n"
    },
}

INI = """\
[metadata]
name = {name}
version = 1
[tool:pytest]
addopts ={addopts}
[coverage:run]
branch = true
"""
PARSES_INI = """\
import configparser
def test():
    parser = configparser.ConfigParser()
    parser.read('setup.cfg')
    assert parser['metadata']['version'] == '1'
"""
INIS: dict[str, dict[str, str]] = {
    "ini": {},
    "ini-measured": {"addopts": " -p pytest_cov --cov --cov-report="},
    "ini-reads": {"test_ini-reads.py": "def test(): assert '= 1' in open('setup.cfg').read()\n"},
    "ini-parses": {"test_ini-parses.py": PARSES_INI},
    "ini-pytests-parser": {
        "test_ini-pytests-parser.py": "from _pytest.config import findpaths\ndef test(pytestconfig):\n"
        "    read = findpaths._parse_ini_config(pytestconfig.inipath)\n"
        "    assert read['metadata']['version'] == '1'\n"
    },
}


def test_a_version_or_anothers_table_lets_those_run_that_read_it(space: Space) -> None:
    inis = {name: INI.format(name=name, addopts=files.get("addopts", "")) for name, files in INIS.items()}
    for name, files in INIS.items():
        files = {f"test_{name}.py": PASSES, "setup.cfg": inis[name], **files}
        space.write({f"libs/{name}/{path}": text for path, text in files.items() if path != "addopts"})
    texts = {name: OWN.format(name=name, ini=files.get("ini", "")) for name, files in PROJECTS.items()}
    for name, files in PROJECTS.items():
        files = {f"test_{name}.py": PASSES, "pyproject.toml": texts[name], **files}
        space.write({f"libs/{name}/{path}": text for path, text in files.items() if path != "ini"})
    words = ("--cached", "--cached-explain", "--workers=1")
    all_there_are = len(PROJECTS) + len(INIS)
    assert space.run(*words).counts == {"passed": all_there_are}
    bumped = {name: text.replace('"1"', '"2"') + "[tool.ruff]\n" for name, text in texts.items()}
    space.write({f"libs/{name}/pyproject.toml": text for name, text in bumped.items()})
    more = "[flake8]\nignore = E1\n"
    space.write({f"libs/{n}/setup.cfg": text.replace("= 1", "= 2") + more for n, text in inis.items()})
    run = space.run(*words)
    assert run.counts == {"passed": 4, "failed": all_there_are - 4}, run.out
    assert replayed(run) == 4, run.out
    run.has(*(rf"^libs/{name} cached from" for name in ("ini", "ini-measured", "measured", "plain")))


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("markers = ['a']", "markers = ['b']", r"changed \(what pytest reads in it\)"),
        ("branch = true", "branch = true\nparallel = true", r"changed \(what coverage.py reads in it\)"),
    ],
    ids=["pytest", "coverage"],
)
def test_a_table_of_theirs_lets_the_tests_run(space: Space, was: str, becomes: str, said: str) -> None:
    text = OWN.format(name="a", ini="markers = ['a']\naddopts = '-p pytest_cov --cov --cov-report='")
    space.write({"libs/a/pyproject.toml": text, "libs/a/test_a.py": PASSES})
    words = ("--cached", "--cached-explain", "--workers=1")
    assert space.run(*words).counts == {"passed": 1}
    space.write({"libs/a/pyproject.toml": text.replace(was, becomes)})
    run = space.run(*words)
    assert (run.counts, replayed(run)) == ({"passed": 1}, 0), run.out
    run.has(rf"^libs/a runs.*{said}")
