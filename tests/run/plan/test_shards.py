from __future__ import annotations

import random
from collections import Counter

import pytest

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.run.plan import shards
from pytest_monorepo.run.plan.history import History
from pytest_monorepo.run.plan.shards import Division, Shard, Share
from pytest_monorepo.workspace.model import Project


def project(path: str, files: int) -> Project:
    return Project(path, path, test_files=tuple(f"{path}/tests/test_{n}.py" for n in range(files)))


def sixty(seed: int) -> tuple[list[Project], History]:
    """Projects of every size, two of them far longer than a fair share."""
    chance = random.Random(seed)
    sizes = [40, 25, *(chance.choice([1, 1, 2, 3, 8]) for _ in range(58))]
    projects = [project(f"p{number:02}", size) for number, size in enumerate(sizes)]
    seconds = {f: chance.lognormvariate(0, 1.5) for p in projects for f in p.test_files}
    return projects, History(seconds)


def files_of(division: Division, projects: list[Project]) -> list[list[str]]:
    """Which test files run in each shard, by the rule that workers follow."""
    found = []
    for number, part in enumerate(division.parts, 1):
        own: list[str] = []
        for one in projects:
            if one.path in part:
                share = division.share(Shard(number, len(division.parts)), one.path)
                own += [file for file in one.test_files if share is None or file in share.files]
        found.append(own)
    return found


# -- the division


@pytest.mark.parametrize("count", range(1, 8))
@pytest.mark.parametrize("seed", range(20))
def test_every_file_of_sixty_projects_runs_once_and_no_shard_is_long(count: int, seed: int) -> None:
    projects, history = sixty(seed)
    division = shards.divide(projects, count, history)
    parts = files_of(division, projects)
    assert Counter(f for part in parts for f in part) == Counter(f for p in projects for f in p.test_files)
    loads = [sum(history.seconds[file] for file in part) for part in parts]
    longest_file = max(history.seconds.values())
    assert max(loads) <= 1.15 * sum(loads) / count + longest_file


def test_few_projects_are_split() -> None:
    projects, history = sixty(1)
    division = shards.divide(projects, 7, history)
    split = {path for part in division.parts for path, files in part.items() if files is not None}
    assert 1 <= len(split) <= 4
    assert len(shards.divide(projects, 1, history).parts[0]) == 60


def test_without_durations_files_count() -> None:
    projects = [project("big", 30), *(project(f"p{n}", 2) for n in range(5))]
    sizes = [len(part) for part in files_of(shards.divide(projects, 4, History()), projects)]
    assert sum(sizes) == 40
    assert max(sizes) <= 11


def test_a_file_never_run_counts_as_the_mean_of_the_others() -> None:
    projects = [project("a", 1), project("b", 1), project("c", 2)]
    history = History({"a/tests/test_0.py": 6.0, "b/tests/test_0.py": 2.0})
    parts = [set(part) for part in shards.divide(projects, 2, history).parts]
    assert parts == [{"c"}, {"a", "b"}]


def test_a_single_long_file_is_not_split_and_shards_may_stay_empty() -> None:
    division = shards.divide([project("a", 1)], 3, History({"a/tests/test_0.py": 60.0}))
    assert [dict(part) for part in division.parts] == [{"a": None}, {}, {}]


def test_a_project_that_cannot_be_read_is_reported_by_one_shard() -> None:
    broken = Project("broken", "broken", error="pyproject.toml: no TOML")
    division = shards.divide([broken, project("a", 4)], 3, History())
    assert [("broken" in part) for part in division.parts].count(True) == 1


def test_only_files_that_were_asked_for_are_divided() -> None:
    big = project("big", 6)
    targets = {"big": ("tests/test_1.py", "tests/test_3.py::test_x[a::b/c]")}
    division = shards.divide([big], 2, History(), targets)
    assert sorted(f for part in division.parts for f in part.get("big") or ()) == [
        "big/tests/test_1.py",
        "big/tests/test_3.py",
    ]
    folder = shards.divide([big], 2, History(), {"big": ("tests",)})
    assert sum(len(part["big"] or ()) for part in folder.parts) == 6


def test_what_discovery_missed_belongs_to_the_first_shard_of_its_project() -> None:
    division = Division(({"b": None}, {"a": ("a/1",)}, {"a": ("a/2", "a/3")}))
    assert division.share(Shard(1, 3), "b") is None
    assert division.share(Shard(2, 3), "a") == Share(("a/1",), ("a/2", "a/3"), first=True)
    assert division.share(Shard(3, 3), "a") == Share(("a/2", "a/3"), ("a/1",), first=False)


def test_the_fingerprint_tells_divisions_apart() -> None:
    projects, history = sixty(3)
    one = shards.divide(projects, 3, history)
    again = shards.divide(list(reversed(projects)), 3, History(dict(reversed(history.seconds.items()))))
    assert again == one
    assert again.fingerprint == one.fingerprint
    history.seconds["p00/tests/test_0.py"] += 500
    assert shards.divide(projects, 3, history).fingerprint != one.fingerprint


# -- the option


@pytest.mark.parametrize(
    ("value", "environ", "expected"),
    [
        ("2/5", {}, Shard(2, 5)),
        (" 2 / 5 ", {}, Shard(2, 5)),
        ("1/1", {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "4"}, Shard(1, 1)),
        ("auto", {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "4"}, Shard(1, 4)),
        ("auto", {"CI_NODE_TOTAL": "1"}, Shard(1, 1)),
        ("auto", {"CIRCLE_NODE_INDEX": "0", "CIRCLE_NODE_TOTAL": "3"}, Shard(1, 3)),
        ("auto", {"BUILDKITE_PARALLEL_JOB": "2", "BUILDKITE_PARALLEL_JOB_COUNT": "3"}, Shard(3, 3)),
        ("auto", {"BUILDKITE": "true"}, Shard(1, 1)),
    ],
)
def test_the_shard_is_given_or_the_ci_system_says(
    value: str, environ: dict[str, str], expected: Shard
) -> None:
    assert shards.read(value, environ) == expected


@pytest.mark.parametrize(
    ("value", "environ", "message"),
    [
        ("2", {}, "must be I/N"),
        ("0/3", {}, "1/3 to 3/3"),
        ("4/3", {}, "1/3 to 3/3"),
        ("1/0", {}, "at least one shard"),
        ("0/0", {}, "at least one shard"),
        ("-1/3", {}, "must be I/N"),
        ("1/3/5", {}, "must be I/N"),
        ("1 of 3", {}, "must be I/N"),
        ("", {}, "must be I/N"),
        ("AUTO", {}, "must be I/N"),
        ("auto", {"CI_NODE_INDEX": "0", "CI_NODE_TOTAL": "4"}, "the shards of 4"),
        ("auto", {"BUILDKITE_PARALLEL_JOB": "3", "BUILDKITE_PARALLEL_JOB_COUNT": "3"}, "the shards of 3"),
        ("auto", {"CIRCLE_NODE_INDEX": "0", "CIRCLE_NODE_TOTAL": "0"}, "at least one shard"),
        ("auto", {}, "CI_NODE_TOTAL, CIRCLE_NODE_TOTAL, BUILDKITE_PARALLEL_JOB_COUNT is set"),
        ("auto", {"CIRCLE_NODE_INDEX": "x", "CIRCLE_NODE_TOTAL": "3"}, "must be numbers"),
        (
            "auto",
            {"CI_NODE_INDEX": "5", "CI_NODE_TOTAL": "4"},
            "CI_NODE_INDEX=5, CI_NODE_TOTAL=4: the shards",
        ),
    ],
)
def test_a_wrong_shard_is_refused(value: str, environ: dict[str, str], message: str) -> None:
    with pytest.raises(MonorepoError) as error:
        shards.read(value, environ)
    assert message in str(error.value)
