from __future__ import annotations

import pytest

from .sampling import WHOLE, chosen

TABLE = """
import pytest

@pytest.mark.sampled("way")
@pytest.mark.parametrize("way", ["default", "split", "spawn", "one"])
@pytest.mark.parametrize("what", range(6))
def test_it(what, way): pass

@pytest.mark.sampled("way", first=False)
@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_either(way): pass

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
    monkeypatch.delenv(WHOLE, raising=False)
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


def test_whole_is_whole(tables: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WHOLE, "1")
    assert len(names(tables)) == 6 * 4 + 2 + 3 + 9 + 1


def test_a_row_that_is_asked_for_is_run(tables: pytest.Pytester) -> None:
    for row in ("default", "split", "spawn", "one"):
        assert len(names(tables, "-k", f"test_it and {row}")) == 6


@pytest.mark.parametrize("words", [[], ["-n1", "-p", "xdist"]], ids=" ".join)
def test_a_run_says_what_it_has_left_out(tables: pytest.Pytester, words: list[str]) -> None:
    pytest.importorskip("xdist")
    run = tables.runpytest_subprocess(*QUIET, *words)
    run.stdout.re_match_lines([r"sampled: 17 rows .*\(TESTS_WHOLE=1 runs them\): .* 12 of \S+::test_it"])
