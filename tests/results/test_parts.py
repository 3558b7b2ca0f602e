"""A part of a project that is asked for: replayed where that is what running gives, and not kept."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator

import pytest

from tests.run.space import Run, Space, replayed

from .recorded import Recorded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

ONE = """
import pytest

@pytest.mark.parametrize("size", [1, 2])
def test_sizes(size): pass

class TestGroup:
    @pytest.mark.slow
    def test_slow(self):
        '''What it is about.'''
    def test_quick(self): pass
"""
OTHER = """
import pytest
def test_alone(): pass
@pytest.mark.slow
def test_slow(): pass
"""


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Two projects of which everything is kept."""

    def make(space: Space) -> None:
        ini = "[tool.pytest.ini_options]\nmarkers = ['slow']\n"
        for name in "ab":
            files = {"pyproject.toml": ini, "tests/test_one.py": ONE, "tests/test_other.py": OTHER}
            space.write({f"libs/{name}/{path}": text for path, text in files.items()})
        assert space.run("--cached", "--workers=1").code == 0

    return Recorded(tmp_path_factory.mktemp("parts"), make)


@pytest.fixture
def kept(recorded: Recorded) -> Iterator[Space]:
    with recorded.again() as space:
        yield space


def stored(space: Space) -> set[str]:
    """The kept results; what is remembered of the runs lies beside them."""
    return {path.name for path in (space.root.parent / "cache").rglob("entries/*/*")}


PARTS = [
    (["-k", "slow"], 4, 8),
    (["-k", "not slow and not sizes"], 4, 8),
    (["-m", "slow", "-k", "group"], 2, 10),
    (["--deselect", "libs/a/tests/test_one.py::TestGroup"], 10, 2),
    (["libs/a/tests/test_one.py"], 4, 0),
    (["libs/a/tests"], 6, 0),
    (["libs/a/tests/test_one.py::test_sizes", "libs/b"], 8, 0),
    (["libs/a/tests/test_one.py::test_sizes[2]", "libs/a/tests/test_one.py::TestGroup::test_slow"], 2, 0),
    (["libs/a/tests/test_one.py::TestGroup", "-m", "slow"], 1, 1),
    (["--ff"], 12, 0),
    (["--nf"], 12, 0),
    (["--lf"], 12, 0),
    (["--sw"], 12, 0),
    (["-x", "-k", "test_one"], 8, 4),
]


@pytest.mark.slow
def test_what_is_kept_answers_for_a_part_and_no_worker_starts(kept: Space) -> None:
    before = stored(kept)
    for words, passed, deselected in PARTS:
        run = kept.run(*words, "--cached")
        assert (run.code, replayed(run)) == (0, passed), (words, run.out)
        assert run.counts.get("passed") == passed
        assert f"{deselected} deselected" in run.lines[-1] or not deselected, (words, run.out)
    assert stored(kept) == before
    assert replayed(kept.run("--cached")) == 12


def test_a_name_a_mark_and_a_node_id_choose_as_pytest_does(kept: Space) -> None:
    words = ["libs/a/tests/test_one.py::TestGroup", "libs/b", "-k", "slow", "-m", "slow"]
    cached, plain = kept.run(*words, "--cached", "-rA"), kept.run(*words, "--no-cached", "-rA")
    assert replayed(cached) == 3, cached.out
    assert cached.counts == plain.counts
    said = sorted(re.sub(r" \(cached.*?\)", "", line) for line in cached.summary)
    assert said == sorted(plain.summary)
    nothing = kept.run("--cached", "-k", "nowhere")
    assert (nothing.code, replayed(nothing)) == (5, 0)
    assert "12 deselected" in nothing.lines[-1]


@pytest.mark.slow
def test_only_what_has_changed_is_collected_for_a_part(kept: Space) -> None:
    kept.write({"libs/a/tests/test_other.py": OTHER + "def test_slow_new(): assert 0\n"})
    run = kept.run("--cached", "-k", "slow", "--cached-explain")
    assert (run.code, replayed(run), run.counts["failed"]) == (1, 3, 1), run.out
    run.has(
        r"test_one.py cached from",
        r"test_other.py runs: libs/a/tests/test_other.py changed; not kept: -k is given",
    )
    again = kept.run("--cached", "-k", "slow and not new")
    assert (again.code, replayed(again), again.counts["passed"]) == (0, 3, 4), again.out
    # failed ones always run; --sw knows of none before its first run
    stepwise = ["libs/a", "--sw"]
    # of what is replayed, a run that stops counts only what it has told by then
    for words, code, count in ((["--lf"], 1, 0), (["--ff"], 1, 4 + 6), (stepwise, 2, 0), (stepwise, 2, 0)):
        again = kept.run(*words, "--cached")
        found = (again.code, replayed(again), again.counts.get("failed"))
        assert found == (code, count, 1), (words, again.out)


def test_collecting_shows_the_same_tree(kept: Space) -> None:
    kept.run("--cached", "-v", "--workers=1")
    cached = kept.run("--cached", "--collect-only", "-v", "-k", "group or alone")
    plain = kept.run("--no-cached", "--collect-only", "-v", "-k", "group or alone")

    def tree(run: Run) -> list[str]:
        return [line for line in run.lines if re.match(r" *<|.*What it is", line)]

    assert replayed(cached) == 6
    assert "6/12 tests collected (6 deselected)" in cached.lines[-1]
    assert tree(cached) == tree(plain) != []


@pytest.mark.sampled("files", "words", "reason")
@pytest.mark.parametrize(
    ("files", "words", "reason"),
    [
        (
            {"tests/test_one.py": "import sys\ndef test(): assert '-k' not in sys.argv"},
            ["-k", "test"],
            r"test_one.py can ask which tests were asked for \(sys.argv\)",
        ),
        (
            {
                "tests/test_one.py": "def test(): pass",
                "conftest.py": "def pytest_collection_modifyitems(items): items[:] = items[:1]",
            },
            ["-k", "test"],
            "its project is one, and a part of it is asked for",
        ),
        (
            {"tests/test_one.py": "def test(): pass", "pytest.ini": "[pytest]\naddopts = -m 'not slow'\n"},
            ["-m", "slow or not slow"],
            "its own settings choose tests, or check -m",
        ),
        (
            {"tests/test_one.py": "def test(): pass", "tests/tox.ini": "[tox]\n"},
            ["libs/a/tests/test_one.py"],
            r"libs/a/tests/tox.ini may have settings for that",
        ),
        (
            {"tests/test_one.py": "def test(): pass"},
            ["-xk", "test"],
            "cannot be told from the command line",
        ),
        (
            {"tests/test_one.py": "def test(): pass\nclass TestX:\n    def test(self): pass"},
            ["libs/a/tests/test_one.py::TestX", "libs/a/tests/test_one.py::TestX::test"],
            "paths were asked for that lie in one another",
        ),
        (
            {
                "tests/test_one.py": "import code_of_it\ndef test(): code_of_it.seen.append(1)",
                "tests/test_two.py": "import code_of_it\ndef test(): assert code_of_it.seen",
                "tests/code_of_it.py": "seen = []",
            },
            ["libs/a/tests/test_two.py"],
            "runs: is one with libs/a/tests/test_one.py",
        ),
    ],
    ids=["argv", "hook", "own-choice", "settings", "cluster", "overlap", "unit"],
)
def test_in_doubt_a_part_runs(space: Space, files: dict[str, str], words: list[str], reason: str) -> None:
    space.write({f"libs/a/{path}": text for path, text in files.items()})
    space.write({"libs/a/pyproject.toml": ""})
    space.run("--cached", "--workers=1")
    before = stored(space)
    assert before
    run = space.run(*words, "--cached", "--cached-explain")
    assert replayed(run) == 0, run.out
    run.has(reason)
    assert stored(space) == before


MORE = [
    ["libs/a/tests"],
    ["libs/a/tests/unit", "libs/a/tests/integration"],
    ["libs/a/tests/unit/test_one.py", "libs/a/tests/integration/test_two.py"],
    ["libs/a/tests/unit/test_one.py", "libs/a/tests/unit/checks.py"],
    ["libs/a/tests/unit/test_one.py", "libs/a/tests/unit/checks.py::test_failing"],
]


@pytest.mark.slow
def test_a_named_path_runs_where_a_run_of_all_does_not_look(space: Space) -> None:
    failing = "def test_failing(): assert 0\n"
    files = {
        "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['tests/unit']\n",
        "tests/unit/test_one.py": ONE.replace("@pytest.mark.slow", ""),
        "tests/unit/checks.py": failing,
        "tests/integration/test_two.py": failing,
    }
    space.write({f"libs/a/{path}": text for path, text in files.items()})
    assert space.run("--cached", "--workers=1").counts == {"passed": 4}
    for words in MORE:
        run = space.run(*words, "--cached", "--cached-explain")
        assert (run.code, run.counts) == (1, {"passed": 4, "failed": 1}), (words, run.out)
        run.has("is asked for, (which|where) a run of all does not")
    for wrong in ("unit/checks.py::test_gone", "integration/test_two.py::test_gone"):
        known = "libs/a/tests/unit/test_one.py"
        codes = [space.run(known, f"libs/a/tests/{wrong}", way).code for way in ("--cached", "--no-cached")]
        assert codes == [4, 4], wrong
    for words in (["libs/a/tests/unit"], ["libs/a/tests/unit/test_one.py"]):
        run = space.run(*words, "--cached")
        assert (run.code, replayed(run)) == (0, 4), (words, run.out)


def test_paths_of_its_own_options_are_asked_for_as_well(space: Space) -> None:
    ini = "[tool.pytest.ini_options]\naddopts = 'tests/test_one.py tests/test_other.py'\nmarkers = ['slow']\n"
    files = {"pyproject.toml": ini, "tests/test_one.py": ONE, "tests/test_other.py": OTHER}
    space.write({f"libs/a/{path}": text for path, text in files.items()})
    assert space.run("--cached", "--workers=1").counts == {"passed": 6}
    run, plain = (space.run("libs/a/tests/test_one.py", way) for way in ("--cached", "--no-cached"))
    # before 9.0 pytest collects a file twice that it is given twice
    twice = 4 * (pytest.version_tuple < (9, 0))
    assert run.counts == plain.counts == {"passed": 6 + twice}, run.out


@pytest.mark.slow
def test_a_shard_replays_its_part_and_the_merge_says_so(kept: Space) -> None:
    counts = []
    for number in "123":
        run = kept.run("--cached", "--shard", f"{number}/3")
        counts.append(replayed(run))
        assert run.code == 0, run.out
    assert sum(counts) == 12
    merged = kept.run("--monorepo-merge", "monorepo-shards")
    assert (merged.code, merged.counts["passed"]) == (0, 12), merged.out
    merged.has(r"^project +passed +cached", r"^libs/a +6 +6")
    kept.write({"libs/a/tests/test_other.py": OTHER + "def test_new(): assert 0\n"})
    runs = [kept.run("--cached", "--shard", f"{number}/3") for number in "123"]
    assert sum(map(replayed, runs)) == 10
    assert kept.run("--monorepo-merge", "monorepo-shards").counts == {"passed": 12, "failed": 1}


def test_a_list_says_what_would_be_replayed_and_the_receipt_what_was(kept: Space) -> None:
    kept.write({"libs/a/tests/test_other.py": OTHER + "# changed\n"})
    shown = kept.run("--cached", "--monorepo-list")
    shown.has(r"^2 of 2 projects", r"^cached: 3 of 4 test files would be replayed, all of 1 project$")
    listed = json.loads(kept.run("--cached", "--monorepo-list=json").out)
    found = {one["path"]: one["cached"] for one in listed["projects"]}
    changed = {"libs/a/tests/test_other.py": "libs/a/tests/test_other.py changed"}
    assert [found[path]["runs"] for path in ("libs/a", "libs/b")] == [changed, {}]
    assert list(found["libs/a"]["replayed"]) == ["libs/a/tests/test_one.py"]
    run = kept.run("--cached", "--monorepo-receipt=receipt.json")
    assert replayed(run) == 10
    receipt = json.loads((kept.root / "receipt.json").read_text())
    files = {one["project"]: sorted(one["cached_files"]) for one in receipt["ran"]}
    assert files == {path: sorted(one["replayed"]) for path, one in found.items()}
    plain = json.loads(kept.run("--no-cached", "--monorepo-list=json").out)
    assert [one["cached"] for one in plain["projects"]] == [None, None]
