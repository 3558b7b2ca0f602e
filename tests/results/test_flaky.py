"""One outcome and another with the same inputs: run again at once, told, and not replayed."""

from __future__ import annotations

import re
import shutil
import sys

import pytest

from pytest_monorepo.results.entries import outcomes
from tests.run.space import JUST_NOW, Space, replayed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

# which of several workers a test runs in is what no trace holds
WORKER = "def test_worker(request): assert request.config.workerinput['workerid'] == 'gw1'\n"
COUNT = "def test_count(request): assert request.config.workerinput['workercount'] == 2\n"
STEADY = "def test_steady(): pass\n"
KNOWN = "libs/a/tests/test_main.py::test_worker is flaky with these inputs"


@pytest.mark.parametrize(
    ("phases", "word"),
    [
        (["setup passed", "call passed", "teardown passed"], "passed"),
        (["setup passed", "call failed", "teardown passed"], "failed"),
        (["setup failed", "teardown passed"], "failed"),
        (["setup passed", "call passed", "teardown failed"], "failed"),
        (["setup skipped", "teardown passed"], "skipped"),
        (["setup passed", "call skipped xfail", "teardown passed"], "xfailed"),
        (["setup passed", "call passed xfail", "teardown passed"], "xpassed"),
        (["setup passed", "call skipped quarantined", "teardown passed"], "failed"),
        (None, "did not run"),
    ],
)
def test_phases_make_an_outcome(phases: list[str] | None, word: str) -> None:
    assert outcomes.word(phases) == word


@pytest.mark.slow
def test_a_proven_flaky_test_is_told_and_never_replayed(space: Space) -> None:
    space.projects({"libs/a": WORKER + STEADY})
    assert space.run("--cached", "--workers=1").code == 1
    space.projects({"libs/0": STEADY})
    space.write({f"libs/0/tests/test_{n}.py": STEADY for n in range(9)})
    run = space.run("--cached", "--workers=2", "--cached-explain")
    assert run.code == 0, run.out
    run.has(
        rf"test_worker is flaky: failed \({JUST_NOW}\), passed now, failed when it was run again at once",
        r"^libs/a runs: .*; not kept: it gives one thing and another with the same inputs",
    )
    assert run.counts["passed"] == 12
    # neither a pass nor a later failure takes the place of what is known
    for turn, workers in enumerate((2, 1, 2)):
        space.write({f"libs/0/tests/test_{n}.py": f"{STEADY}# {turn}\n" for n in range(9)})
        shutil.rmtree(space.root / ".pytest_cache")  # where no times are known, most files are first
        again = space.run("--cached", f"--workers={workers}", "--cached-explain")
        assert again.code == (workers == 1), again.out
        again.has(rf"^libs/a runs: {KNOWN}")
        assert workers == 1 or re.search(rf"^libs/a runs: .*; not kept: {KNOWN}", again.out, re.MULTILINE)
        again.lacks("again at once")
    # with other inputs it may be another test
    space.write({"libs/a/tests/test_main.py": STEADY})
    space.run("libs/a", "--cached", "--workers=1")
    assert replayed(space.run("libs/a", "--cached", "--workers=1")) == 1


@pytest.mark.slow
def test_what_gives_the_same_again_may_read_what_is_not_seen(space: Space) -> None:
    space.projects({"libs/a": COUNT})
    space.write({"libs/a/tests/test_other.py": STEADY})
    assert space.run("--cached", "--workers=1").code == 1
    assert replayed(space.run("--cached", "--workers=1")) == 1  # the same again is no news
    run = space.run("--cached", "--workers=2")
    assert run.code == 0, run.out
    run.has(
        rf"is flaky, or reads what is not seen: failed \({JUST_NOW}\), passed now, "
        "passed when it was run again"
    )
    run = space.run("--cached", "--workers=2")
    assert replayed(run) == 1
    run.lacks("again at once")
    assert replayed(space.run("--cached", "--workers=2")) == 2


@pytest.mark.slow
def test_a_run_that_is_stopped_keeps_no_pass_in_doubt(space: Space) -> None:
    space.projects({"libs/a": COUNT.replace("2", "1"), "libs/b": "def test(): assert 0"})
    assert space.run("--cached", "--workers=2").code == 1
    # one after the other, and the second stops the run before anything runs once more
    stopped = space.run("--cached", "--workers=1", "--sw", "--cached-explain")
    assert stopped.counts == {"failed": 1, "passed": 1}
    stopped.has(r"^libs/a runs: .*; not kept: it gave something else before with the same inputs")
    stopped.lacks("again at once")
    run = space.run("libs/a", "--cached", "--workers=1")
    run.has(rf"failed \({JUST_NOW}\), passed now, passed when it was run again at once")


def test_a_failure_with_other_inputs_is_no_doubt(space: Space) -> None:
    space.projects({"libs/a": "def test(): assert open('x').read() == '1'"})
    space.write({"libs/a/x": "0"})
    assert space.run("--cached").code == 1
    space.write({"libs/a/x": "1"})
    run = space.run("--cached")
    assert run.code == 0
    run.lacks("again at once")


def test_what_another_file_has_left_is_no_flakiness(space: Space) -> None:
    space.write(
        {
            "libs/a/box.py": "value = 0",
            "libs/a/tests/test_b.py": "import box\ndef test(): assert not box.value\n",
        }
    )
    space.projects({"libs/a": STEADY})
    space.write({"libs/a/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n"})
    for value, code in ((1, 1), (0, 0), (1, 1)):
        space.write({"libs/a/tests/test_a.py": f"import box\ndef test(): box.value = {value}\n"})
        run = space.run("--cached", "--workers=1")
        assert run.code == code, run.out
        run.lacks("flaky")


@pytest.mark.slow
def test_what_fails_for_want_of_another_shards_file_is_no_flakiness(space: Space) -> None:
    space.write(
        {
            "libs/a/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n",
            "libs/a/box.py": "seen = []\n",
            "libs/a/tests/test_a.py": "import box\ndef test(): box.seen.append(1)\n",
            "libs/a/tests/test_b.py": "import box\ndef test(): assert box.seen\n",
        }
    )
    assert space.run("--cached", "--workers=1").code == 0
    shards = [space.run("--cached", "--workers=1", f"--shard={one}/2") for one in (1, 2)]
    assert sorted(one.code for one in shards) == [0, 1], [one.out for one in shards]
    whole = space.run("--cached", "--workers=1")
    assert (whole.code, replayed(whole)) == (0, 2), whole.out
    assert "flaky" not in "".join(one.out for one in (*shards, whole))
