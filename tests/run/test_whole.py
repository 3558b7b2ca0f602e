"""What one worker must run whole: limits that count over a project, and what ``keep-whole`` names."""

from __future__ import annotations

import os
from textwrap import dedent

import pytest

from .space import Run, Space

FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="siblings are forked")
MAX_WARNINGS = pytest.mark.skipif(pytest.version_tuple < (9, 1), reason="max_warnings came with pytest 9.1")
WARNS = "import time, warnings\ndef test_it():\n    time.sleep(0.05)\n    warnings.warn('{}')\n"
SLEEPS = """
import os, time
def test_it():
    open("pids", "a").write(f"{os.getpid()} ")
    time.sleep(0.05)
    for _ in range(30_000 if os.path.exists("meet") else 0):
        if len(set(open("pids").read().split())) > 1:
            break
        time.sleep(0.01)
"""


def settings(space: Space, *lines: str) -> None:
    space.write({"pyproject.toml": "\n".join(["[tool.pytest-monorepo]", *lines, ""])})


def files(space: Space, text: str, count: int = 4, project: str = "big") -> None:
    space.projects({project: text})
    space.write({f"{project}/tests/test_{n}.py": text.replace("{}", str(n)) for n in range(count - 1)})


def workers_of(space: Space, *args: str) -> int:
    """How many processes ran the tests of the project ``big``."""
    (space.root / "big" / "pids").unlink(missing_ok=True)
    run = space.run("--workers=3", *args)
    assert run.code == 0, run.out
    return len(set((space.root / "big" / "pids").read_text().split()))


def is_split(space: Space) -> bool:
    """Whether several do, where the first one waits for the second."""
    (space.root / "big" / "meet").touch()
    several = workers_of(space) > 1
    (space.root / "big" / "meet").unlink()
    return several


def split(space: Space, *args: str) -> Run:
    return space.run("--workers=3", "-v", *args)


@MAX_WARNINGS
@pytest.mark.parametrize("allowed", [3, 4])
def test_warnings_are_counted_over_the_whole_project(space: Space, allowed: int) -> None:
    files(space, WARNS)
    space.write({"big/pytest.ini": f"[pytest]\nmax_warnings = {allowed}\n"})
    assert split(space).code == space.plain(cwd="big").code == (6 if allowed == 3 else 0)


@MAX_WARNINGS
def test_warnings_are_counted_project_by_project(space: Space) -> None:
    files(space, WARNS, 2, "a")
    files(space, WARNS, 3, "b")
    assert space.run("--max-warnings=3").code == 0
    run = space.run("--max-warnings=2")
    assert run.code == 1
    run.has("^ERROR b - .*maximum allowed warnings exceeded: 3 > 2")


@FORK
def test_a_limit_of_failures_of_its_own_ends_the_project_where_it_does_alone(space: Space) -> None:
    failing = "import time\ndef test_one():\n    time.sleep(0.05)\n    assert 0\n"
    files(space, failing)
    space.write({"big/pytest.ini": "[pytest]\naddopts = --maxfail=2\n"})
    run = split(space)
    assert run.counts["failed"] == space.plain(cwd="big").counts["failed"] == 2
    run.has("run by one worker each", r"^big: option --maxfail")


@FORK
def test_what_declares_nothing_is_split(space: Space) -> None:
    files(space, SLEEPS)
    assert is_split(space)


@FORK
@pytest.mark.parametrize(
    ("entry", "project_files"),
    [
        ("marker:stage", {"big/pytest.ini": "[pytest]\nmarkers = stage\n", "big/tests/test_0.py": None}),
        ("fixture:journal", {"big/conftest.py": "import pytest\n@pytest.fixture\ndef journal(): pass\n"}),
        ("plugin:stages", {"big/pytest.ini": "[pytest]\naddopts = -p stages\n", "big/stages.py": ""}),
        (
            "option:--stages",
            {
                "big/pytest.ini": "[pytest]\naddopts = --stages=2\n",
                "big/conftest.py": "def pytest_addoption(parser): parser.addoption('--stages')\n",
            },
        ),
        (
            "setting:stages",
            {
                "big/pytest.ini": "[pytest]\nstages = 2\n",
                "big/conftest.py": "def pytest_addoption(parser): parser.addini('stages', '')\n",
            },
        ),
    ],
)
def test_keep_whole_names_what_a_project_counts_on(
    space: Space, entry: str, project_files: dict[str, str | None]
) -> None:
    files(space, SLEEPS)
    space.write({path: text for path, text in project_files.items() if text is not None})
    if entry.startswith("marker:"):
        marked = "import pytest\npytestmark = pytest.mark.stage\n" + SLEEPS
        space.write({"big/tests/test_0.py": marked})
    if entry.startswith("fixture:"):
        space.write({"big/tests/test_0.py": SLEEPS.replace("test_it()", "test_it(journal)")})
    with space.environment(PYTHONPATH=f"{space.environ()['PYTHONPATH']}{os.pathsep}{space.root / 'big'}"):
        assert is_split(space)
        settings(space, f'keep-whole = ["{entry}"]')
        assert workers_of(space) == 1


@FORK
def test_a_project_says_how_it_is_split(space: Space) -> None:
    files(space, SLEEPS)
    settings(space, '[tool.pytest-monorepo.projects."big"]', 'split = "none"')
    assert workers_of(space) == 1
    assert workers_of(space, "--monorepo-split=test") == 1


# spelled so that nobody reads it as a project's own code that has a part for xdist's main process
JUDGE = """
    import os

    WORKER, VARIABLE = "worker" + "input", "PYTEST_" + "XDIST"

    def pytest_configure(config):
        config.seen = []

    def pytest_runtest_logreport(report):
        if report.when == "call":
            open("judge.log", "a").write(report.nodeid + "\\n")

    def pytest_sessionfinish(session):
        workers = [name for name in os.environ if name.startswith(VARIABLE)]
        if not workers and not hasattr(session.config, WORKER):
            session.exitstatus = 11

    def pytest_terminal_summary(terminalreporter):
        terminalreporter.write_sep("=", "judge")
        terminalreporter.write_line("three are missing")
"""


def test_a_plugin_that_judges_finds_the_process_it_expects(space: Space) -> None:
    files(space, SLEEPS, project="a")
    files(space, SLEEPS, project="b")
    space.write({f"{path}/pytest.ini": "[pytest]\naddopts = -p judge\n" for path in "ab"})
    space.write({"lib/judge.py": JUDGE})
    with space.environment(PYTHONPATH=f"{space.environ()['PYTHONPATH']}{os.pathsep}{space.root / 'lib'}"):
        assert space.plain(cwd="a").code == 11
        assert space.run().code == 0  # a worker as under xdist: it leaves the judging to another process
        settings(space, 'keep-whole = ["plugin:judge"]')
        run = split(space)
        assert run.code == 1
        run.has("^ERROR a - judge ended the project with exit code 11", "^ERROR b - judge ended")
        run.has("=+ judge =+", "^a: three are missing", "^b: three are missing")
        assert space.run("a").code == 11


def test_a_worker_that_goes_on_after_a_death_does_not_judge(space: Space) -> None:
    dying = "import os\ndef test_dies(): os._exit(1)\ndef test_lives(): pass\n"
    files(space, dying, 1, "a")
    space.write({"a/pytest.ini": "[pytest]\naddopts = -p judge\n", "lib/judge.py": JUDGE})
    settings(space, 'keep-whole = ["plugin:judge"]')
    with space.environment(PYTHONPATH=f"{space.environ()['PYTHONPATH']}{os.pathsep}{space.root / 'lib'}"):
        run = space.run()
    assert run.counts == {"failed": 1, "passed": 1}
    run.lacks("exit code 11")


GATHERS = """
    passed = []

    def pytest_runtest_logreport(report):
        if report.when == "call":
            passed.append(report.nodeid)

    def pytest_sessionfinish():
        open("gathered", "w").write(" ".join(sorted(passed)))
"""
TELLS = """
    def pytest_terminal_summary(terminalreporter, exitstatus, config):
        terminalreporter.section("slowest of mine")
        for report in sorted(terminalreporter.getreports("passed"), key=lambda one: one.nodeid):
            terminalreporter.write_line(report.nodeid)
"""
REGISTERS = f"""
    {TELLS.replace("pytest_terminal_summary", "tell").strip()}

    class Own:
        pytest_terminal_summary = staticmethod(tell)

    def pytest_configure(config):
        config.pluginmanager.register(Own())
"""
WRAPS = TELLS.replace(
    "    def pytest_t", "    import pytest\n\n    @pytest.hookimpl(hookwrapper=True)\n    def pytest_t"
).replace("config):\n", "config):\n        yield\n")


def test_what_a_conftest_gathers_is_about_the_whole_project(space: Space) -> None:
    files(space, SLEEPS)
    space.write({"big/conftest.py": GATHERS})
    assert space.plain(cwd="big").code == 0
    alone = (space.root / "big" / "gathered").read_text()
    assert len(alone.split()) == 4
    (space.root / "big" / "gathered").unlink()
    run = split(space, "--monorepo-split=test")
    run.has("^big: conftest pytest_sessionfinish$")
    assert (space.root / "big" / "gathered").read_text() == alone


MAKES = "import contextlib, functools, os, shutil, subprocess, sys, tempfile\nimport pytest\n"
MADE = "os.environ['MADE'] = made = tempfile.mkdtemp()"
GONE = "shutil.rmtree(os.environ['MADE'])"
UNDO = {
    "unconfigure": f"def pytest_configure():\n    {MADE}\ndef pytest_unconfigure():\n    {GONE}\n",
    "finish": f"def pytest_sessionstart():\n    {MADE}\ndef pytest_sessionfinish():\n    {GONE}\n",
    "finish after collection": (
        f"def pytest_collection_finish():\n    {MADE}\n"
        f"@pytest.hookimpl(hookwrapper=True)\ndef pytest_sessionfinish():\n    yield\n    {GONE}\n"
    ),
    "plugin": (
        f"class Own:\n    def __init__(self):\n        {MADE}\n"
        f"    def pytest_unconfigure(self):\n        {GONE}\n"
        "def pytest_configure(config):\n    config.pluginmanager.register(Own())\n"
    ),
    "loop": (
        f"@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtestloop():\n    {MADE}\n    yield\n    {GONE}\n"
    ),
    "function": f"def pytest_configure(config):\n    {MADE}\n    config.add_cleanup(lambda: {GONE})\n",
    "partial": (
        f"def pytest_configure(config):\n    {MADE}\n"
        "    config.add_cleanup(functools.partial(shutil.rmtree, made))\n"
    ),
    "folder": (
        "def pytest_collection_modifyitems(config):\n    folder = tempfile.TemporaryDirectory()\n"
        "    os.environ['MADE'] = folder.name\n    config.add_cleanup(folder.cleanup)\n"
    ),
    "callable": (
        f"class Gone:\n    def __call__(self): {GONE}\n"
        f"def pytest_configure(config):\n    {MADE}\n    config.add_cleanup(Gone())\n"
    ),
    "stack": (
        "def pytest_configure(config):\n    stack = contextlib.ExitStack()\n"
        "    os.environ['MADE'] = stack.enter_context(tempfile.TemporaryDirectory())\n"
        "    config.add_cleanup(stack.close)\n"
    ),
    "context": (
        f"@contextlib.contextmanager\ndef making():\n    {MADE}\n    yield\n    {GONE}\n"
        "def pytest_configure(config):\n    stack = contextlib.ExitStack()\n"
        "    stack.enter_context(making())\n    config.add_cleanup(stack.close)\n"
    ),
    "sibling": "sys.path.insert(0, os.path.abspath('..'))\npytest_plugins = ['kit.plug']\n",
    "server": (
        "def pytest_configure(config):\n"
        "    config.server = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)\n"
        "    os.environ['MADE'] = f'/proc/{config.server.pid}/exe'\n"
        "def pytest_unconfigure(config):\n    config.server.communicate()\n"
    ),
}
USES = """
    import os, time

    def test_it():
        until = time.monotonic() + {}
        while time.monotonic() < until:
            assert os.path.exists(os.environ["MADE"])
            time.sleep(0.05)
"""


@pytest.mark.sampled("text")
@pytest.mark.parametrize("text", UNDO.values(), ids=list(UNDO))
def test_what_is_undone_at_the_end_is_there_for_all_tests(space: Space, text: str) -> None:
    files(space, USES.replace("{}", "0.{}"))
    space.write({"big/conftest.py": MAKES + text, "big/tests/test_main.py": USES.replace("{}", "0.4")})
    space.write({"kit/plug.py": MAKES + UNDO["unconfigure"]})
    assert space.plain(cwd="big").code == 0
    run = split(space)
    assert run.counts == {"passed": 4}, run.out
    run.has("^big: conftest ")


INSTALLED = {
    **{
        name: UNDO[name]
        for name in ("unconfigure", "finish", "plugin", "loop", "function", "context", "server")
    },
    "helper": (
        f"def _undo():\n    {GONE}\ndef pytest_configure():\n    {MADE}\n"
        "def pytest_unconfigure():\n    _undo()\n"
    ),
    "inner": (
        f"def pytest_configure():\n    {MADE}\n"
        f"def pytest_unconfigure():\n    def undo():\n        {GONE}\n    undo()\n"
    ),
    "method": (
        f"class Own:\n    def undo(self):\n        {GONE}\n"
        "    def pytest_unconfigure(self):\n        self.undo()\n"
        f"def pytest_configure(config):\n    {MADE}\n    config.pluginmanager.register(Own())\n"
    ),
    "wrapped": (
        "def logged(function):\n    @functools.wraps(function)\n    def inner():\n        return function()\n"
        f"    return inner\ndef pytest_configure():\n    {MADE}\n"
        f"@logged\ndef pytest_unconfigure():\n    {GONE}\n"
    ),
}


@pytest.mark.parametrize("text", INSTALLED.values(), ids=list(INSTALLED))
def test_what_an_installed_plugin_undoes_at_the_end_is_there_for_all_tests(
    space: Space, tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    site = tmp_path_factory.mktemp("env") / "site-packages"
    site.mkdir()
    (site / "undoing.py").write_text(MAKES + text)
    files(space, USES.replace("{}", "0.{}"))
    space.write({"big/tests/test_main.py": USES.replace("{}", "0.4")})
    space.write({"big/pytest.ini": "[pytest]\naddopts = -p undoing\n"})
    with space.environment(PYTHONPATH=f"{space.environ()['PYTHONPATH']}{os.pathsep}{site}"):
        assert space.plain(cwd="big").code == 0
        run = split(space)
    assert run.counts == {"passed": 4}, run.out
    run.has(r"^big: plugin \w+ \(\w+\)$")


@FORK
def test_an_installed_plugin_that_takes_nothing_away_leaves_it_to_several(
    space: Space, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = tmp_path_factory.mktemp("env") / "site-packages"
    site.mkdir()
    ends = "def _log(text):\n    return text.strip()\ndef pytest_unconfigure(config):\n    _log('x')\n"
    (site / "undoing.py").write_text(ends)
    files(space, SLEEPS)
    space.write({"big/pytest.ini": "[pytest]\naddopts = -p undoing\n"})
    with space.environment(PYTHONPATH=f"{space.environ()['PYTHONPATH']}{os.pathsep}{site}"):
        assert is_split(space)


def test_what_is_undone_at_the_end_may_be_so_on_each_machine(space: Space) -> None:
    files(space, "def test_it(): pass\n")
    space.write({"big/conftest.py": "def pytest_unconfigure(): pass\n"})
    shards = [space.run(f"--shard={number}/2") for number in (1, 2)]
    assert [run.counts["passed"] for run in shards] == [2, 2]


@pytest.mark.sampled("text", first=False)
@pytest.mark.parametrize("text", [TELLS, REGISTERS, WRAPS], ids=["hook", "plugin", "wrapper"])
def test_what_a_conftest_says_at_the_end_is_shown(space: Space, text: str) -> None:
    files(space, SLEEPS, 3, "a")
    files(space, SLEEPS, 2, "b")
    own = {"a/conftest.py": text, "b/tests/conftest.py": text}
    space.write({path: "\n".join(map(str.rstrip, dedent(text).splitlines())) for path, text in own.items()})
    for options in ((), ("-s",), ("-q", "--monorepo-start=spawn")):
        run = space.run("--workers=3", *options)
        run.has("^=+ conftest =+$", "^a:$", "^  slowest of mine:$", "^  tests/test_0.py::test_it$", "^b:$")
        assert (run.code, run.out.count("::test_it")) == (0, 5), run.out


def test_the_first_shard_runs_what_must_be_whole(space: Space) -> None:
    files(space, SLEEPS)
    settings(space, 'keep-whole = ["plugin:stages"]')
    space.write({"big/pytest.ini": "[pytest]\naddopts = -p stages\n", "big/stages.py": ""})
    with space.environment(PYTHONPATH=f"{space.environ()['PYTHONPATH']}{os.pathsep}{space.root / 'big'}"):
        runs = [space.run(f"--shard={n}/2") for n in (1, 2)]
        assert [run.code for run in runs] == [0, 0]
        assert [run.counts.get("passed", 0) for run in runs] == [4, 0]
        merged = space.run("--monorepo-merge=monorepo-shards")
    assert (merged.code, merged.counts) == (0, {"passed": 4})


@pytest.mark.parametrize("entry", ["stage", "mark:stage", "marker:"])
def test_an_entry_of_no_kind_is_refused(space: Space, entry: str) -> None:
    files(space, SLEEPS, 1)
    settings(space, f'keep-whole = ["{entry}"]')
    run = space.run()
    assert run.code == 4
    run.has("'keep-whole' must be a list of 'KIND:NAME'")
