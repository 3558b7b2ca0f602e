from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_monorepo.results.history import folder
from pytest_monorepo.results.history.changes import is_usual, slower
from pytest_monorepo.results.history.lineage import Lineage, Parents
from pytest_monorepo.results.history.record import Figures, Happened, Record, decoded, encoded
from pytest_monorepo.results.history.story import in_a_row, outcome, told

DAY = 86_400.0
WORDS = {"p": "passed", "f": "failed", "e": "error", "s": "skipped", "q": "quarantined"}


def record(number: int, tests: dict[str, str], **more: object) -> Record:
    happened = {f"a/t.py::{name}": Happened(WORDS[letter], 0.1) for name, letter in tests.items()}
    given = {"branch": "main", "commit": f"c{number}", "whole": {"a"}, **more}
    return Record(f"run{number}", number * DAY, tests=happened, **given)  # type: ignore[arg-type]


def series(letters: str, **more: object) -> list[Record]:
    """One test ``x``; a blank is a run that did not run its project, ``-`` one that does not list it."""
    runs = []
    for number, letter in enumerate(letters, 1):
        tests = {"x": letter} if letter in WORDS else {}
        whole = {"a"} if letter != " " else set()
        runs.append(record(number, tests, **{"whole": whole, **more}))
    return runs


def owner(test: str) -> str:
    return test.partition("/")[0]


@pytest.mark.parametrize(
    ("letters", "since", "runs", "passed"),
    [
        ("f", 1, 1, None),
        ("pf", 2, 1, 1),
        ("-f", 2, 1, 1),
        ("sf", 2, 1, 1),
        (" f", 2, 1, None),
        ("pff", 2, 2, 1),
        ("pf f", 2, 2, 1),
        ("pe f", 2, 2, 1),
        ("fpf", 3, 1, 2),
        ("fff", 1, 3, None),
        ("ff-f", 4, 1, 3),
        ("ffqf", 4, 1, 3),
    ],
)
def test_since_when_a_test_fails(letters: str, since: int, runs: int, passed: int | None) -> None:
    *known, now = series(letters)
    one = told(known, now, owner).failing["a/t.py::x"]
    found = (one.since.run, one.runs, one.passed.run if one.passed else None, one.new)
    assert found == (f"run{since}", runs, f"run{passed}" if passed else None, runs == 1)


@pytest.mark.parametrize(
    ("letters", "failed"),
    [
        ("fp", 1),
        ("pfp", 2),
        ("f p", 1),
        ("fpp", None),
        ("f-p", None),
        ("fs", None),
        ("f-", None),
        ("pp", None),
    ],
)
def test_what_is_mended(letters: str, failed: int | None) -> None:
    *known, now = series(letters)
    found = [one.failed.run for one in told(known, now, owner).fixed]
    assert found == ([f"run{failed}"] if failed else [])


@pytest.mark.parametrize(
    ("letters", "key", "pair"),
    [
        ("pf", "k", ("run2", "run1")),
        ("fp", "k", ("run1", "run2")),
        ("fpf", "k", ("run3", "run2")),
        ("qp", "k", ("run1", "run2")),
        ("pp", "k", None),
        ("ff", "k", None),
        ("fs", "k", None),
        ("-f", "k", None),
        ("pf", "", None),
    ],
)
def test_flaky_is_another_outcome_of_the_same_sources(
    letters: str, key: str, pair: tuple[str, str] | None
) -> None:
    *known, now = series(letters, key=key)
    found = [(one.failed.run, one.passed.run) for one in told(known, now, owner).flaky]
    assert found == ([pair] if pair else [])


def test_what_one_run_proves_counts_without_a_key() -> None:
    first, now = (record(number, {"x": "p"}, key="") for number in (1, 2))
    first = decoded(encoded(replace(first, proven={"x": "failed, passed now"}), 10))
    found = [(one.test, one.failed, one.words) for one in told([first], now, owner).flaky]
    assert found == [("x", first, "failed, passed now")]


def test_other_sources_are_no_proof() -> None:
    assert not told([record(1, {"x": "p"}, key="k1")], record(2, {"x": "f"}, key="k2"), owner).flaky


def test_branches() -> None:
    """Those of the same branch, and what was before its first."""
    known = [
        record(n, {}, branch=branch) for n, branch in enumerate(["main", "old", "topic", "main", "topic"], 1)
    ]
    now = record(6, {}, branch="topic")
    assert [run.run for run in Lineage.of(known, now).earlier] == ["run1", "run2", "run3", "run5"]
    assert [run.run for run in Lineage.of(known, record(6, {}, branch="new")).earlier] == [
        r.run for r in known
    ]
    later = record(9, {}, branch="topic")
    assert later not in Lineage.of([*known, later], now).earlier


@pytest.mark.parametrize(
    ("own", "main", "now", "links", "since", "unseen"),
    [
        pytest.param("p", "f", "f", "4>2,1>0", "main2", [], id="rebased on a failure"),
        pytest.param("p", "f", "f", "4>1,4>2,1>0", "main2", [], id="merged with a failure"),
        pytest.param("p", "f", "f", "4>3,3>2,1>0", "main2", [], id="a run without it, then a rebase on it"),
        pytest.param("p", "f", "f", "4>1,1>2", "now", [], id="mended here, and broken again"),
        pytest.param("p", "f", "f", "4>2,1>2", "now", [], id="mended here, and amended"),
        pytest.param("p", "f", "f", "4>1,1>0", "now", [], id="beside a failure"),
        pytest.param("p", "f", "f", "", "now", [], id="without git"),
        pytest.param("f", "p", "f", "4>1,4>2,1>0", "own", [], id="merged with what passes"),
        pytest.param("p", "f", " ", "4>2,1>0", None, ["main2"], id="no turn, rebased on a failure"),
        pytest.param("p", "f", " ", "4>1,1>2", None, [], id="no turn, mended here"),
        pytest.param("p", "f", " ", "", None, [], id="no turn, without git"),
        pytest.param("p", "fp", "f", "4>3,3>2,1>0", "now", [], id="rebased on what is mended"),
        pytest.param("p", "fp", " ", "4>3,3>2,1>0", None, [], id="no turn, mended where it was rebased on"),
    ],
)
@pytest.mark.parametrize("later", [False, True])
def test_what_a_branch_takes_in_is_not_new(
    own: str, main: str, now: str, links: str, since: str | None, unseen: list[str], later: bool
) -> None:
    """Whether main ran before the branch did or after it: the commits decide."""
    (first,), (last,) = series(own, branch="topic"), series(now, branch="topic")
    first = replace(first, run="own", commit="c1", started=DAY if later else 3.5 * DAY)
    last = replace(last, run="now", commit="c4", started=4 * DAY)
    mains = [
        replace(one, run=f"main{n}", commit=f"c{n}", key="k", started=n * DAY)
        for n, one in enumerate(series(main), 2)
    ]
    pairs = [pair.split(">") for pair in links.split(",") if pair]
    parents = {f"c{one}": [f"c{other}" for it, other in pairs if it == one] for one, _ in pairs}
    parents = {"c0": [], "c2": [], "c3": [], **parents}
    story = told([first, *mains], last, owner, lambda commits: parents)
    assert [one.since.run for one in story.failing.values()] == ([since] if since else [])
    assert [one.failed.run for one in story.unseen] == unseen


def test_a_run_with_edits_of_its_own_is_none_of_its_commit() -> None:
    own, dirty = record(1, {"x": "p"}, branch="topic"), record(2, {"x": "f"}, key="")
    story = told(
        [own, dirty], record(4, {"x": "f"}, branch="topic"), owner, lambda commits: {"c4": ["c2"], "c2": []}
    )
    assert [one.since.run for one in story.failing.values()] == ["run4"]


def test_git_is_asked_only_where_another_branch_ran() -> None:
    def asked(commits: Sequence[str]) -> Parents:
        raise AssertionError

    known = [record(1, {}), record(2, {}, branch="topic"), record(3, {}, branch="topic")]
    assert len(Lineage.of(known[1:], record(4, {}, branch="topic"), asked).earlier) == 2
    assert len(Lineage.of(known, record(4, {}, branch="new"), asked).earlier) == 3


def test_a_file_that_is_collected_again_is_mended() -> None:
    """It is listed only while it cannot be imported: what tells of its end are its tests."""
    broken = Record("r1", DAY, tests={"a/t.py": Happened("error")})
    passed = replace(record(2, {"x": "p"}), whole=())
    assert [one.test for one in told([broken], passed, owner).fixed] == ["a/t.py"]
    assert told([broken], passed, owner).unseen == ()
    assert [one.test for one in told([broken], record(2, {"x": "f"}), owner).fixed] == ["a/t.py"]
    gone = replace(passed, tests={"a/other.py::x": Happened("passed")}, whole={"a"})
    assert told([broken], gone, owner).fixed == ()


@pytest.mark.parametrize(
    ("letters", "expected"),
    [("ppp", (3, 0)), ("fpp", (2, 0)), ("pff", (0, 2)), ("p-p p", (3, 0)), ("", (0, 0)), ("qqp", (1, 0))],
)
def test_in_a_row(letters: str, expected: tuple[int, int]) -> None:
    assert in_a_row(series(letters), lambda test: test.endswith("::x")) == expected


def noise(seed: int, *parts: tuple[int, float], spread: float = 0.15) -> Sequence[float]:
    chance = random.Random(seed)
    return [mean * chance.uniform(1 - spread, 1 + spread) for count, mean in parts for _ in range(count)]


def test_a_replay_is_no_run_of_its_own() -> None:
    """``--cached`` says again what one run proved: that is no second proof, and no second time."""
    x = "a/t.py::x"
    once = [Happened("passed", seconds) for seconds in (0.1, 0.1, 0.1, 0.1, 0.1, 0.9)]
    again = [replace(once[-1], replayed=True)] * 30
    runs = [Record(f"run{n}", n * DAY, tests={x: one}, whole={"a"}) for n, one in enumerate([*once, *again])]
    story = told(runs[:-1], runs[-1], owner)
    assert story.slower == ()
    assert in_a_row(story.runs, lambda test: test == x) == (6, 0)
    assert story.outcomes(x) == ["replayed"] * 20
    failed = replace(runs[-1], run="f", started=99 * DAY, key="k", tests={x: Happened("failed")})
    assert told([replace(runs[-1], key="k")], failed, owner).flaky == ()
    assert told([failed], replace(runs[-1], started=100 * DAY), owner).fixed != ()


@pytest.mark.parametrize("seed", range(40))
def test_noise_is_no_change_and_a_step_is_one(seed: int) -> None:
    assert slower(noise(seed, (50, 1.0))) is None
    assert slower(noise(seed, (50, 1.0), spread=0.6)) is None
    change = slower(noise(seed, (40, 1.0), (10, 2.0)))
    assert change is not None
    assert (change.at, round(change.before), round(change.after)) == (40, 1, 2)
    spike = [*noise(seed, (30, 1.0)), 9.0, *noise(seed + 1, (10, 1.0)), 7.0]
    assert slower(spike) is None
    assert slower(noise(seed, (40, 2.0), (10, 1.0))) is None  # faster


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([1, 1, 1, 1, 1, 2, 2], False),  # too few after it
        ([1, 1, 1, 1, 1, 2, 2, 2], True),
        ([1, 1, 1, 1, 2, 2, 2], False),  # too few before
        ([0.01] * 9 + [0.04] * 9, False),  # too little
        ([1] * 9 + [1.2] * 9, False),
        ([1] * 9 + [1.4] * 9, True),
        ([1] * 8 + [5] + [1.4] * 9, True),
        ([1] * 9 + [1.4, 1.4, 1.0, 1.4, 1.4], True),
        ([1, 2] * 9 + [2, 2, 2], False),
    ],
)
def test_changes(seconds: list[float], expected: bool) -> None:
    assert (slower(seconds) is not None) is expected


def test_usual_times() -> None:
    assert is_usual(1.2, [1.0, 1.1, 1.2, 1.3, 0.9])
    assert not is_usual(2.0, [1.0, 1.1, 1.2, 1.3, 0.9])
    assert is_usual(9.0, [1.0, 1.0, 1.0, 1.0])  # too few to say what is unusual


def test_files(tmp_path: Path) -> None:
    tests = {f"a/t.py::t{n}": Happened("passed", n / 100) for n in range(30)}
    tests |= {"a/t.py::bad\udcff": Happened("failed", 0.2), "a/t.py::again": Happened("passed", 0.0, 2)}
    tests["a/t.py::t3"] = Happened("passed", 0.03, replayed=True)
    one = Record("r1", 5.5, 1.0, 1, "k", "c", "main", "https://x", 32, 1, 0, 98.5, tests=tests)
    one = Record(**{**vars(one), "projects": {"a": Figures(32, 1, 1.0, 98.5)}, "whole": frozenset({"a"})})
    assert decoded(encoded(one, 100)) == one
    assert encoded(one, 100) == encoded(one, 100)
    short = decoded(encoded(one, 3, {"a/t.py::t0"}))
    assert [*short.tests][2:] == ["a/t.py::t0", "a/t.py::t29", "a/t.py::t28"]
    assert outcome(short, "a/t.py::t7", "a") == "passed"
    assert outcome(short, "b/t.py::t7", "b") is None


def test_a_folder_holds_the_last_runs_of_all_who_write(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    for number in range(folder.RUNS + 3):
        assert folder.write(first, record(number, {"x": "p"}), 10)
    folder.write(second, record(100, {"x": "f"}), 10)
    assert len(list(first.iterdir())) == folder.RUNS
    runs = folder.read([first, second, tmp_path / "none"])
    assert [run.run for run in runs][-2:] == [f"run{folder.RUNS + 2}", "run100"]
    assert len(runs) == folder.RUNS
    newest = max(first.iterdir())
    newest.write_bytes(newest.read_bytes()[:40])
    (first / "9999-x.jsonl.gz").write_bytes(b"no gzip")
    (first / "notes.txt").write_text("mine")
    assert [run.run for run in folder.read([first])][-1] == f"run{folder.RUNS + 1}"
    (tmp_path / "file").write_text("")
    assert not folder.write(tmp_path / "file", record(1, {}), 10)


@pytest.mark.parametrize(
    ("before", "now", "whole", "unseen"),
    [
        (["f", "f"], {}, set(), True),
        (["f", "f"], {}, {"a"}, False),
        (["f", "f"], {"x": "f"}, set(), False),
        (["f", "f"], {"x": "s"}, set(), False),
        (["f", "p"], {}, set(), False),
        (["p", "p"], {}, set(), False),
    ],
)
def test_what_failed_last_and_had_no_turn(
    before: list[str], now: dict[str, str], whole: set[str], unseen: bool
) -> None:
    earlier = [record(number, {"x": letter}) for number, letter in enumerate(before, 1)]
    story = told(earlier, record(9, now, whole=whole), owner)
    assert [one.failed.run for one in story.unseen] == (["run2"] if unseen else [])
    assert told(earlier, record(9, {}, whole=set()), lambda test: "").unseen == ()


@pytest.mark.parametrize(
    ("given", "partial"),
    [({}, False), ({"left_out": 1}, True), ({"projects": {"b": Figures()}}, True), ({"whole": ()}, False)],
)
def test_a_run_of_a_part(given: dict[str, object], partial: bool) -> None:
    assert record(1, {}, **given).partial is partial


def test_a_damaged_record_is_passed_over_wherever_the_damage_is(tmp_path: Path) -> None:
    good = encoded(record(1, {f"test_{number}": "pf"[number % 2] for number in range(30)}), 100)
    file = tmp_path / record(1, {}).name
    for place in range(len(good)):
        for mask in (1, 0x80):
            file.write_bytes(good[:place] + bytes([good[place] ^ mask]) + good[place + 1 :])
            assert len(folder.read([tmp_path])) <= 1  # gzip's own header has bytes that mean nothing
        file.write_bytes(good[:place])
        assert folder.read([tmp_path]) == ()


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        pytest.param({}, True, id="as written"),
        pytest.param({"newer": [1]}, True, id="a newer key"),
        pytest.param({"projects": {"a": {"tests": 1, "newer": 2}}}, True, id="a newer key of a project"),
        pytest.param({"started": "yesterday"}, False, id="a word for a time"),
        pytest.param({"started": -1e300}, False, id="a time before all times"),
        pytest.param({"seconds": float("inf")}, False, id="no number"),
        pytest.param({"coverage": "90 %"}, False, id="a word for a share"),
        pytest.param({"commit": None}, False, id="no commit"),
        pytest.param({"count": 1.5}, False, id="half a test"),
        pytest.param({"projects": {"a": {"tests": "1"}}}, False, id="a word in a project"),
        pytest.param({"projects": ["a"]}, False, id="a list of projects"),
        pytest.param({"whole": None}, False, id="no list"),
        pytest.param({"proven": []}, False, id="a list of proofs"),
    ],
)
def test_a_record_whose_values_are_of_another_kind_is_passed_over(
    tmp_path: Path, change: dict[str, object], kept: bool
) -> None:
    _rewritten(tmp_path, change)
    assert [run.run for run in folder.read([tmp_path])] == ["r" for _ in [change] if kept]


@pytest.mark.parametrize(
    "line",
    ['{"test":"t","outcome":["failed"],"seconds":1}', '{"test":"t","outcome":"failed","seconds":1e999}', "["],
)
def test_so_is_one_with_such_a_test(tmp_path: Path, line: str) -> None:
    _rewritten(tmp_path, {}, line)
    assert folder.read([tmp_path]) == ()


def test_a_link_of_a_record_leads_to_a_server_only(tmp_path: Path) -> None:
    for page, kept in (("https://ci.example.org/1", True), ("javascript:alert(1)", False)):
        _rewritten(tmp_path, {"page": page})
        assert [run.page for run in folder.read([tmp_path])] == [page if kept else ""]


def _rewritten(dest: Path, change: dict[str, object], *lines: str) -> None:
    """A record in the folder whose head is changed so, with more lines."""
    one = Record("r", 1000.0, commit="c", projects={"a": Figures(1)}, whole=("a",))
    head, *rest = gzip.decompress(encoded(one, 10)).decode("ascii").splitlines()
    text = "\n".join([json.dumps({**json.loads(head), **change}), *rest, *lines, ""])
    (dest / one.name).write_bytes(gzip.compress(text.encode("ascii")))
