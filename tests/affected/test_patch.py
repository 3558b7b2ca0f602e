from __future__ import annotations

from pytest_monorepo.affected.git.difference import changes
from pytest_monorepo.affected.patch import changed_line_numbers
from pytest_monorepo.reports.coverage.patch import changed_lines

from .conftest import Repository

LONG = "".join(f"line_{n} = {n}\n" for n in range(20))


def patch(repository: Repository, ref: str) -> dict[str, frozenset[int]]:
    return changed_line_numbers(repository.path, changes(repository.path, ref), changed_lines)


def test_committed_staged_unstaged_and_untracked_lines(unborn: Repository) -> None:
    unborn.commit("a.py", "b.py", "c.py", text=LONG)
    base = unborn.commit("gone.py", text=LONG)
    unborn.commit("a.py", text=LONG + "committed = 1\n")
    unborn.write("b.py", "staged = 1\n" + LONG)
    unborn.git("add", "b.py")
    unborn.write("c.py", LONG.replace("line_4 =", "edited ="))
    unborn.write("new.py", "x = 1\ny = 2\n")
    unborn.git("rm", "-q", "gone.py")

    assert patch(unborn, base) == {
        "a.py": frozenset({21}),
        "b.py": frozenset({1}),
        "c.py": frozenset({5}),
        "new.py": frozenset({1, 2}),
    }


def test_a_renamed_file_has_changed_only_where_it_was_edited(unborn: Repository) -> None:
    base = unborn.commit("old.py", "kept.py", text=LONG)
    unborn.git("mv", "kept.py", "renamed.py")
    unborn.git("mv", "old.py", "new.py")
    unborn.write("new.py", LONG + "added = 1\n")

    assert patch(unborn, base) == {"new.py": frozenset({21})}
