"""One project's tests run by several workers: the same outcomes, and fixtures as under pytest-xdist."""

from __future__ import annotations

import json
import os
import re

import pytest

from .space import Run, Space

FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="siblings are forked")

CONFTEST = """
import json, os, pathlib, time
import pytest

def note(kind, **facts):
    folder = pathlib.Path(__file__).parent / "notes"
    folder.mkdir(exist_ok=True)
    facts.update(kind=kind, pid=os.getpid(), worker=os.environ["PYTEST_XDIST_WORKER"])
    with (folder / "{}.jsonl".format(os.getpid())).open("a") as stream:
        stream.write(json.dumps(facts) + "\\n")

note("collects")

@pytest.fixture(scope="session", autouse=True)
def session_wide():
    note("session")
    yield
    note("session end")

@pytest.fixture(scope="module", autouse=True)
def module_wide(request):
    note("module", module=request.module.__name__)

@pytest.fixture(autouse=True)
def each(request, tmp_path):
    note("test", test=request.node.nodeid, tmp=str(tmp_path),
         workerid=request.config.workerinput["workerid"])
    print("printed by", request.node.nodeid)
    # some tests are about what several processes do: the first one must not have done all before they begin
    meeting = int(os.environ.get("MEETING", "1"))
    while len(list((pathlib.Path(__file__).parent / "notes").iterdir())) < meeting:
        time.sleep(0.01)
"""
MEETING = {"MEETING": "2"}
FILE = """
import time
import pytest

def test_first(tmp_path):
    (tmp_path / "x").write_text("")
    time.sleep(0.05)

class TestA:
    def test_a(self): time.sleep(0.02)
    def test_b(self): assert 0, "told"

class TestB:
    @pytest.mark.parametrize("v", ["a::b", "c"])
    def test_c(self, v): time.sleep(0.02)

@pytest.mark.skip(reason="no")
def test_skipped(): pass

@pytest.mark.xfail
def test_xfails(): assert 0
"""
FILES = 4


@pytest.fixture
def big(space: Space) -> Space:
    """One project with four files."""
    space.projects({"big": FILE})
    space.write({"big/conftest.py": CONFTEST})
    space.write({f"big/tests/test_{n}.py": FILE for n in range(FILES - 1)})
    return space


def notes(space: Space) -> list[dict[str, str]]:
    files = sorted((space.root / "big" / "notes").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def facts(run: Run) -> tuple[dict[str, str], dict[str, int], int]:
    return run.words, run.counts, run.code


@pytest.mark.sampled("args")
@pytest.mark.parametrize(
    "args",
    [
        ("--monorepo-split=file",),
        ("--monorepo-split=scope",),
        ("--monorepo-split=test",),
        pytest.param(("--monorepo-split=file", "--monorepo-start=spawn"), marks=pytest.mark.slow),
        pytest.param(("--monorepo-split=test", "--monorepo-start=spawn"), marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_the_outcomes_are_those_of_one_worker(big: Space, args: tuple[str, ...]) -> None:
    alone = big.run("-v", "--workers=1", "--monorepo-split=none")
    assert len(alone.words) == 7 * FILES
    split = big.run("-v", "--workers=3", *args)
    assert facts(split) == facts(alone)


def _workers_of(rows: list[dict[str, str]], key: str) -> dict[str, set[str]]:
    """Which processes ran the tests of each group, by what ``key`` finds in a node id."""
    found: dict[str, set[str]] = {}
    for row in rows:
        if row["kind"] == "test":
            match = re.search(key, row["test"])
            assert match is not None
            found.setdefault(match[0], set()).add(str(row["pid"]))
    return found


@FORK
def test_a_file_is_run_by_one_worker_and_fixtures_are_set_up_once_in_each(big: Space) -> None:
    run = big.run("--workers=3", env=MEETING)
    rows = notes(big)
    assert len({row["pid"] for row in rows if row["kind"] == "collects"}) == 1
    processes = {row["pid"] for row in rows if row["kind"] == "test"}
    assert len(processes) >= 2, run.out
    for kind in ("session", "session end"):
        assert sorted(row["pid"] for row in rows if row["kind"] == kind) == sorted(processes)
    assert all(len(workers) == 1 for workers in _workers_of(rows, r"^[^:]+").values())
    modules = [row["module"] for row in rows if row["kind"] == "module"]
    assert len(modules) == len(set(modules)) == FILES


@FORK
def test_each_worker_has_a_name_and_each_test_a_folder_of_its_own(big: Space) -> None:
    big.run("--workers=3", "--monorepo-split=test", env=MEETING)
    tests = [row for row in notes(big) if row["kind"] == "test"]
    names = {(row["pid"], row["worker"], row["workerid"]) for row in tests}
    assert len(names) == len({pid for pid, _, _ in names}) == len({name for _, name, _ in names})
    assert all(name == told and re.fullmatch(r"gw[012]", name) for _, name, told in names)
    assert len({row["tmp"] for row in tests}) == len(tests)


@FORK
@pytest.mark.parametrize(("mode", "key"), [("scope", r"^.+::(?=[^:\[]+(\[|$))"), ("file", r"^[^:]+")])
def test_groups_stay_together(big: Space, mode: str, key: str) -> None:
    big.run("--workers=3", f"--monorepo-split={mode}", env=MEETING)
    assert all(len(workers) == 1 for workers in _workers_of(notes(big), key).values())


@FORK
def test_xdist_group_holds_tests_of_several_files_together(big: Space) -> None:
    marked = (
        "import pytest, time\npytestmark = pytest.mark.xdist_group('one')\ndef test_it(): time.sleep(0.02)\n"
    )
    free = "import time\ndef test_it(): time.sleep(0.05)\ndef test_more(): time.sleep(0.05)\n"
    for path in (big.root / "big/tests").glob("test_*.py"):
        path.unlink()
    big.write({f"big/tests/test_{n}.py": marked if n % 2 else free for n in range(6)})
    big.write({"big/pytest.ini": "[pytest]\nmarkers = xdist_group: together\n"})
    run = big.run("--workers=3", "--monorepo-split=test", env=MEETING)
    assert run.counts == {"passed": 9}
    rows = [row for row in notes(big) if row["kind"] == "test"]
    assert len({row["pid"] for row in rows if re.search(r"test_[135]\.py", row["test"])}) == 1
    assert len({row["pid"] for row in rows}) > 1


@FORK
def test_captured_output_is_not_mixed(big: Space) -> None:
    run = big.run("-rA", "--workers=3", "--monorepo-split=test")
    printed = re.findall(r"(?m)^printed by (\S+)$", run.out)
    assert len(printed) == len(set(printed)) >= 5 * FILES


@FORK
def test_a_sibling_s_death_loses_no_test(big: Space) -> None:
    big.write(
        {
            "big/tests/test_deadly.py": "import os\n"
            + "def test_a(): pass\ndef test_b(): os._exit(3)\ndef test_c(): pass\n"
        }
    )
    run = big.run("-v", "--workers=3")
    assert sum(1 for nodeid in run.words if nodeid.startswith("big/")) == 7 * FILES + 3
    assert run.words["big/tests/test_deadly.py::test_b"] == "failed"
    assert run.words["big/tests/test_deadly.py::test_c"] == "passed"


@FORK
def test_all_dying_at_once_loses_no_test(space: Space) -> None:
    deadly = "import os, pytest\n@pytest.mark.parametrize('n', range(3))\ndef test_it(n): os.kill(0, 9)\n"
    space.projects({"big": deadly})
    space.write({f"big/tests/test_{n}.py": deadly for n in range(2)})
    run = space.run("-v", "--workers=3", "--monorepo-split=test")
    assert len(run.words) == 9
    assert set(run.words.values()) == {"failed"}
    assert run.counts == {"failed": 9}


@FORK
def test_threads_at_collection_forbid_the_fork(big: Space) -> None:
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=[3600], daemon=True).start()\n"
    big.write({"big/conftest.py": thread + CONFTEST})
    run = big.run("-v", "--workers=3")
    assert len(run.words) == 7 * FILES
    collected = {row["pid"] for row in notes(big) if row["kind"] == "collects"}
    tested = {row["pid"] for row in notes(big) if row["kind"] == "test"}
    assert tested <= collected


@FORK
@pytest.mark.parametrize(
    "handler", ["signal.SIG_IGN", "lambda *_: os.waitpid(-1, os.WNOHANG)"], ids=["none", "all"]
)
def test_whoever_reaps_children_reaps_none_of_ours_and_goes_on_with_its_own(
    space: Space, handler: str
) -> None:
    test = "import time\ndef test_it(): time.sleep(0.05)\n"
    space.projects({"big": test})
    space.write({f"big/tests/test_{n}.py": test for n in range(4)})
    theirs = f"""
        import os, signal
        THEIRS = {handler}
        signal.signal(signal.SIGCHLD, THEIRS)
        def pytest_runtest_setup(): assert signal.getsignal(signal.SIGCHLD) == THEIRS
    """
    space.write({"big/conftest.py": theirs})
    run = space.run("-v", "--workers=3")
    assert (run.code, run.counts) == (0, {"passed": 5}), run.out


def test_x_stops_the_other_workers_too(big: Space) -> None:
    run = big.run("-v", "-x", "--workers=3")
    assert run.code == 1
    assert 1 <= run.counts["failed"] <= 3  # one for each worker: all were at it when the first one failed
    assert sum(run.counts.values()) < 7 * FILES


def test_last_failed_is_the_same_split_and_unsplit(big: Space) -> None:
    big.run("--workers=3")
    split = big.run("-v", "--lf", "--workers=3")
    assert split.counts["failed"] == FILES
    assert set(split.words.values()) == {"failed"}
    alone = big.run("-v", "--lf", "--workers=1", "--monorepo-split=none")
    assert split.words == alone.words


@FORK
def test_conftests_own_leftovers_are_cleaned_up_by_the_one_that_made_them(space: Space) -> None:
    """What was registered before the fork must not be undone by each sibling that ends."""
    conftest = (
        "import atexit, shutil, tempfile, pathlib\nHERE = pathlib.Path(tempfile.mkdtemp(dir='.'))\n"
        "atexit.register(shutil.rmtree, HERE)\n(HERE / 'data').write_text('x')\n"
    )
    test = "import time\nfrom conftest import HERE\ndef test_it():\n    time.sleep({})\n"
    test += "    assert (HERE / 'data').exists()\n"
    space.projects({"big": test.format(0.6)})
    space.write({"big/conftest.py": conftest, "big/tests/test_1.py": test.format(0.0)})
    space.write({"big/pytest.ini": "[pytest]\npythonpath = .\n"})
    run = space.run("-v", "--workers=2")
    assert run.counts == {"passed": 2}


@FORK
def test_a_process_that_a_conftest_starts_lives_as_long_as_its_users(space: Space) -> None:
    """multiprocessing ends its daemons when the process that started them exits, and in no sibling."""
    conftest = (
        "import multiprocessing, time\n"
        "fork = multiprocessing.get_context('fork')\n"
        "helper = fork.Process(target=time.sleep, args=(3600,), daemon=True)\nhelper.start()\n"
    )
    test = (
        "import os, time\nimport pytest\nfrom conftest import helper\n"
        "@pytest.mark.parametrize('n', range(4))\ndef test_it(n):\n    time.sleep({})\n"
        "    assert os.path.exists(f'/proc/{{helper.pid}}/exe') or not os.path.exists('/proc/self/exe')\n"
    )
    space.projects({"big": test.format(0)})
    space.write({"big/conftest.py": conftest, "big/pytest.ini": "[pytest]\npythonpath = .\n"})
    space.write({f"big/tests/test_{n}.py": test.format(n / 10) for n in (1, 2, 3)})
    run = space.run("--workers=3")
    assert run.counts == {"passed": 16}, run.out


@pytest.mark.slow
def test_coverage_is_that_of_one_worker(big: Space) -> None:
    pytest.importorskip("pytest_cov")
    big.write(
        {
            "big/thing.py": "def f(n):\n    if n == 1:\n        return 1\n"
            "    if n == 2:\n        return 2\n    return 3\n"
        }
    )
    big.write({f"big/tests/test_c{n}.py": f"import thing\ndef test_it(): thing.f({n})\n" for n in (1, 2)})
    big.write({"big/pytest.ini": "[pytest]\npythonpath = .\n"})
    lines = []
    for args in (["--workers=1", "--monorepo-split=none"], ["--workers=3"]):
        run = big.run("-p", "pytest_cov.plugin", "--cov", "--cov-report=term-missing", *args)
        lines.append([line for line in run.lines if "thing.py" in line])
    assert lines[0] == lines[1] != []


@FORK
def test_a_sibling_that_begins_takes_nothing_from_its_parents_running_test(space: Space) -> None:
    waiting = "import pathlib, sys, time\nHERE = pathlib.Path(__file__).parents[2]\n"
    waiting += "def wait(name):\n    while not (HERE / name).exists(): time.sleep(0.01)\n"
    space.projects({"a": "", "b": ""})
    space.write(
        {
            # b holds the second slot until a's test has printed; only then a sibling of a begins
            "b/tests/test_main.py": waiting + "def test_b(): wait('printed')\n",
            "a/tests/test_main.py": waiting
            + "def test_one():\n    print('before'); sys.stdout.flush()\n"
            + "    (HERE / 'printed').touch(); wait('begun')\n    print('after'); assert 0\n",
            # the first worker has taken this file when it runs its last test before it
            "a/tests/test_next.py": "def test_two(): pass\n",
            "a/tests/test_other.py": waiting + "def test_three(): (HERE / 'begun').touch()\n",
        }
    )
    done = space.run("--workers=2", "--idle-timeout=300")
    assert done.counts == {"failed": 1, "passed": 3}
    done.has("Captured stdout call", "^before$", "^after$")


@FORK
@pytest.mark.parametrize("limit", [1, 2])
def test_workers_that_share_a_project_share_its_resource(space: Space, limit: int) -> None:
    """Each of them holds it: no more of them at a time than it admits, and as many."""
    held = (
        "import os, time\n\ndef test_it():\n    folder = '{folder}'\n    os.makedirs(folder, exist_ok=True)\n"
        "    mine = os.path.join(folder, str(os.getpid()))\n    open(mine, 'w').close()\n"
        # the first ones wait for each other; then there is time for one too many
        "    met = folder + '.met'\n"
        "    while len(os.listdir(folder)) < {limit} and not os.path.exists(met): time.sleep(0.01)\n"
        "    open(met, 'w').close()\n"
        "    time.sleep(0.1)\n    number = len(os.listdir(folder))\n    os.remove(mine)\n"
        "    with open(folder + '.log', 'a') as stream:\n        stream.write(str(number))\n"
    ).format(folder=space.root / "holders", limit=limit)
    space.write(
        {
            "pyproject.toml": f"[tool.pytest-monorepo.resources]\npostgres = {limit}\n"
            + "".join(
                f"[tool.pytest-monorepo.projects.{name}]\nresources = ['postgres']\n"
                for name in ("one", "two")
            ),
            **{f"{name}/pyproject.toml": "[tool.pytest.ini_options]\n" for name in ("one", "two")},
            **{f"{name}/tests/test_{n}.py": held for name in ("one", "two") for n in range(4)},
        }
    )
    run = space.run("--workers=4")
    assert run.counts == {"passed": 8}, run.out
    assert max(map(int, (space.root / "holders.log").read_text())) == limit
