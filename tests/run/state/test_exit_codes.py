"""The exit code of a run: a project's own where it is the only one, and 1 for one beside others."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from pytest_monorepo.run.state.exit_codes import conclude, settled, worst
from tests.run.space import Space

FINE = "def test_x(): pass\n"
MAIN = "tests/test_main.py"


@pytest.mark.parametrize(
    ("session", "found", "alone", "code"),
    [
        (0, [], None, 0),
        (1, [], None, 1),
        (5, [], None, 5),
        (1, [4], None, 1),
        (1, [9], None, 1),
        (1, [-2], None, 1),
        (1, [6], None, 1),
        (1, [6, 4], None, 1),
        (1, [3, 4], None, 3),
        (1, [2], None, 2),
        (2, [4], None, 2),
        (1, [4], 4, 4),
        (1, [9], 9, 9),
        (1, [6], 6, 6),
        (0, [1], 0, 1),
        (1, [], 0, 1),
        (2, [], 1, 2),
        (3, [], 1, 3),
    ],
)
def test_one_that_cannot_run_beside_others_has_failed(
    session: int, found: Collection[int], alone: int | None, code: int
) -> None:
    assert conclude(session, found, alone) == code


@pytest.mark.parametrize(("found", "code"), [([4], 4), ([1, 4], 4), ([2, 4], 2), ([3, 4], 3)])
def test_what_the_command_line_asks_for_in_vain_is_its_own_mistake(found: list[int], code: int) -> None:
    assert conclude(1, found, mistyped=True) == code


@pytest.mark.parametrize(
    ("codes", "code"), [([], None), ([0, 5], 0), ([0, 9], 9), ([1, 9], 9), ([2, 9], 2), ([1, 5], 1), ([5], 5)]
)
def test_a_project_ends_with_the_worst_of_its_workers(codes: Collection[int], code: int | None) -> None:
    assert worst(codes) == code


@pytest.mark.parametrize(
    ("ours", "told", "now", "code"),
    [(0, 5, 5, 0), (0, 5, 1, 1), (1, 0, 0, 1), (4, 1, 5, 4), (0, 0, 7, 7), (0, 0, 0, 0), (1, 1, 1, 1)],
)
def test_a_plugin_that_only_repeats_what_it_was_told_changes_nothing(
    ours: int, told: int, now: int, code: int
) -> None:
    assert settled(ours, told, now) == code


ENDINGS = {
    "exit 7 in a test": {MAIN: "import pytest\ndef test_x(): pytest.exit('so', returncode=7)\n"},
    "exit in a test": {MAIN: "import pytest\ndef test_x(): pytest.exit('so')\n"},
    "exit 7 in configure": {
        "conftest.py": "import pytest\ndef pytest_configure(): pytest.exit('so', returncode=7)\n"
    },
    "a status of its own": {"conftest.py": "def pytest_sessionfinish(session): session.exitstatus = 42\n"},
    "a usage error": {"pytest.ini": "[pytest]\naddopts = --nope\n"},
    "no test": {MAIN: "def nothing(): pass\n"},
    "no readable manifest": {"pyproject.toml": "[project\n"},
}


@pytest.mark.sampled("files")
@pytest.mark.parametrize("files", ENDINGS.values(), ids=list(ENDINGS))
def test_alone_as_plain_and_beside_others_1(space: Space, files: dict[str, str]) -> None:
    space.projects({"one": FINE, "two": FINE})
    space.write({f"one/{path}": text for path, text in files.items()})
    alone = space.plain(cwd="one").code
    assert alone
    assert space.run("one").code == alone
    assert space.run().code == 1


def test_an_exit_with_0_passes_as_alone_and_says_so(space: Space) -> None:
    text = "import pytest\ndef test_x(): pytest.exit('enough', returncode=0)\ndef test_y(): pass\n"
    space.projects({"one": text, "two": FINE})
    assert space.plain(cwd="one").code == 0
    run = space.run()
    assert run.code == 0
    run.has("ended early with exit code 0: enough; 1 test did not run, first one/tests/test_main.py::test_y")


@pytest.mark.parametrize("hook", ["configure", "sessionstart", "collection", "collection_finish"])
def test_an_exit_with_0_before_any_test_says_so_too(space: Space, hook: str) -> None:
    space.projects({"one": FINE, "two": FINE})
    ends = f"import pytest\ndef pytest_{hook}():\n    pytest.exit('enough', returncode=0)\n"
    space.write({"one/conftest.py": ends})
    assert space.plain(cwd="one").code == 0
    run = space.run()
    assert run.code == 0
    run.has("ended early with exit code 0: enough; none of its tests ran")


def test_a_merge_ends_as_the_run_would(space: Space) -> None:
    space.projects({"one": FINE, "two": FINE})
    space.write({"one/pytest.ini": "[pytest]\naddopts = --nope\n"})
    codes = [space.run(f"--shard={n}/2").code for n in (1, 2)]
    assert sorted(codes) == [0, 1]
    assert space.run("--monorepo-merge=monorepo-shards").code == 1


PASSES_EMPTY = "def pytest_sessionfinish(session, exitstatus):\n    session.exitstatus = 0\n"


def test_nothing_to_run_is_a_pass_where_a_projects_own_code_calls_it_one(space: Space) -> None:
    space.projects({"one": FINE, "two": FINE})
    space.write({"one/conftest.py": PASSES_EMPTY})
    assert [space.plain("-k", "none", cwd=path).code for path in ("one", "two")] == [0, 5]
    assert space.run("-k", "none").code == space.run("-k", "none", "one").code == 0
    assert space.run("-k", "none", "two").code == 5
    codes = [space.run(f"--shard={n}/2", "-k", "none").code for n in (1, 2)]
    assert codes == [0, 0]
    assert space.run("--monorepo-merge=monorepo-shards").code == 0
