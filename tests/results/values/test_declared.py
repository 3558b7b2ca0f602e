"""What is declared counts as it is: values by their names, files by names and content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from pytest_monorepo.results.values.current import Current, Digests
from pytest_monorepo.results.values.declared import declared

Answers = list[Mapping[str, str] | Iterable[str]]


def written(path: str, text: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    return change


def removed(path: str) -> Callable[[Path], object]:
    return lambda root: (root / path).unlink()


@pytest.mark.parametrize(
    ("answers", "change", "counts"),
    [
        ([["data/*.txt"]], written("data/x.txt", "22"), True),
        ([["data/*.txt"]], written("data/y.txt", "1"), True),
        ([["data/*.txt"]], removed("data/x.txt"), True),
        ([["data/*.txt"]], written("data/y.md", "1"), False),
        ([["data/**"]], written("data/deep/y.md", "1"), True),
        ([["later.txt"]], written("later.txt", "1"), True),
        ([[], ["data/x.txt"]], written("data/x.txt", "22"), True),
        ([(path for path in ["data/[[]x].txt"])], written("data/[x].txt", "1"), True),
        ([{"schema": "1"}], written("data/x.txt", "22"), False),
        ([["no/where/*"]], written("data/x.txt", "22"), False),
    ],
)
def test_files_count_by_name_and_content(
    tmp_path: Path, answers: Answers, change: Callable[[Path], object], counts: bool
) -> None:
    written("data/x.txt", "1")(tmp_path)
    answers = [list(answer) if not isinstance(answer, Mapping) else answer for answer in answers]
    before = declared(tmp_path, answers, Current(Digests()))
    change(tmp_path)
    assert (declared(tmp_path, answers, Current(Digests())) != before) is counts


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([{"a": "1", "b": "2"}], [{"b": "2"}, {"a": "1"}], True),
        ([{"a": "1"}], [{"a": "2"}], False),
        ([{"a": "1"}], [{"b": "1"}], False),
        ([{"a": "1"}], [["a", "1"]], False),
        ([{}], [], True),
    ],
)
def test_values_count_by_name_in_any_order(tmp_path: Path, one: Answers, other: Answers, same: bool) -> None:
    found = [declared(tmp_path, answers, Current(Digests())) for answers in (one, other)]
    assert (found[0] == found[1]) is same
