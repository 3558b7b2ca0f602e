"""With ``--cached`` a run of a part of the tests measures what a run of all of them measures."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.run.space import Space, replayed
from tests.workspace.trees import git

from .carrying import more, narrowed, read, sharded, table, trials

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "changes"),
    [("--cov-branch", 3), ("--cov-context=test", 2)],
    ids=["branches", "contexts"],
)
def test_what_is_carried_and_measured_is_what_a_whole_run_measures(
    tmp_path: Path, words: str, changes: int
) -> None:
    found = list(trials(tmp_path, 3, changes, words))
    assert not [(trial.done, trial.differences) for trial in found if trial.differences]
    assert any(trial.replayed for trial in found), "or nothing was carried"
    assert any(trial.ran for trial in found)


@pytest.mark.slow
def test_what_shards_carry_and_measure_is_what_a_whole_run_measures(tmp_path: Path) -> None:
    found = list(sharded(tmp_path, 12, 2, "--cov-branch"))
    assert not [(trial.done, trial.differences) for trial in found if trial.differences]
    assert all(trial.replayed and trial.ran for trial in found), "or nothing was carried, or measured"


@pytest.mark.slow
@pytest.mark.parametrize("shards", [False, True], ids=["alone", "shards"])
def test_what_a_run_leaves_out_is_carried_as_a_whole_run_measures_it(tmp_path: Path, shards: bool) -> None:
    found = list(narrowed(tmp_path, 5, 3, "--cov-branch", "--cov-context=test", shards=shards))
    assert not [(trial.done, trial.differences) for trial in found if trial.differences]
    assert not all(trial.partial for trial in found), "or no number was whole"


@pytest.mark.slow
def test_what_was_measured_in_another_checkout_is_carried_to_this_one(tmp_path: Path) -> None:
    found = list(trials(tmp_path, 3, 3, "--cov-branch", "--cov-context=test", moving=True))
    assert not [(trial.done, trial.differences) for trial in found if trial.differences]
    assert all(trial.replayed and trial.ran for trial in found), "or nothing was carried, or measured"


def test_another_checkout_measures_anew_what_may_be_another_there(tmp_path: Path) -> None:
    """A pattern that the way to one of them matches, and sources that lie outside."""
    first, second = (Space(tmp_path / name) for name in ("first", "second"))
    ini = "[tool.pytest.ini_options]\npythonpath = ['.', '../../outside']\n[tool.coverage.run]\n"
    code = {"code_a.py": "one = 1\n", "test_a.py": "import code_a\ndef test(): pass\n"}
    outer = {**code, "test_a.py": "import code_a, outer\ndef test(): pass\n"}
    settings = {
        "free": (code, "omit = ['*/never/*']"),
        "pattern": (code, "omit = ['*/first/*']"),
        "outside": (outer, "source = ['.', '../../outside']"),
    }
    for space in (first, second):
        space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
        for name, (files, line) in settings.items():
            found = {**files, "pyproject.toml": ini + line}
            space.write(
                {
                    f"{name}/{path.replace('_a', f'_{name}')}": t.replace("_a", f"_{name}")
                    for path, t in found.items()
                }
            )
    first.write({"../outside/outer.py": "this = 1\n"})
    args = ("-p", "pytest_cov", "--cov", "--cov-report=")
    with first.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        first.run("--cached", *args)
        again = first.run("--cached", *args)
    with second.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        other = second.run("--cached", "--cached-explain", *args)
        carried = read(second.root / ".coverage")
        second.run(*args)
    assert replayed(again) == 3, again.out
    assert replayed(other) == 1, other.out
    assert carried == read(second.root / ".coverage")


def test_files_that_import_one_module_are_carried_each_by_itself(tmp_path: Path) -> None:
    space = Space(tmp_path / "space")
    test = "import code_a\ndef test(): assert code_a.one()\n"
    space.write(
        {
            "pyproject.toml": "[tool.pytest-monorepo]\n",
            "a/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n",
            "a/code_a.py": "def one():\n    return 1\nkept = one()\n",
            "a/test_a.py": test,
            "a/test_b.py": test,
        }
    )
    args = ("-p", "pytest_cov", "--cov", "--cov-report=", "--workers=1")
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        space.run("--cached", *args)
        space.write({"a/test_b.py": f"{test}def test_more(): assert code_a.kept\n"})
        run = space.run("--cached", "--cached-explain", *args)
        carried = read(space.root / ".coverage")
        space.run(*args)
    assert replayed(run) == 1, run.out
    assert carried == read(space.root / ".coverage")


INI = "[tool.pytest.ini_options]\npythonpath = '.'\n"
CODE_A = "def one():\n    return 1\ndef two():\n    return 2\n"
TEST = "import code_a{0}\ndef test(): assert code_a.of({1})\n"
CODE = "def of(number):\n    if number == 3:\n        return 'this'\n    return {0}\n"
LONE = "kept = 1\nif kept:\n    more = 2\n"


def test_limits_of_merged_shards_are_those_of_a_whole_run(tmp_path: Path) -> None:
    """What a file alone imported goes with it, though each shard imports the files of all."""
    space = Space(tmp_path / "space")
    space.write(
        {
            "pyproject.toml": "[tool.pytest-monorepo]\n",
            "a/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n",
            "a/code_a.py": CODE.format("'another'"),
            "a/code_b.py": CODE.format("'another'"),
            "a/lone.py": LONE,
            "a/pkg/__init__.py": "",
            "a/pkg/lone.py": LONE,
            "a/test_0.py": TEST.format(", code_b", "code_b.of(3)"),
            "a/test_1.py": TEST.format("", 1),
            "a/test_2.py": TEST.format("", 2),
            "a/test_3.py": TEST.format(", lone, pkg.lone", 3),
        }
    )
    git(space.root, "init", "-q")
    git(space.root, "add", "a")
    git(space.root, "commit", "-q", "-m", "x")
    cov = ("-p", "pytest_cov", "--cov", "--workers=1")
    said = ("--cov-report=term", "--cov-fail-under=90", "--cov-patch=HEAD", "--cov-patch-fail-under=90")

    def shards(count: int) -> int:
        shutil.rmtree(space.root / "monorepo-shards", ignore_errors=True)
        shutil.rmtree(space.root / ".pytest_cache", ignore_errors=True)
        runs = [space.run("--cached", f"--shard={n}/{count}", *cov) for n in range(1, count + 1)]
        return sum(map(replayed, runs))

    def numbers(*words: str) -> tuple[int, list[str]]:
        run = space.run(*words, *cov, *said)
        return run.code, [line for line in run.lines if "%" in line and not line.endswith("%]")]

    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert shards(2) == 0
        space.write({"a/test_3.py": TEST.format("", 3), "a/code_b.py": CODE.format("'other'")})
        assert shards(3) == 2
        merged = numbers("--monorepo-merge=monorepo-shards")
        assert shards(2) == 4
        again = numbers("--monorepo-merge=monorepo-shards")
        whole = numbers()
    assert merged == again == whole
    code, lines = whole
    assert code == 1
    assert [line for line in lines if line.startswith("FAIL")] == lines[-2:], lines


PARTS: dict[str, tuple[list[str], dict[str, str], str]] = {
    "by-file": (["--affected=HEAD", "--affected-level=file"], {"b/code_b.py": "kept = 2\n"}, ""),
    "by-project": (["--affected=HEAD"], {"b/code_b.py": "kept = 2\n"}, ""),
    "nothing-affected": (["--affected=HEAD"], {}, ""),
    "nothing-kept": (["--affected=HEAD", "--cov-branch"], {}, r"--affected; no data of tests of a, b\)?$"),
    "file": (["a/test_a.py"], {"a/test_a.py": "import code_a\ndef test_one(): code_a.one()\n"}, ""),
    "node": (["a/test_a.py::test_one"], {}, ""),
    "keyword": (["-k", "one"], {}, ""),
    "project": (["--project=b"], {"b/code_b.py": "kept = 2\n"}, ""),
    "changed-beside": (
        ["--project=b"],
        {"a/code_a.py": CODE_A + "more = 1\n"},
        r"--project; no data of a/test_a.py$",
    ),
    "cut": (["-k", "one"], {"a/code_a.py": CODE_A + "more = 1\n"}, r"-k; no data of a/test_a.py$"),
    "new-project": (
        ["--project=a"],
        {"c/pyproject.toml": INI, "c/test_c.py": "def test(): pass\n"},
        r"no data of tests of c$",
    ),
    "stopped": (["-x"], {"a/test_0.py": "def test(): assert 0\n"}, r"interrupted; no data of tests of a$"),
}


@pytest.mark.sampled("part", first=False)
@pytest.mark.parametrize("part", PARTS)
def test_what_is_left_out_brings_what_it_covered_or_is_said_to_have_no_data(
    tmp_path: Path, part: str
) -> None:
    """Limits count where all of it did, and else not, though they would hold or fail."""
    words, changed, partial = PARTS[part]
    space = Space(tmp_path / "space")
    space.write(
        {
            "pyproject.toml": "[tool.pytest-monorepo]\n",
            ".gitignore": ".coverage\n__pycache__/\n.pytest_cache/\n",
            "a/pyproject.toml": f"{INI}[tool.coverage.report]\nfail_under = 100\n",
            "a/code_a.py": CODE_A,
            "a/test_a.py": "import code_a\ndef test_one(): code_a.one()\ndef test_two(): code_a.two()\n",
            "a/test_c.py": "def test_other(): pass\n",
            "b/pyproject.toml": INI,
            "b/code_b.py": "kept = 1\nif not kept:\n    never = 1\n",
            "b/test_b.py": "import code_b\ndef test_one(): assert code_b\n",
        }
    )
    git(space.root, "init", "-q")
    git(space.root, "add", "-A")
    git(space.root, "commit", "-q", "-m", "x")
    args = ("-p", "pytest_cov", "--cov", "--cov-report=term", "--cov-fail-under=80", "--workers=1")
    patch = ("--cov-patch=HEAD", "--cov-patch-fail-under=90")
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        space.run("--cached", *args)
        space.write(changed)
        run = space.run("--cached", "--cached-explain", *args, *patch, *words)
        carried = read(space.root / ".coverage")
        whole = space.run(*args, *patch)
        everything = read(space.root / ".coverage")
    said = next((line for line in run.lines if line.startswith(("partial: ", "WARNING: no cov"))), "")
    assert bool(said) == bool(partial), run.out
    if partial:
        assert re.search(partial, said), run.out
        assert said.startswith("WARNING") or not list(more(carried, everything))
        run.has("total coverage: the limit of 80% is not enforced: not everything ran: ")
        assert not any(line.startswith("FAIL ") for line in run.lines), run.out
        return
    assert carried == everything, run.out
    assert table(run) == table(whole)
    assert [line for line in run.lines if "limit" in line or "reaches" in line] == [
        line for line in whole.lines if "limit" in line or "reaches" in line
    ]


def test_without_cached_a_part_measures_itself_alone(tmp_path: Path) -> None:
    space = Space(tmp_path / "space")
    space.write(
        {
            "pyproject.toml": "[tool.pytest-monorepo]\ncached = true\n",
            "a/pyproject.toml": INI,
            "a/code_a.py": CODE_A,
            "a/test_a.py": "import code_a\ndef test_one(): code_a.one()\ndef test_two(): code_a.two()\n",
        }
    )
    args = ("-p", "pytest_cov", "--cov", "--cov-report=")
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        space.run(*args)
        whole = read(space.root / ".coverage")
        space.run(*args, "-k", "one")
        carried = read(space.root / ".coverage")
        space.run(*args, "-k", "one", "--no-cached")
        alone = read(space.root / ".coverage")
    assert carried == whole != alone
