"""What a pytest user types, over a whole workspace, in a pytest process of its own."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.workspace.trees import git

from .space import Space

A = """
import pytest

@pytest.mark.slow
def test_one():
    pass

def test_two():
    here = 1
    assert here == 2

class TestY:
    @pytest.mark.parametrize("v", ["p-1", "a::b/c d", "x y", "[b]"])
    def test_z(self, v):
        pass

def test_über():
    pass
"""
B = """
def test_one():
    pass

def test_two():
    pass
"""
ROOT = '[tool.pytest.ini_options]\nmarkers = ["slow: takes long"]\n'
MARKED = '[project]\nname = "{}"\n[tool.pytest.ini_options]\nmarkers = ["slow: takes long"]\n'
FAILING = "def test_1(): assert 0\ndef test_2(): assert 0\ndef test_3(): assert 0\n"

MAIN = "tests/test_main.py"


@pytest.fixture
def shop(space: Space) -> Space:
    """Three projects with one test file of one name each; ``libs/a`` has a failing test."""
    space.projects({"libs/a": A, "libs/b": B, "services/c": B})
    space.write({"libs/a/pyproject.toml": MARKED.format("a")})
    return space


# -- paths and node ids


def test_paths_and_node_ids_lead_to_their_projects(shop: Space) -> None:
    run = shop.run(f"libs/a/{MAIN}::TestY::test_z[p-1]", "services/c", "-v")
    assert run.words == {
        f"libs/a/{MAIN}::TestY::test_z[p-1]": "passed",
        f"services/c/{MAIN}::test_one": "passed",
        f"services/c/{MAIN}::test_two": "passed",
    }
    assert run.code == 0
    run.has(r"monorepo: 2 of 3 projects, 2 workers, Python 3\.\d+\.\d+")


def test_pyargs_name_modules_of_the_projects(shop: Space) -> None:
    shop.write({"libs/b/src/till/__init__.py": "", "libs/b/src/till/test_till.py": B})
    shop.write({"libs/b/pyproject.toml": '[project]\nname = "b"\n[tool.pytest.ini_options]\n'})
    run = shop.run("--pyargs", "till.test_till::test_two", "libs/a", "-v", "-k", "two")
    assert run.words == {
        "libs/b/src/till/test_till.py::test_two": "passed",
        f"libs/a/{MAIN}::test_two": "failed",
    }
    alone = shop.run("--pyargs", "tests", cwd="services/c")
    assert alone.counts == {"passed": 2}


def test_pyargs_of_no_project_are_an_error(shop: Space) -> None:
    run = shop.run("--pyargs", "json.tool")
    assert run.code == 4
    run.has("^ERROR: --pyargs json.tool: no project of the workspace has such a module or path$")


def test_paths_are_relative_to_where_one_stands(shop: Space) -> None:
    run = shop.run(f"{MAIN}::test_one", f"../b/{MAIN}::test_two", "-v", "--junitxml=out.xml", cwd="libs/a")
    assert set(run.words) == {f"{MAIN}::test_one", f"../b/{MAIN}::test_two"}
    assert set(run.cases) == {"libs.a.tests.test_main.test_one", "libs.b.tests.test_main.test_two"}
    whole = shop.run("-v", "tests", cwd="services/c")
    assert list(whole.words) == [f"{MAIN}::test_one", f"{MAIN}::test_two"]


def test_printed_node_ids_can_be_pasted_back(shop: Space) -> None:
    printed = shop.run("-v", "libs/a")
    hairy = [nodeid for nodeid in printed.words if "[" in nodeid or not nodeid.isascii()]
    assert len(hairy) == 5
    again = shop.run("-v", *hairy)
    assert list(again.words) == hairy
    assert again.counts == {"passed": 5}


def test_a_folder_above_projects_means_all_of_them(shop: Space) -> None:
    run = shop.run("-v", "libs", "-k", "test_one")
    assert set(run.words) == {f"libs/a/{MAIN}::test_one", f"libs/b/{MAIN}::test_one"}


def test_a_subfolder_runs_the_whole_workspace(shop: Space) -> None:
    run = shop.run("-q", "-k", "test_one", cwd="libs/a")
    assert run.counts == {"passed": 3, "deselected": 8}


# -- choosing tests


def test_k_m_deselect_and_ignore(shop: Space) -> None:
    by_name = shop.run("-v", "-k", "two and not services")
    assert set(by_name.words) == {f"{p}/{MAIN}::test_two" for p in ("libs/a", "libs/b", "services/c")}
    by_mark = shop.run("-v", "-m", "slow")
    assert set(by_mark.words) == {f"libs/a/{MAIN}::test_one"}
    assert by_mark.code == 0
    rest = shop.run(
        "-v",
        "--deselect",
        f"../a/{MAIN}::TestY",
        f"--deselect=../a/{MAIN}::test_two",
        "--ignore=tests",
        "--ignore-glob",
        "../../services/*/tests",
        cwd="libs/b",
    )
    assert set(rest.words) == {f"../a/{MAIN}::test_one", f"../a/{MAIN}::test_über"}
    rest.has("monorepo: 1 of 3 projects")


@pytest.mark.sampled("file", first=False)
@pytest.mark.parametrize("file", ["docs/guide.rst", "docs/guide.txt", "check_it.py"])
def test_a_file_that_is_named_runs_though_its_project_has_no_test(shop: Space, file: str) -> None:
    named = {"libs/d/pyproject.toml": '[project]\nname = "d"\nversion = "1"\n', f"libs/d/{file}": NAMED}
    shop.write(named)
    assert shop.run("-q", f"libs/d/{file}").counts == {"failed": 1}
    assert shop.run("-q", f"libs/d/{file}", f"libs/b/{MAIN}").counts == {"failed": 1, "passed": 2}
    git(shop.root, "init", "-q")
    git(shop.root, "add", "-A")
    git(shop.root, "commit", "-qm", "x")
    assert shop.run("-q", f"libs/d/{file}", "--affected=HEAD").counts == {"failed": 1}
    left_out = shop.run("-q", f"libs/b/{MAIN}", "--affected=HEAD")
    assert (left_out.code, left_out.counts) == (0, {"deselected": 1})


NAMED = '''"""
>>> 1
2
"""
def test_it():
    assert False
'''


def test_nothing_left_to_run_is_exit_5(shop: Space) -> None:
    run = shop.run("-k", "no_such_name")
    assert run.code == 5
    assert run.counts == {"deselected": 11}


def test_project_option(shop: Space) -> None:
    by_path = shop.run("-v", "--project", "libs/*", "--project", "!libs/a")
    assert set(by_path.words) == {f"libs/b/{MAIN}::test_one", f"libs/b/{MAIN}::test_two"}
    by_name = shop.run("-v", "--project=services-c")
    assert set(by_name.words) == {f"services/c/{MAIN}::test_one", f"services/c/{MAIN}::test_two"}
    but = shop.run("-q", "--project", "!libs/a")
    assert but.counts == {"passed": 4}


# -- stopping early


@pytest.mark.parametrize(("option", "failures"), [("-x", 1), ("--maxfail=4", 4)])
def test_the_whole_run_stops_at_so_many_failures(space: Space, option: str, failures: int) -> None:
    space.projects(dict.fromkeys(("a", "b", "c"), FAILING))
    alone = space.run(option, "--workers=1", "--junitxml=out.xml")
    assert alone.counts == {"failed": failures}
    assert list(alone.cases.values()).count("failure") == failures
    alone.has(rf"stopping after {failures} failures")
    assert alone.code == 1
    # the other worker may be in the middle of a test that fails too; what failed is told
    both = space.run(option)
    assert both.counts["failed"] in (failures, failures + 1)
    both.has(r"stopping after \d failures")


# -- earlier runs


def test_a_list_leaves_out_what_pytests_own_options_do(space: Space) -> None:
    space.projects({"libs/a": "def test(): pass\n", "libs/b": "def test(): assert 0\n"})
    space.run()
    for option in ("--lf", "--ignore=libs/a"):
        told = space.run("--monorepo-list", option)
        told.has(r"^- +libs-a +libs/a +not asked for$", "^run +libs-b +libs/b", "^1 of 2 projects would run$")
    space.run("--monorepo-list", "--lf", "-p", "no:cacheprovider").has("unrecognized arguments: --lf")
    space.run("--monorepo-list").has("^2 of 2 projects would run$")


def test_last_failed_and_failed_first(shop: Space) -> None:
    assert shop.run().counts == {"failed": 1, "passed": 10}
    last = shop.run("--lf", "-v")
    assert last.words == {f"libs/a/{MAIN}::test_two": "failed"}
    first = shop.run("--ff", "-v", "libs/a")
    assert next(iter(first.words)) == f"libs/a/{MAIN}::test_two"
    assert first.counts == {"failed": 1, "passed": 6}
    shop.write({f"libs/a/{MAIN}": A.replace("== 2", "== 1")})
    assert shop.run("--lf", "-q").counts["passed"] == 1
    nothing = shop.run("--lf", "--last-failed-no-failures=none")
    assert nothing.code in (0, 5)
    assert "passed" not in nothing.counts
    assert shop.run("--lf").counts == {"passed": 11}


def test_stepwise_goes_on_where_it_stopped(space: Space) -> None:
    space.projects(
        {"a": B, "b": "def test_1(): pass\ndef test_2(): assert 0\ndef test_3(): pass\n", "c": FAILING}
    )
    first = space.run("--sw", "-v")
    assert list(first.words.values()) == ["passed", "passed", "passed", "failed"]
    again = space.run("--sw", "-v")
    assert again.words == {f"b/{MAIN}::test_2": "failed"}
    space.write({f"b/{MAIN}": "def test_1(): pass\ndef test_2(): pass\ndef test_3(): pass\n"})
    on = space.run("--sw", "-v")
    assert list(on.words.values()) == ["passed", "passed", "failed"]
    skipping = space.run("--sw-skip", "-v")
    assert list(skipping.words) == [f"c/{MAIN}::test_1", f"c/{MAIN}::test_2"]


@pytest.mark.parametrize("words", [["--sw"], ["--sw-skip"], ["--stepwise", "--monorepo-list"]])
def test_stepwise_is_no_friend_of_shards(shop: Space, words: list[str]) -> None:
    run = shop.run(*words, "--shard=1/2")
    assert run.code == 4
    (line,) = (line for line in run.lines if "stepwise" in line)
    assert line == (
        "ERROR: --stepwise with --shard: each shard would stop at a failure of its own and go on there:"
        " use -x and --lf"
    )


# -- options that only the workers can obey


def test_options_reach_every_project(shop: Space) -> None:
    shop.write(
        {
            "extra.py": "def pytest_report_header(): return 'extra is here'\n"
            "import pytest\n"
            "@pytest.fixture\ndef gift(): return 7\n",
            "libs/b/tests/test_main.py": "import warnings\n"
            "def test_gift(gift): assert gift == 7\n"
            "def test_option(pytestconfig): assert pytestconfig.getini('xfail_strict')\n"
            "def test_warns(): warnings.warn('old', DeprecationWarning)\n",
        }
    )
    run = shop.run(
        "libs/a", "libs/b", "-p", "extra", "-o", "xfail_strict=true", "-W", "error::DeprecationWarning",
        "-l", "-rA", "--durations=2", "--durations-min=0", "-vv",
        env={"PYTHONPATH": f"{shop.environ()['PYTHONPATH']}:{shop.root}"},
    )  # fmt: skip
    assert run.words[f"libs/b/{MAIN}::test_gift"] == "passed"
    assert run.words[f"libs/b/{MAIN}::test_option"] == "passed"
    assert run.words[f"libs/b/{MAIN}::test_warns"] == "failed"
    run.has(
        "^extra is here", "^here += 1$", "slowest 2 durations", "s (setup|call|teardown) +(libs|services)/"
    )
    assert f"PASSED libs/a/{MAIN}::test_über" in run.summary


@pytest.mark.parametrize(
    ("style", "shown", "hidden"),
    [
        ("line", rf"/libs/a/{MAIN}:10: assert 1 == 2", "here = 1"),
        ("short", rf"^libs/a/{MAIN}:10: in test_two", "here = 1"),
        ("no", rf"FAILED libs/a/{MAIN}::test_two", "FAILURES"),
    ],
)
def test_traceback_styles(shop: Space, style: str, shown: str, hidden: str) -> None:
    run = shop.run(f"libs/a/{MAIN}::test_two", f"--tb={style}")
    run.has(shown)
    run.lacks(hidden)


def test_what_was_not_run_is_in_the_table(shop: Space) -> None:
    fails = "import pathlib, time\nended = pathlib.Path(__file__).parents[3] / 'services/c/ended'\n"
    fails += "def test_1():\n    while not ended.exists(): time.sleep(0.01)\n    assert 0\n"
    shop.write({"services/c/conftest.py": "def pytest_unconfigure(): open('ended', 'w').close()\n"})
    shop.write({f"libs/b/{MAIN}": f"{fails}def test_2(): pass\ndef test_3(): pass\n"})
    run = shop.run("-x", "--workers=2", "libs/b", "services/c")
    run.has("project +passed +failed +not run +time", r"libs/b +- +1 +2 ")


def test_strict_markers(shop: Space) -> None:
    shop.write({f"libs/b/{MAIN}": "import pytest\n@pytest.mark.typo\ndef test_one(): pass\n"})
    run = shop.run("--strict-markers", "libs/b", "services/c")
    run.has("'typo' not found in `markers` configuration option")
    assert run.counts == {"passed": 2, "error": 1}


def test_an_option_of_one_project_comes_from_the_settings(shop: Space) -> None:
    shop.write(
        {
            "pyproject.toml": '[tool.pytest-monorepo.projects."libs/b"]\nargs = ["--flavour=mint"]\n'
            'env = {FLAVOUR = "lemon"}\n',
            "libs/b/conftest.py": "def pytest_addoption(parser): parser.addoption('--flavour')\n",
            f"libs/b/{MAIN}": "import os\ndef test_one(pytestconfig):\n"
            "    assert pytestconfig.getoption('flavour') == 'mint'\n"
            "    assert os.environ['FLAVOUR'] == 'lemon'\n",
        }
    )
    run = shop.run("libs/b", "services/c")
    assert run.counts == {"passed": 3}


def test_plugins_that_one_project_runs_without(shop: Space) -> None:
    """They are not there from the start, so that their options are unknown, as under plain pytest."""
    without = ["-p", "no:cacheprovider", "--lf"]
    shop.write(
        {"pyproject.toml": f'[tool.pytest-monorepo.projects."libs/b"]\nargs = {json.dumps(without)}\n'}
    )
    theirs = shop.plain(*without, cwd="libs/b")
    theirs.has("unrecognized arguments: --lf")
    run = shop.run("libs/b", "services/c")
    run.has("unrecognized arguments: --lf")
    assert run.counts == {"passed": 2, "error": 1}


# -- the switch and the settings


def test_the_switch_may_stand_in_the_roots_ini_file(shop: Space) -> None:
    shop.write({"pytest.ini": "[pytest]\naddopts = -p pytest_monorepo.plugin --monorepo -q\n"})
    shop.write({"libs/b/pyproject.toml": '[project]\nname = "b"\n'})  # the root's ini is also this one's
    run = shop.plain("libs")
    assert run.counts == {"failed": 1, "passed": 8}
    from_below = shop.plain("-k", "test_one", cwd="libs/b")
    assert from_below.counts == {"passed": 3, "deselected": 8}


def test_the_switch_may_stand_in_the_environment(shop: Space) -> None:
    shop.write({f"libs/b/{MAIN}": "import os\ndef test_env(): assert os.environ['PYTEST_ADDOPTS'] == '-q'\n"})
    for ours in ("--monorepo", "--monorepo --project 'libs/*'"):
        run = shop.plain("libs/b", "-p", "pytest_monorepo.plugin", env={"PYTEST_ADDOPTS": f"{ours} -q"})
        assert run.counts == {"passed": 1}


def test_the_controllers_ini_file_is_the_roots(shop: Space) -> None:
    shop.write(
        {
            "pytest.ini": "[pytest]\naddopts = -rs\n",
            "conftest.py": "raise RuntimeError('a conftest in the controller')\n",
            "libs/a/pytest.ini": "[pytest]\naddopts = --no-such\n",
        }
    )
    run = shop.run("libs/a")
    run.has(
        r"rootdir: .*/repo$",
        "configfile: pytest.ini",
        "ERROR collecting libs/a",
        "unrecognized arguments: --no-such",
    )
    assert run.code == 4


def test_plugins_given_to_main_survive_a_second_start(shop: Space) -> None:
    shop.write(
        {
            "start.py": """
                import sys, pytest
                class Seen:
                    def pytest_runtest_logreport(self, report):
                        if report.when == "call":
                            print("seen", report.nodeid)
                    def pytest_sessionfinish(self, session):
                        print("rootdir is", session.config.rootpath.name)
                args = ["--monorepo", "-p", "pytest_monorepo.plugin", "libs/b"]
                sys.exit(pytest.main(args, plugins=[Seen()]))
            """
        }
    )
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "start.py"], cwd=shop.root, env=shop.environ(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"seen libs/b/{MAIN}::test_one" in done.stdout
    assert "rootdir is repo" in done.stdout


def test_a_log_file_is_in_each_project(space: Space, tmp_path: Path) -> None:
    logging = "import logging\ndef test_it(): logging.warning('from %s', __file__)\n"
    space.projects({"a": logging, "b": logging})
    assert space.run("--log-file=run.log").code == 0
    for path in ("a", "b"):
        assert f"/{path}/tests/" in (space.root / path / "run.log").read_text()
    assert not (space.root / "run.log").exists()
    common = tmp_path / "common.log"
    run = space.run(f"--log-file={common}")
    assert run.code == 4
    run.has(f"^ERROR: --log-file {common}: each project would overwrite it")
    assert space.run(f"--log-file={common}", "a").code == 0
    assert "/a/tests/" in common.read_text()
    appended = space.run(f"--log-file={common}", "--log-file-mode=a")
    if "unrecognized arguments" not in appended.out:  # pytest 8.0
        assert appended.code == 0
        assert common.read_text().count("WARNING") == 3


# -- what cannot be collected

BROKEN = "import nothing_there\n"


@pytest.mark.sampled("words")
@pytest.mark.parametrize("words", [[], ["--collect-only", "-q"], ["-x"], ["--continue-on-collection-errors"]])
def test_the_exit_code_of_a_single_project_is_the_one_it_has_alone(space: Space, words: list[str]) -> None:
    space.projects({"a": B, "b": B})
    space.write({"a/tests/test_broken.py": BROKEN})
    alone = space.plain(*words, cwd="a")
    assert space.run("a", *words).code == alone.code
    # others run, or are collected, all the same
    assert space.run(*words).code == 1


# -- listing instead of running


def test_collect_only(shop: Space) -> None:
    shop.write(
        {
            "watch.py": """
                import pytest

                def pytest_collection_finish(session):
                    if not hasattr(session.config, "workerinput"):
                        assert all(isinstance(item, pytest.Item) for item in session.items)
                        print("items", len(session.items), session.items[0].nodeid)
            """
        }
    )
    env = {"PYTHONPATH": f"{shop.environ()['PYTHONPATH']}:{shop.root}"}
    tree = shop.run("--collect-only", "-p", "watch", "libs", env=env)
    assert tree.code == 0
    tree.has(
        "^<Project libs/a>",
        "^  .*<Module test_main.py>",
        "<Class TestY>",
        r"<Function test_z\[x y\]>",
        "^<Project libs/b>",
    )
    tree.has(rf"items 9 libs/a/{MAIN}::test_one", "9 tests collected")
    tree.lacks("passed", "= projects =")
    ids = shop.run("--co", "-q")
    hairy = [f"TestY::test_z[{parameter}]" for parameter in ("p-1", "a::b/c d", "x y", "[b]")]
    assert [line for line in ids.lines if "::" in line] == [
        *(f"libs/a/{MAIN}::{name}" for name in ("test_one", "test_two", *hairy, "test_über")),
        *(f"libs/b/{MAIN}::{name}" for name in ("test_one", "test_two")),
        *(f"services/c/{MAIN}::{name}" for name in ("test_one", "test_two")),
    ]


def test_fixtures_and_markers_of_every_project(shop: Space) -> None:
    shop.write({"libs/b/tests/conftest.py": "import pytest\n@pytest.fixture\ndef cup():\n    'Holds tea.'\n"})
    fixtures = shop.run("--fixtures", "libs")
    fixtures.has("libs/a", "tmp_path", "libs/b", "cup -- .*conftest.py", "Holds tea")
    assert fixtures.code == 0
    markers = shop.run("--markers")
    markers.has("libs/a", "@pytest.mark.slow: takes long", "libs/b", "@pytest.mark.skip")
    assert markers.code == 0


# -- other plugins


def test_junit_names_every_test_once(shop: Space) -> None:
    run = shop.run("--junitxml=out.xml", "--color=yes")
    assert len(run.cases) == 11
    assert run.cases["libs.a.tests.test_main.test_two"] == "failure"
    assert run.cases["services.c.tests.test_main.test_two"] == "passed"
    assert "\x1b[31mFAILED\x1b[0m libs/a" in run.out


def test_workers_by_xdists_option(shop: Space) -> None:
    xdist = pytest.importorskip("xdist.plugin").__name__
    for option, workers in (("-n1", "1 worker"), ("-n0", "1 worker"), ("-nauto", r"\d+ workers?")):
        run = shop.run("-p", xdist, option, "libs/b", "services/c")
        run.has(f"monorepo: 2 of 3 projects, {workers}, ")
        assert run.counts == {"passed": 4}
    assert shop.run("--workers=1", "libs").counts == {"failed": 1, "passed": 8}


def test_a_fresh_process_reports_what_a_forked_one_does(shop: Space) -> None:
    shop.write({f"services/c/{MAIN}": "import os\ndef test_out(): os._exit(3)\ndef test_on(): pass\n"})
    forked = shop.run("-v", "--junitxml=fork.xml", "--monorepo-start=fork")
    spawned = shop.run("-v", "--junitxml=spawn.xml", "--monorepo-start=spawn")
    assert forked.cases == spawned.cases
    assert (forked.code, forked.counts) == (spawned.code, spawned.counts) == (1, {"failed": 2, "passed": 9})
    assert sorted(forked.summary) == sorted(spawned.summary)


def test_without_a_terminal_reporter(shop: Space) -> None:
    run = shop.run("-p", "no:terminal", "--junitxml=out.xml")
    assert (run.code, run.out) == (1, "")
    assert len(run.cases) == 11


@pytest.mark.slow
def test_with_every_installed_plugin_loaded(shop: Space) -> None:
    run = shop.run("-v", autoload=True)
    assert run.counts == {"failed": 1, "passed": 10}


def test_the_setup_of_fixtures_is_shown_by_project(shop: Space) -> None:
    shop.write(
        {"libs/b/tests/conftest.py": "import pytest\n@pytest.fixture(autouse=True)\ndef cup(): pass\n"}
    )
    shown = shop.run("--setup-show", "libs/b")
    shown.has("libs/b", r"SETUP    F cup", f"{MAIN}::test_one.*cup", r"TEARDOWN F cup", r"\d+ passed")
    assert shown.code == 0
    planned = shop.run("--setup-plan", "libs/b")
    planned.has(r"SETUP    F cup", "no tests ran")


@pytest.mark.sampled("start", first=False)
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_the_interpreters_flags_hold_for_the_tests(space: Space, start: str) -> None:
    space.projects(
        {
            "one": """
            import sys, warnings
            def test_warns(): warnings.warn("this", UserWarning)
            def test_flags():
                if not (sys.flags.dev_mode and sys.flags.optimize):
                    raise ValueError(sys.flags)
            """
        }
    )
    space.flags = ["-W", "error::UserWarning", "-X", "dev", "-O"]
    run = space.run("-v", f"--monorepo-start={start}")
    node = "one/tests/test_main.py::test_"
    assert run.words == {f"{node}warns": "failed", f"{node}flags": "passed"}, run.out


def test_warnings_that_are_errors_keep_no_server_from_starting(shop: Space) -> None:
    """Such as pluggy's, of an exception that passes a wrapper of the old style."""
    wrapper = "import pytest\n\n@pytest.hookimpl(hookwrapper=True, tryfirst=True)\n"
    wrapper += "def pytest_load_initial_conftests():\n    outcome = yield\n    outcome.get_result()\n"
    shop.write({"wrapping.py": wrapper})
    path = os.pathsep.join([shop.environ()["PYTHONPATH"], str(shop.root)])
    expected = shop.run().counts
    run = shop.run(env={"PYTHONWARNINGS": "error", "PYTEST_PLUGINS": "wrapping", "PYTHONPATH": path})
    assert run.counts == expected, run.out


def test_without_capturing_or_debugging(shop: Space) -> None:
    """The plugins, and with them their options."""
    run = shop.run("-p", "no:capture", "-p", "no:debugging")
    assert run.counts == shop.run().counts
