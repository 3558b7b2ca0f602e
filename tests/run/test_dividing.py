"""``--monorepo-split=auto``: the tests of one long file by several workers, with what one worker gives."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from textwrap import dedent

import pytest

from tests.patience import FOREVER, MINUTES, until

from .long_files import PLUGIN
from .space import Run, Space

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="siblings are forked")

# the first tests of a file wait until it has been begun by as many workers as are said
NOTES = """
import os, pathlib, time
import pytest

HERE = pathlib.Path(os.environ["BESIDE"])

@pytest.fixture(autouse=True)
def _noted(request):
    file = request.node.nodeid.partition("::")[0].rpartition("/")[2]
    folder = HERE / "notes" / file
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / str(os.getpid())).open("a") as stream:
        stream.write(request.node.name + " ")
    wanted = int((HERE / "meeting").read_text()) if file == "test_main.py" else 1
    for _ in range(20_000):  # minutes: a file that is not shared after all fails its test, and hangs nobody
        if len(list(folder.iterdir())) >= wanted:
            break
        time.sleep(0.01)
"""
EIGHT = """
import pytest

@pytest.mark.parametrize("n", range(8))
def test_it(n):
    print("printed by", n)

@pytest.mark.skip(reason="no")
def test_skipped(): pass

@pytest.mark.xfail
def test_xfails(): assert 0
"""
# passes as a file, and in no part of it
TOGETHER = """
import pytest

seen = []

@pytest.mark.parametrize("n", range(8))
def test_it(n):
    seen.append(n)
    assert seen == list(range(n + 1))
"""

LIMITED = """
import os

def limit():
    with open(os.environ["BESIDE"] + "/limit") as stream:
        return int(stream.read())
"""


@pytest.fixture
def long(space: Space) -> Iterator[Space]:
    """A workspace in which a file is long however short it is, and two workers meet in ``test_main.py``.

    What the tests are told meanwhile lies beside it: a file that has changed in it would keep them together.
    """
    space.write({"../lib/all_long.py": PLUGIN})  # a plugin in the workspace would keep projects whole
    path = f"{space.environ()['PYTHONPATH']}{os.pathsep}{space.root.parent / 'lib'}"
    with space.environment(PYTHONPATH=path, BESIDE=str(space.root.parent / "beside")):
        yield space


def project(space: Space, text: str, **more: str) -> None:
    space.projects({"big": text})
    space.write({"big/conftest.py": NOTES, **{f"big/tests/{name}.py": file for name, file in more.items()}})


def run(space: Space, *args: str, workers: int = 2, meeting: int = 1) -> Run:
    for file in (space.root.parent / "beside" / "notes").glob("*/*"):
        file.unlink()
    space.write({"../beside/meeting": str(meeting)})
    plugin = ("-p", "all_long", "--monorepo-split=auto", f"--workers={workers}", "-v", "-rA")
    return space.run(*plugin, *args)


def workers_of(space: Space, file: str = "test_main.py") -> int:
    """How many processes ran the file's tests in the last run."""
    return len(list((space.root.parent / "beside" / "notes" / file).glob("*")))


def told(one: Run) -> tuple[dict[str, str], list[str], dict[str, int], int]:
    return one.words, [line for line in one.lines if line.startswith("printed by")], one.counts, one.code


def test_a_file_is_shared_once_it_has_passed_in_one_worker(long: Space) -> None:
    project(long, EIGHT, test_other="def test_a(): pass\n")
    first = run(long)
    assert workers_of(long) == 1
    second = run(long, meeting=2)
    assert workers_of(long) == 2
    assert told(first) == told(second)
    mine = [nodeid for nodeid in second.words if "test_main" in nodeid]
    assert mine == [nodeid for nodeid in first.words if "test_main" in nodeid]  # in one row, in its order
    long.write({"big/tests/test_main.py": EIGHT + "\ndef test_new(): pass\n"})
    assert run(long).counts["passed"] == 10
    assert workers_of(long) == 1  # it has changed, and nothing is known of it
    run(long, meeting=2)
    assert workers_of(long) == 2


def test_a_file_that_only_passes_together_is_run_again_and_never_divided_again(long: Space) -> None:
    project(long, TOGETHER)
    first = run(long)
    second = run(long, meeting=2)
    second.has(
        "divided, and run again whole", r"^big/tests/test_main.py: big/tests/test_main.py::test_it\[\d]"
    )
    assert workers_of(long) == 3
    assert (second.words, second.counts, second.code) == (first.words, {"passed": 8}, 0)
    third = run(long)
    assert (workers_of(long), third.counts) == (1, {"passed": 8})
    third.lacks("run again whole")


def test_what_a_change_elsewhere_lets_one_test_do_to_another_is_seen(long: Space) -> None:
    """A module begins to remember: no part of the file fails, all of it does."""
    text = "from tests.thing import seen\n" + EIGHT.replace("print(", "assert len(seen(n)) < 8; print(")
    project(long, text, thing="def seen(n): return [n]\n")
    long.projects({"other": "def test_a(): pass\n"})
    run(long)
    long.write({"other/tests/test_main.py": "def test_a(): pass\ndef test_b(): pass\n"})
    assert run(long, meeting=2).code == 0
    assert workers_of(long) == 2  # what has changed is none of its business
    long.write({"big/tests/thing.py": "all = []\ndef seen(n):\n    all.append(n)\n    return all\n"})
    one = run(long)
    assert (workers_of(long), one.code, one.counts["failed"]) == (1, 1, 1)
    one.lacks("run again whole")


def test_ctrl_c_before_the_whole_file_has_begun_again_loses_nothing(long: Space) -> None:
    project(long, TOGETHER)
    # whoever runs the file again starts anew, and loads its conftest when two have run parts of it
    waits = f"""
    if (HERE / "hold").exists() and len(list(HERE.glob("notes/test_main.py/*"))) == 2:
        (HERE / "waits").touch()
        time.sleep({FOREVER})
    """
    long.write({"big/conftest.py": f"{NOTES}\n{dedent(waits)}"})
    words = ("-p", "all_long", "--monorepo-split=auto", "--workers=2", "-v")
    long.write({"../beside/meeting": "1"})
    with long.start(*words) as process:
        process.communicate(timeout=MINUTES)
    shutil.rmtree(long.root.parent / "beside" / "notes")
    long.write({"../beside/meeting": "2", "../beside/hold": ""})
    with long.start(*words) as process:
        until(lambda: (long.root.parent / "beside" / "waits").exists(), alive=lambda: process.poll() is None)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=MINUTES)
    one = Run(process.returncode, out.decode())
    assert one.code == 2, one.out
    assert "failed" in one.words.values(), one.out
    one.lacks("run again whole")


# stops the run where the project beside has passed, and lets go of who holds its conftest when that is done
STOPPER = """
import os, pathlib, pytest

class Stopper:
    def pytest_sessionstart(self, session):
        self.session = session

    def pytest_runtest_logreport(self, report):
        if "other" in report.nodeid and report.when == "teardown" and self.hold.exists():
            self.session.shouldstop = "enough"

    def pytest_monorepo_project_finish(self, project):
        if project.path == "other" and self.hold.exists():
            self.hold.unlink()

    hold = pathlib.Path(os.environ["BESIDE"]) / "hold"

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Stopper())
"""


def test_a_run_that_is_stopped_before_the_whole_file_has_begun_again_loses_nothing(long: Space) -> None:
    project(long, TOGETHER)
    waits = """
    if (HERE / "hold").exists() and len(list(HERE.glob("notes/test_main.py/*"))) == 2:
        (HERE / "waits").touch()
        for _ in range(20_000):
            if not (HERE / "hold").exists():
                break
            time.sleep(0.01)
    """
    beside = """
    import os, pathlib, time
    def test_it():
        here = pathlib.Path(os.environ["BESIDE"])
        for _ in range(20_000 if (here / "hold").exists() else 0):
            if (here / "waits").exists():
                break
            time.sleep(0.01)
    """
    long.projects({"other": dedent(beside)})
    long.write({"big/conftest.py": f"{NOTES}\n{dedent(waits)}", "../lib/stopper.py": STOPPER})
    run(long, "-p", "stopper", workers=3)
    long.write({"../beside/hold": ""})
    one = run(long, "-p", "stopper", workers=3, meeting=2)
    assert one.code == 2, one.out
    assert "failed" in one.words.values(), one.out
    one.lacks("run again whole")


def test_a_real_failure_is_told_once_from_the_whole_file(long: Space) -> None:
    project(long, LIMITED + EIGHT.replace("print(", "assert n < limit(), 'told'; print("))
    long.write({"../beside/limit": "9"})
    assert run(long).code == 0
    long.write({"../beside/limit": "6"})
    one = run(long, meeting=2, workers=3)
    assert (one.code, one.counts["failed"], one.counts["passed"]) == (1, 2, 6)
    assert one.out.count("AssertionError: told") == 2 + 2  # once each, and in the short summary
    assert one.summary.count("FAILED big/tests/test_main.py::test_it[6] - AssertionError: told") == 1
    whole = run(long)
    assert (workers_of(long), whole.words, whole.code) == (1, one.words, 1)


@pytest.mark.sampled("how", first=False)
@pytest.mark.parametrize("how", ["os._exit(3)", "pytest.exit('enough')"])
def test_a_worker_that_ends_in_a_divided_file(long: Space, how: str) -> None:
    text = EIGHT.replace('print("printed by", n)', f"import os\n    if n == 5 and limit() < 9: {how}")
    long.write({"../beside/limit": "9"})
    project(long, LIMITED + text)
    assert run(long).code == 0
    long.write({"../beside/limit": "1"})
    one = run(long, meeting=2)
    assert one.code != 0
    if "_exit" in how:
        # as where its file is not divided
        assert one.words["big/tests/test_main.py::test_it[5]"] == "failed"
        assert one.counts == {"failed": 1, "passed": 7, "skipped": 1, "xfailed": 1}
    else:
        one.has("ended early: enough")


@pytest.mark.slow
def test_where_it_matters_what_comes_first_or_a_part_is_asked_for(long: Space) -> None:
    project(long, EIGHT)
    run(long)
    part = "big/tests/test_main.py::test_it"
    for args in (("-x",), ("--monorepo-split=file",), (part,), ("-k", "it"), ("--ff",)):
        assert run(long, *args).code == 0
        assert workers_of(long) == 1, args


def test_what_is_set_up_once_for_several_tests_keeps_them_together(long: Space) -> None:
    fixture = "\n@pytest.fixture(scope='module')\ndef late(): pass\n"
    asks = EIGHT.replace("test_it(n):", "test_it(n, request):\n    request.getfixturevalue('late')")
    project(long, EIGHT + "\ndef setup_module(): pass\n", test_asks=asks + fixture)
    for _ in range(2):
        assert run(long).code == 0
        assert [workers_of(long, f"test_{name}.py") for name in ("main", "asks")] == [1, 1]


def test_what_comes_to_be_set_up_once_only_now(long: Space) -> None:
    """By what lies elsewhere, so that all that the file can reach is as it was."""
    project(long, EIGHT)
    auto = "\n    @pytest.fixture(scope='module', autouse=True)\n    def shared():\n        yield\n"
    long.write({"big/conftest.py": f"{NOTES}\nif (HERE / 'now').exists():{auto}"})
    run(long)
    long.write({"../beside/now": ""})
    one = run(long, meeting=2)
    assert (one.code, one.counts["passed"]) == (0, 8)
    one.has("run again whole", "big/tests/test_main.py: something is set up for several of its tests")
    assert run(long).code == 0
    assert workers_of(long) == 1


def test_long_files_are_begun_first(long: Space) -> None:
    slow = "import os, time\nfirst = not os.path.exists(os.environ['BESIDE'] + '/again')\n"
    slow += "def test_it(): time.sleep({} * first)\n"
    project(long, slow.format(0), test_b=slow.format(1), test_z=slow.format(2))
    orders = []
    for args in ((), (), ("-x",)):
        # one worker has the queue to itself: a second one would only blur the order
        settings = "[tool.pytest-monorepo.resources]\none = 1\n[tool.pytest-monorepo.projects.big]\n"
        long.write({"pyproject.toml": settings + 'resources = ["one"]\n'})
        words = run(long, "--monorepo-split=file", *args).words
        long.write({"../beside/again": ""})
        orders.append([nodeid.partition("::")[0].rpartition("_")[2] for nodeid in words])
    usual = ["b.py", "main.py", "z.py"]
    assert orders == [usual, ["z.py", "b.py", "main.py"], usual]
