from __future__ import annotations

from collections import Counter

import pytest

from .sampling import CI, PART, WHOLE, Part, chosen

TABLE = """
import pytest

@pytest.mark.sampled("way")
@pytest.mark.parametrize("way", ["default", "split", "spawn", "one"])
@pytest.mark.parametrize("what", range(6))
def test_it(what, way): pass

@pytest.mark.sampled("way", first=False)
@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_either(way): pass

@pytest.mark.sampled("row", one_in=3)
@pytest.mark.parametrize("row", range(10))
def test_many(row): pass

@pytest.mark.sampled("given", "expected")
@pytest.mark.parametrize("other", "xy")
@pytest.mark.parametrize(("given", "expected"), [(1, "a"), (2, "a"), (2, "b"), (3, "c")])
def test_pair(given, expected, other): pass

@pytest.fixture(params=range(3))
def run(request): return request.param

@pytest.mark.sampled("run", shared=True)
class TestShared:
    def test_a(self, run): pass
    @pytest.mark.parametrize("name", "xyz")
    def test_b(self, run, name): pass

def test_no_table(): pass
"""
QUIET = ["-p", "no:monorepo", "-p", "no:asyncio"]


@pytest.fixture
def tables(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    for name in (WHOLE, CI, PART):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyfile(TABLE)
    pytester.makeconftest("from tests.conftest import *\n")
    return pytester


def names(tables: pytest.Pytester, *words: str) -> list[str]:
    run = tables.inline_run("--collect-only", *QUIET, *words)
    return [item.name for item in run.getcalls("pytest_collection_finish")[0].session.items]


def test_rows_are_picked_in_turn() -> None:
    assert [chosen([0, 1, 2], turn, first=True) for turn in range(3)] == [{0, 1}, {0, 2}, {0, 1}]
    assert [chosen([0, 1, 2], turn, first=False) for turn in range(3)] == [{0}, {1}, {2}]
    assert chosen([4], 7, first=True) == chosen([4], 7, first=False) == {4}


def test_of_a_long_table_every_so_manyth_row_is_picked(tables: pytest.Pytester) -> None:
    assert chosen(range(9), 1, first=True, one_in=4) == {0, 2, 6}
    assert chosen(range(3), 5, first=False, one_in=4) == {2}
    turns = [chosen(range(9), turn, first=False, one_in=4) for turn in range(4)]
    assert sum(map(len, turns)) == len(set().union(*turns)) == 9
    assert len([name for name in names(tables) if name.startswith("test_many")]) == 1 + 3
    assert [Part(whole)("abcdefg", 3) for whole in (False, True)] == ["adg", "abcdefg"]


def test_a_sample_has_the_first_row_of_each_and_every_other_somewhere(tables: pytest.Pytester) -> None:
    found = [name[8:-1].split("-") for name in names(tables) if name.startswith("test_it[")]
    assert len(found) == 2 * 6
    assert [what for what, way in found if way == "default"] == list("012345")
    assert {way for _, way in found} == {"default", "split", "spawn", "one"}


def test_either_row_and_the_same_rows_for_a_whole_file(tables: pytest.Pytester) -> None:
    found = names(tables)
    assert len([name for name in found if name.startswith("test_either")]) == 1
    runs = {
        name.rstrip("]").partition("[")[2].partition("-")[0]
        for name in found
        if name.startswith(("test_a", "test_b"))
    }
    assert len(runs) == 2
    assert len([name for name in found if name.startswith("test_b")]) == 2 * 3
    assert "test_no_table" in found


def test_a_row_of_several_values_is_one(tables: pytest.Pytester) -> None:
    found = [name.rpartition("-")[::2] for name in names(tables) if name.startswith("test_pair[")]
    assert [other for first, other in found if first == "test_pair[1-a"] == ["x]", "y]"]
    assert len(found) == len({first for first, _ in found}) + 1 == 4


def test_whole_is_whole(tables: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WHOLE, "1")
    assert len(names(tables)) == 6 * 4 + 2 + 10 + 4 * 2 + 3 + 9 + 1


def test_a_row_that_is_asked_for_is_run(tables: pytest.Pytester) -> None:
    for row in ("default", "split", "spawn", "one"):
        assert len(names(tables, "-k", f"test_it and {row}")) == 6


@pytest.mark.parametrize("words", [[], ["-n1", "-p", "xdist"]], ids=" ".join)
def test_a_run_says_what_it_has_left_out(tables: pytest.Pytester, words: list[str]) -> None:
    pytest.importorskip("xdist")
    run = tables.runpytest_subprocess(*QUIET, *words)
    run.stdout.re_match_lines([r"sampled: .* by TESTS_WHOLE=1: 27 rows .* 12 of \S+::test_it"])


SLOW = """
import pytest

@pytest.mark.slow
@pytest.mark.parametrize("number", range(60))
def test_slow(number): pass

def test_quick(): pass
"""
SHARES = (
    SLOW
    + """
@pytest.fixture(scope="module")
def run(): pass
"""
)


@pytest.fixture
def slow(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    for name in (WHOLE, CI, PART):
        monkeypatch.delenv(name, raising=False)
    pytester.makeini("[pytest]\ntestpaths = some\nmarkers = slow: takes long\n")
    folder = pytester.mkdir("some")
    for number in range(9):
        (folder / f"test_shares_{number}.py").write_text(SHARES)
    (folder / "test_alone.py").write_text(SLOW)
    pytester.makeconftest("from tests.conftest import *\n")
    return pytester


def counted(slow: pytest.Pytester, *words: str) -> dict[str, int]:
    run = slow.inline_run("--collect-only", *QUIET, *words)
    items = run.getcalls("pytest_collection_finish")[0].session.items
    return Counter(item.path.stem for item in items if item.name.startswith("test_slow"))


def test_of_the_slow_ones_one_in_so_many_is_run_and_of_files_that_share_all_or_none(
    slow: pytest.Pytester,
) -> None:
    found = counted(slow)
    assert 0 < found.pop("test_alone") < 30
    assert set(found.values()) <= {60}
    assert len(found) < 9


RUNS = """
import pytest

@pytest.fixture
def space(): pass

@pytest.mark.parametrize("number", range(60))
def test_slow_no_more(space, number): pass

def test_slow_at_all(space): pass
"""


def test_of_those_that_start_whole_runs_a_larger_part_is_run(
    slow: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow.path.joinpath("some", "test_runs.py").write_text(RUNS)
    assert counted(slow)["test_alone"] < counted(slow)["test_runs"] < 30
    assert counted(slow, "-m", "not slow")["test_runs"] == 61
    monkeypatch.setenv(CI, "1")
    assert counted(slow)["test_runs"] == 20 + 1
    monkeypatch.setenv(WHOLE, "1")
    assert counted(slow)["test_runs"] == 61


@pytest.mark.parametrize(
    "words", [["some/test_alone.py"], ["-k", "test_alone"], ["-m", "slow"]], ids=" ".join
)
def test_who_names_slow_tests_gets_them(slow: pytest.Pytester, words: list[str]) -> None:
    assert counted(slow, *words)["test_alone"] == 60


def test_whole_has_all_slow_ones(slow: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WHOLE, "1")
    assert set(counted(slow).values()) == {60}
    assert len(counted(slow)) == 10


def test_ci_has_each_slow_one_and_of_its_rows_one_in_three_whatever_is_named(
    slow: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow.path.joinpath("some", "test_few.py").write_text(
        SLOW.replace("range(60)", "range(2)") + "@pytest.mark.slow\ndef test_slow_one(): pass\n"
    )
    monkeypatch.setenv(CI, "1")
    for words in ([], ["some"]):
        found = counted(slow, *words)
        assert (found.pop("test_alone"), found.pop("test_few")) == (20, 2)
        assert set(found.values()) == {60}
        assert len(found) == 9


def test_ci_has_a_third_of_the_slow_ones_of_each_file_that_are_no_rows_and_half_of_the_runs(
    slow: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = "@pytest.mark.slow\ndef test_slow_{}(): pass\n"
    run = "def test_slow_run_{}(space): pass\n"
    head = "import pytest\n@pytest.fixture\ndef space(): pass\n"
    for count in (1, 6):
        text = head + "".join(map(one.format, range(count))) + "".join(map(run.format, range(count)))
        slow.path.joinpath("some", f"test_{count}.py").write_text(text)
    monkeypatch.setenv(CI, "1")
    found = counted(slow)
    assert (found["test_1"], found["test_6"]) == (1 + 1, 2 + 3)


ONE_TABLE = """
import pytest

@pytest.mark.slow
@pytest.mark.parametrize("row", range(10))
def test_slow_first(row): pass

@pytest.mark.slow
def test_slow_between(): pass

@pytest.mark.slow
@pytest.mark.parametrize("row", range(10))
def test_slow_second(row): pass

@pytest.mark.slow
@pytest.mark.parametrize("row", range(10))
def test_slow_third(row): pass
"""


def test_three_tests_of_one_table_go_through_all_of_it_in_ci(
    slow: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow.path.joinpath("some", "test_one_table.py").write_text(ONE_TABLE)
    monkeypatch.setenv(CI, "1")
    rows = [name.rstrip("]").partition("[")[2] for name in names(slow, "some/test_one_table.py")]
    assert sorted(rows) == sorted(["", *map(str, range(10))])


def test_ci_takes_samples_of_the_tables(tables: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    here = names(tables)
    monkeypatch.setenv(CI, "1")
    assert names(tables) == here


def test_with_workers_the_same_slow_ones_are_left_out_and_told(slow: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    there = sum(counted(slow).values())
    run = slow.runpytest_subprocess(*QUIET, "-n1", "-p", "xdist")
    run.stdout.re_match_lines(
        [rf"sampled: left out, and run by TESTS_WHOLE=1: {600 - there} tests that are slow .*"]
    )
    run.assert_outcomes(passed=there + 10)


def test_the_parts_together_are_all_and_none_stands_in_two(
    slow: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WHOLE, "1")
    everything = set(names(slow))
    found = []
    for part in ("1/2", "2/2"):
        monkeypatch.setenv(PART, part)
        run = slow.inline_run("--collect-only", *QUIET)
        items = run.getcalls("pytest_collection_finish")[0].session.items
        found.append({item.nodeid for item in items})
    assert found[0]
    assert found[1]
    assert not found[0] & found[1]
    assert len(found[0] | found[1]) == 10 * 61
    assert len(everything) == 61
