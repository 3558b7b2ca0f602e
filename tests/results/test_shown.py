"""Options that say how a run is shown make no other result of a test that does not ask for them."""

from __future__ import annotations

import sys

import pytest

from tests.run.space import Space, replayed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

PLAIN = """
import sys
import unittest
import pytest

def test(request, record_property, capsys):
    record_property("colour", "green")
    assert sys.argv[0]
    assert request.config.rootpath

@pytest.mark.xfail(reason="known")
def test_xfails(): raise ValueError

@pytest.mark.skip(reason="not today")
def test_skipped(): pass

class TestParts(unittest.TestCase):
    def test_parts(self):
        for number in range(2):
            with self.subTest(number=number): pass
"""
WORDS = [
    *(["-v"], ["-vv"], ["-q"], ["--verbosity=1"], ["-xv"], ["--color=yes"], ["--code-highlight=no"]),
    *(["-l"], ["--full-trace"], ["--disable-warnings"], ["--tb=short"], ["-rA"], ["--junitxml=report.xml"]),
    *(["--no-header", "--no-summary", "--maxfail=2"], ["--durations=3", "--show-capture=no"]),
]


def test_what_is_only_shown_otherwise_is_replayed(space: Space) -> None:
    space.projects({"libs/a": PLAIN})
    space.run("--cached")
    assert [words for words in WORDS if replayed(space.run("--cached", *words)) != 4] == []


def test_what_was_shown_otherwise_is_replayed_without(space: Space) -> None:
    space.projects({"libs/a": PLAIN})
    space.run("--cached", "-v", "--color=yes", "--junitxml=report.xml")
    second = space.run("--cached", "--junitxml=second.xml")
    assert replayed(second) == 4
    assert 'name="colour" value="green"' in (space.root / "second.xml").read_text()
    assert replayed(space.run("--cached")) == 4


# each project fails if it is run with -v --junitxml, having passed without
ASKING = {
    "attribute": "def test(request): assert not request.config.option.verbose",
    "getoption": "def test(pytestconfig): assert not pytestconfig.getoption('verbose')",
    "getvalue": "def test(pytestconfig): assert not pytestconfig.getvalue('verbose')",
    "dest": "def test(pytestconfig): assert not pytestconfig.getoption('--verbose')",
    "method": (
        "def test(pytestconfig):\n"
        "    ask = getattr(pytestconfig, 'get_verbosity', lambda: pytestconfig.option.verbose)\n"
        "    assert not ask()"
    ),
    "vars": "def test(pytestconfig): assert not vars(pytestconfig.option)['verbose']",
    "copied": "import copy\ndef test(pytestconfig): assert not copy.copy(pytestconfig.option).verbose",
    "shown": "def test(pytestconfig): assert 'verbose=0' in repr(pytestconfig.option)",
    "known": "def test(pytestconfig): assert not pytestconfig.known_args_namespace.verbose",
    "argv": "import sys\ndef test(): assert '-v' not in sys.argv",
    "argv-copied": "import sys\ndef test(): assert '-v' not in list(sys.argv)",
    "argv-added": "import sys\ndef test(): assert '-v' not in ['x'] + sys.argv",
    "argv-pickled": (
        "import pickle, sys\n"
        "def test():\n"
        "    told = pickle.loads(pickle.dumps(sys.argv))\n"
        "    assert type(told) is list and '-v' not in told"
    ),
    "pickled": (
        "import argparse, pickle\n"
        "def test(pytestconfig):\n"
        "    told = pickle.loads(pickle.dumps(pytestconfig.option))\n"
        "    assert type(told) is argparse.Namespace and not told.verbose"
    ),
    "invocation-pickled": (
        "import pickle\n"
        "def test(pytestconfig):\n"
        "    told = pickle.loads(pickle.dumps(pytestconfig.invocation_params.args))\n"
        "    assert type(told) is tuple and '-v' not in told"
    ),
    "argv-sliced": "import sys\nWORDS = sys.argv[1:]\ndef test(): assert '-v' not in WORDS",
    "parsed": (
        "import argparse\n"
        "def test():\n"
        "    parser = argparse.ArgumentParser()\n"
        "    parser.add_argument('-v', action='store_true')\n"
        "    assert not parser.parse_known_args()[0].v"
    ),
    "invocation": "def test(pytestconfig): assert '-v' not in pytestconfig.invocation_params.args",
    "invocation-copied": "def test(pytestconfig): assert '-v' not in [*pytestconfig.invocation_params.args]",
    "reporter": (
        "def test(pytestconfig):\n"
        "    assert not pytestconfig.pluginmanager.get_plugin('terminalreporter').verbosity"
    ),
    "caught": (
        "def test():\n"
        "    try:\n"
        "        assert ['a' * 20] * 20 == ['b' * 20] * 20\n"
        "    except AssertionError as error:\n"
        "        text = str(error)\n"
        "    assert 'Full diff' not in text"
    ),
    "warned": (
        "import warnings\n"
        "warnings.simplefilter('error')\n"
        "def test(record_xml_attribute):\n"
        "    record_xml_attribute('name', 'x')"
    ),
}
CONFTESTS = {
    "configured": (
        "import os\ndef pytest_configure(config): os.environ['LOUD'] = str(config.option.verbose)\n",
        "import os\ndef test(): assert os.environ['LOUD'] == '0'",
    ),
    "hooked": (
        "import pytest\n"
        "LOUD = []\n"
        "@pytest.fixture\n"
        "def loud(): return LOUD[0]\n"
        "def pytest_runtest_setup(item): LOUD[:] = [item.config.getoption('verbose')]\n",
        "def test(loud): assert not loud",
    ),
    "added": (
        "def pytest_addoption(parser): parser.addoption('--mine')\n"
        "def pytest_generate_tests(metafunc):\n"
        "    metafunc.parametrize('loud', [metafunc.config.option.verbose])\n",
        "def test(loud): assert not loud",
    ),
}


PARTS = 4


@pytest.mark.sampled("part", first=False)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("start", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_who_asks_for_an_option_runs_with_another(space: Space, start: str, part: int) -> None:
    named = {*[*ASKING, *CONFTESTS][part::PARTS]}
    space.projects({f"libs/{name}": text for name, text in ASKING.items() if name in named})
    for name, (conftest, test) in CONFTESTS.items():
        if name in named:
            space.projects({f"libs/{name}": test})
            space.write({f"libs/{name}/conftest.py": conftest})
    words = ("--cached", f"--monorepo-start={start}")
    before = space.run(*words)
    assert [line for line in before.summary if "libs/warned" not in line] == []
    assert replayed(space.run(*words)) == before.counts["passed"]
    loud = space.run(*words, "-v", "--junitxml=report.xml")
    assert {name for name in named if f"libs/{name} cached from" in loud.out} == set()
    assert {name for name in named - {"warned"} if f"FAILED libs/{name}/" not in loud.out} == set()
    assert replayed(space.run(*words)) == before.counts["passed"]


SENT = """
import argparse, copy, multiprocessing, pickle, sys
import pytest

def answers(queue):
    queue.put(sys.argv[1:])

@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_of_a_process(method):
    context = multiprocessing.get_context(method)
    queue = context.SimpleQueue()
    process = context.Process(target=answers, args=(queue,))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert queue.get() == sys.argv[1:]

@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_of_copies(pytestconfig, make):
    assert type(make(sys.argv)) is list
    assert type(make(pytestconfig.invocation_params.args)) is tuple
    assert isinstance(make(pytestconfig.option), argparse.Namespace)
    assert make(pytestconfig.invocation_params.args) == pytestconfig.invocation_params.args

def test_of_kinds(pytestconfig):
    assert type(sys.argv) is list
    assert type(pytestconfig.invocation_params.args) is tuple

def test_of_the_text(pytestconfig):
    assert repr(pytestconfig.option).startswith("Namespace(")

def test_that_the_options_are_those(pytestconfig):
    assert copy.copy(pytestconfig.option) == pytestconfig.option
"""


def test_copies_and_other_processes_get_what_they_would_without_a_trace(space: Space) -> None:
    space.projects({"libs/a": SENT})
    assert space.run("--cached").counts == {"passed": 8}


def test_a_shared_fixture_that_exits_fails_as_it_does_without_a_trace(space: Space) -> None:
    space.projects({"libs/a": "def test(gone): pass"})
    space.write(
        {
            "libs/a/conftest.py": "import sys, pytest\n"
            "@pytest.fixture(scope='session')\n"
            "def gone(): sys.exit(3)\n"
        }
    )
    run = space.run("--cached")
    assert "SystemExit: 3" in run.out
    assert "NoneType" not in run.out


def test_a_report_of_the_projects_own_is_written_where_the_call_asks_for_none(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass"})
    space.write({"libs/a/pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--junitxml=own.xml'\n"})
    space.run("--cached", "--junitxml=all.xml")
    assert not (space.root / "libs/a/own.xml").exists()
    assert replayed(space.run("--cached")) == 0
    assert (space.root / "libs/a/own.xml").exists()


def test_how_wide_the_terminal_is_where_only_pytest_asks_lets_nothing_run(space: Space) -> None:
    """For the help of a plugin's option, and the lines of a log; a test that asks is in ``test_holes``."""
    plugin = "def pytest_addoption(parser): parser.addoption('--further', help='%(default)s')"
    space.projects({"libs/a": "import logging\ndef test(): logging.warning('one')"})
    space.write(
        {
            "libs/a/pytest.ini": "[pytest]\nlog_cli = true\naddopts = -p further\npythonpath = .\n",
            "libs/a/further.py": plugin,
        }
    )
    assert space.run("--cached").counts == {"passed": 1}
    with space.environment(COLUMNS="70"):
        run = space.run("--cached", "--cached-explain")
    assert replayed(run) == 1, run.out
