"""``--cached`` as a user meets it: what is replayed, how it is shown, and when it is refused."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from pytest_monorepo.affected.git import process
from tests.run.space import JUST_NOW, Run, Space, replayed
from tests.workspace.trees import git

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

TESTS = """
import pytest, warnings

def test_passes(record_property):
    record_property("colour", "green")
    print("printed by a test")
    warnings.warn("take care")

@pytest.mark.skip(reason="not today")
def test_skipped(): pass

@pytest.mark.xfail(reason="known")
def test_xfails(): assert 0
"""


def test_a_second_run_says_what_the_first_has_said_and_that_it_is_old(space: Space) -> None:
    space.projects({"libs/a": TESTS, "libs/b": TESTS})
    first = space.run("--cached", "-rA", "--junitxml=first.xml")
    second = space.run("--cached", "-rA", "--junitxml=second.xml", "--cached-explain")
    assert (first.code, replayed(first), second.code, replayed(second)) == (0, 0, 0, 6), second.out
    assert second.counts == first.counts
    assert sorted(re.sub(rf" \(cached from {JUST_NOW}\)", "", line) for line in second.summary) == sorted(
        first.summary
    )
    assert second.cases == first.cases
    second.has(
        r"^libs/a/tests/test_main.py \(cached\) \.sx",
        r"printed by a test",
        r"^project +passed +skipped +xfailed +cached +time",
        r"^libs/a +1 +1 +1 +3 ",
        rf"^libs/a cached from {JUST_NOW}",
        rf"^PASSED \(cached from {JUST_NOW}\) libs/a/tests/test_main.py::test_passes",
    )
    text = (space.root / "second.xml").read_text()
    assert re.search(f'name="cached" value="{JUST_NOW}"', text)
    assert 'name="colour" value="green"' in text


def test_verbose_lines_say_from_where(space: Space) -> None:
    tests = "def test_one(): pass\ndef test_two(): pass\ndef test_skipped(): pytest.skip('no')\n"
    space.projects({"libs/a": f"import pytest\n{tests}def test_three(): pass", "libs/b": "def test(): pass"})
    space.run("--cached", "-v")
    second = space.run("--cached", "-v")
    lines = re.findall(r"^libs/./tests/test_main.py::(\w+) (.*?) *\[", second.out, re.MULTILINE)
    assert [name for name, _ in lines] == ["test_one", "test_two", "test_skipped", "test_three", "test"]
    told = rf"(PASSED|SKIPPED) \(cached from {JUST_NOW}\)( \(no\))?"
    assert [said for _, said in lines if not re.fullmatch(told, said)] == []


def test_failures_and_their_project_run_again(space: Space) -> None:
    space.projects({"libs/a": "def test(): assert 0\ndef test_other(): pass", "libs/b": "def test(): pass"})
    space.run("--cached")
    second = space.run("--cached", "--cached-explain")
    assert (second.code, second.counts, replayed(second)) == (1, {"passed": 2, "failed": 1}, 1)
    second.has(r"^libs/a runs: failed last time, and again now")


@pytest.mark.sampled("words", "reason", first=False)
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["-s"], "the tests have the terminal"),
        (["--setup-show"], "no test has an outcome of its own"),
        (["--snapshot-update"], "the tests write"),
    ],
)
def test_some_options_replay_nothing_and_keep_nothing(space: Space, words: list[str], reason: str) -> None:
    space.projects({"libs/a": "def test(): pass"})
    space.write(
        {
            "conftest.py": "",
            "options.py": "def pytest_addoption(parser):\n"
            "    parser.addoption('--snapshot-update', action='store_true')\n",
        }
    )
    plugin = ["-p", "options"] if "--snapshot-update" in words else []
    with space.environment(PYTHONPATH=f"{space.root}:{Path(__file__).parents[2]}"):
        space.run("--cached", *plugin)
        for _ in range(2):
            run = space.run(*plugin, *words, "--cached", "--cached-explain")
            assert (run.code, replayed(run)) == (0, 0), run.out
            run.has(rf"^libs/a runs: .*{reason}")


def test_a_plugin_that_listens_to_the_end_keeps_nothing_from_being_replayed(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass"})
    space.write(
        {
            "listens.py": "def pytest_sessionfinish(session, exitstatus): print('heard')\n",
            "pyproject.toml": "[tool.pytest-monorepo]\nkeep-whole = ['plugin:listens']\n",
        }
    )
    with space.environment(PYTHONPATH=f"{space.root}:{Path(__file__).parents[2]}"):
        for told in (0, 1):
            run = space.run("--cached", "-p", "listens", "--cached-explain")
            assert replayed(run) == told, run.out


def test_the_settings_turn_it_on_and_the_command_line_off(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass", "libs/b": "def test(): pass"})
    table = (
        "[tool.pytest-monorepo]\ncached = true\n[tool.pytest-monorepo.projects.'libs/b']\ncached = false\n"
    )
    space.write({"pyproject.toml": table})
    space.run()
    assert replayed(space.run()) == 1
    assert replayed(space.run("--no-cached")) == 0


def test_a_project_that_writes_a_report_of_its_own_always_runs(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass"})
    space.write({"libs/a/pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--junitxml=own.xml'\n"})
    space.run("--cached")
    second = space.run("--cached", "--cached-explain")
    second.has(r"^libs/a runs: not kept, as last time: no complete trace: writes a file for --junitxml")


def test_an_option_that_tests_see_counts_and_one_that_stops_early_does_not(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass"})
    space.run("--cached")
    assert replayed(space.run("--cached", "-x", "--maxfail=3", "--durations=2")) == 1
    other = space.run("--cached", "--cached-explain", "--strict-markers")
    assert replayed(other) == 0
    other.has(r"is kept \(another than last time: option --strict-markers\)")


@pytest.mark.slow
def test_what_is_declared_counts_as_read(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass", "libs/b": "def test(): pass"})
    table = "[tool.pytest-monorepo.projects.'libs/a']\ninputs = ['data/*.txt']\ndepends-on = ['libs/b']\n"
    space.write({"pyproject.toml": table, "data/x.txt": "1", "libs/b/code.py": "1"})
    space.run("libs/a", "--cached")
    assert replayed(space.run("libs/a", "--cached")) == 1
    space.write({"data/x.txt": "22"})
    assert replayed(space.run("libs/a", "--cached")) == 0
    assert replayed(space.run("libs/a", "--cached")) == 1
    space.write({"libs/b/code.py": "22"})
    run = space.run("libs/a", "--cached", "--cached-explain")
    run.has(r"^libs/a runs: no run with these options, this Python and these declared inputs is kept")


TABLES = """
import gzip, os, pathlib, tempfile
home = pathlib.Path('.hypothesis')
def begin(folder):
    there = home.exists()
    folder.mkdir(parents=True, exist_ok=True)
    if not there:
        (home / '.gitignore').write_text('*')
    return tempfile.mkstemp(dir=folder)
def texts():
    try:
        with gzip.GzipFile('.hypothesis/unicode_data/codec.json.gz') as stream: return stream.read()
    except OSError: pass
    number, path = begin(home / 'tmp')
    os.close(number)
    with gzip.GzipFile(path, 'wb', mtime=1) as stream: stream.write(b'[]')
    os.renames(path, '.hypothesis/unicode_data/codec.json.gz')
def constants(version):
    place = home / 'constants' / 'f00'
    try: return eval(place.read_bytes())
    except OSError: pass
    number, path = begin(place.parent)
    with os.fdopen(number, 'w') as stream:
        stream.write(f'# file: code.py\\n# hypothesis_version: {version}\\n\\n[1]')
    os.replace(path, place)
    return [1]
"""
OF_TABLES = """
import hypothesis, hypothesis.tables
def test():
    hypothesis.tables.texts()
    assert hypothesis.tables.constants(hypothesis.__version__) == [1]
"""


@pytest.mark.slow
def test_tables_that_hypothesis_makes_anew_are_no_input_but_those_of_another_version(space: Space) -> None:
    space.write({f"libs/a/tests/test_{name}.py": OF_TABLES for name in "xy"})
    ini = "[tool.pytest.ini_options]\npythonpath = 'site-packages'\n"
    package = {"__init__": "__version__ = '6.170.0'", "tables": TABLES}
    space.write({f"libs/a/site-packages/hypothesis/{name}.py": text for name, text in package.items()})
    space.write({"libs/a/pyproject.toml": ini})
    home = space.root / "libs/a/.hypothesis"
    assert replayed(space.run("--cached", "--workers=1")) == 0
    assert replayed(run := space.run("--cached", "--workers=1", "--cached-explain")) == 2, run.out
    shutil.rmtree(home)
    assert replayed(run := space.run("--cached", "--workers=1", "--cached-explain")) == 2, run.out
    space.write({"libs/a/.hypothesis/constants/f00": "# file: code.py\n# hypothesis_version: 6.17\n\n[2]"})
    run = space.run("--cached", "--workers=1", "--cached-explain")
    assert (run.code, replayed(run)) == (1, 0), run.out
    run.has(r"libs/a/\.hypothesis/constants/f00/6\.170\.0 is new")


def test_two_branches_do_not_throw_each_other_out(space: Space) -> None:
    space.projects({"libs/a": "import code_of_it\ndef test(): assert code_of_it.one"})
    for text in ("one = 1", "one = 22"):
        space.write({"libs/a/code_of_it.py": text, "libs/a/tests/__init__.py": ""})
        space.write({"libs/a/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n"})
        space.run("--cached")
    for text in ("one = 1", "one = 22"):
        (space.root / "libs/a/code_of_it.py").write_text(text)
        assert replayed(space.run("--cached")) == 1


def test_verify_runs_everything_and_finds_what_no_trace_holds(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass"})
    space.run("--cached")
    verified = space.run("--cached=verify")
    assert (verified.code, replayed(verified)) == (0, 0)
    verified.has(r"verified: 1 file ran as it would have been replayed")


def test_verify_fails_where_a_run_gives_something_else(space: Space) -> None:
    space.projects(
        {
            "libs/a": """
            import os
            def test():
                if os.environ['PYTEST_XDIST_WORKER'] != 'gw0':
                    assert os.environ.get('ASKED_NOW') == ['a long text that pytest would cut', 'x' * 999]
            """
        }
    )
    space.run("--cached", "--workers=2")
    # which worker a project gets is nothing that a result may depend on, and in no trace
    space.projects({"libs/0": "def test(): pass"})
    space.write({f"libs/0/tests/test_{n}.py": "def test(): pass" for n in range(9)})
    run = space.run("--cached=verify", "--workers=2")
    assert run.code == 1
    run.has(
        r"not what was kept: libs/a",
        r"libs/a/tests/test_main.py::test ran otherwise than it would have been replayed",
        r"^  it has now read environment variable ASKED_NOW",
        r"^  what was kept of it is dropped",
    )
    assert run.out.count("it has now read") == 1, run.out  # and nothing that pytest asks where a test fails
    run = space.run("--cached", "--workers=2", "--cached-explain")
    run.has(r"^libs/a runs: failed last time; ")  # what was kept is dropped


def test_the_store_is_told_of_and_cleared(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass"})
    space.run("--cached")
    space.run("--cached-info").has(r"pytest-monorepo: 2 results, ")
    space.run("--cached-clear").has(r"\d+ files removed from ")
    assert replayed(space.run("--cached")) == 0


def test_results_are_of_the_commit_that_is_here_also_in_anothers_git_hook(
    space: Space, tmp_path: Path
) -> None:
    space.projects({"libs/a": "def test(): pass"})
    other = tmp_path / "other"
    other.mkdir()
    for folder in (space.root, other):
        git(folder, "init", "-q", "-b", "main")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "--allow-empty", "-m", folder.name)
    # git sets these for what its hooks start
    with space.environment(GIT_DIR=str(other / ".git"), GIT_INDEX_FILE=str(other / ".git" / "index")):
        space.run("--cached")
    here = process.run(space.root, "rev-parse", "--short", "HEAD").decode().strip()
    space.run("--cached", "--cached-explain").has(rf"^libs/a cached from {here}, ")


def test_a_folder_of_the_workspace_can_be_the_store(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass"})
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\ncached-store = '.kept'\n"})
    space.run("--cached")
    assert replayed(space.run("--cached")) == 1
    assert (space.root / ".kept").is_dir()
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\ncached-store = 's4://bucket'\n"})
    refused = space.run("--cached")
    assert refused.code == 4
    refused.has(r"cached-store s4://bucket: (fsspec knows no|needs the package fsspec)")


def test_another_worktree_has_use_for_the_results(space: Space, tmp_path: Path) -> None:
    other = Space(tmp_path / "elsewhere")
    for one in (space, other):
        one.projects({"libs/a": "import pathlib\ndef test(): assert pathlib.Path('pyproject.toml').exists()"})
        one.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    # with bytecode kept, as at most desks
    with space.environment(PYTHONDONTWRITEBYTECODE=""):
        space.run("--cached")
    ours = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    with other.environment(**ours, PYTHONDONTWRITEBYTECODE=""):
        assert replayed(other.run("--cached")) == 1


@pytest.mark.slow
def test_coverage_is_carried_forward_and_is_that_of_a_whole_run(space: Space) -> None:
    def library(name: str) -> dict[str, str]:
        return {
            f"libs/{name}/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n",
            f"libs/{name}/{name}/__init__.py": "",
            f"libs/{name}/{name}/used.py": "def f(x):\n    if x:\n        return 1\n    return 2\n",
            f"libs/{name}/tests/test_{name}.py": f"from {name}.used import f\ndef test(): assert f(1) == 1\n",
        }

    space.write({**library("a"), **library("b")})
    args = ("-p", "pytest_cov", "--cov", "--cov-branch", "--cov-report=term", "--cached")

    def table(run: Run) -> list[str]:
        return [line for line in run.lines if re.match(r"(libs/|TOTAL).*%$", line)]

    first, second = space.run(*args), space.run(*args)
    assert (replayed(first), replayed(second)) == (0, 2), second.out
    assert table(second) == table(first) != []
    second.has(r"^measured in earlier runs: 2 projects$")
    # a file that no test imports counts, too: nobody has opened it
    space.write({"libs/a/a/unused.py": "x = 1\ny = 2\n"})
    third, plain = space.run(*args), space.run(*args[:-1])
    assert replayed(third) == 1, third.out
    assert table(third) == table(plain) != table(first)
    # and what was not measured is no result where it has to be
    assert replayed(space.run("--cached")) == 0


def test_a_project_that_measures_itself(space: Space) -> None:
    """Its coverage.py asks for each file, ours too, while the trace goes on: no read of a test's."""
    space.write(
        {
            "libs/a/pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--cov'\npythonpath = '.'\n",
            "libs/a/a/__init__.py": "def f(): return 1\n",
            "libs/a/tests/conftest.py": "import pytest\nfrom a import f\n"
            "@pytest.fixture(scope='session')\ndef one(): return f()\n"
            "@pytest.fixture\ndef each(one): yield one\n",
            "libs/a/tests/test_a.py": "from a import f\n"
            "def test(): assert f()\ndef test_one(each): assert each\n",
        }
    )
    first, second = (space.run("-p", "pytest_cov", "--cached") for _ in range(2))
    assert (first.code, replayed(first)) == (0, 0), first.out
    assert (second.code, replayed(second)) == (0, 2), second.out


def test_an_explanation_that_cannot_be_written_is_told_before_anything_runs(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass"})
    run = space.run("--cached", "--cached-explain=no/folder/why.txt")
    assert run.code == 4
    run.has(
        r"^ERROR: --cached-explain no/folder/why.txt: cannot be written: No such file or directory; name a"
    )
    run.lacks("Traceback", "passed")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_an_explanation_that_a_full_disk_refuses_loses_no_result(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass"})
    run = space.run("--cached", "--cached-explain=/dev/full")
    assert (run.code, run.counts) == (4, {"passed": 1})
    run.has(r"^--cached-explain /dev/full: not written: .*No space left on device")
    run.lacks("Traceback")
