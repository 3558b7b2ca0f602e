"""``--cached`` by test file: some of a project's files run, the results of the others are said again."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import pytest

from tests.run.space import Run, Space

from .recorded import Recorded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

KEPT = "import functools\n@functools.cache\ndef read():\n    return open('kept.txt').read()"
FILES = {
    "libs/a/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\ntestpaths = 'tests'\n",
    "libs/a/pkg/__init__.py": "",
    "libs/a/pkg/one.py": "value = 1",
    "libs/a/pkg/two.py": "value = 1",
    "libs/a/pkg/kept.py": KEPT,
    "libs/a/pkg/box.py": "value = 0",
    "libs/a/kept.txt": "1",
    "libs/a/tests/test_one.py": "from pkg import one\ndef test(): assert one.value == 1",
    "libs/a/tests/test_two.py": "from pkg.two import value\ndef test(): assert value == 1",
    "libs/a/tests/test_kept.py": "from pkg import kept\ndef test(): assert kept.read() == '1'",
    "libs/a/tests/test_later.py": "from pkg.kept import read\ndef test(): assert read() == '1'",
    "libs/a/tests/test_early.py": "from pkg import box\ndef test(): assert box",
    "libs/a/tests/test_sees.py": "from pkg import box\ndef test(): assert box.value == 0",
}


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    def make(space: Space) -> None:
        space.write(FILES)
        run = space.run(*CACHED)
        assert run.code == 0, run.out

    return Recorded(tmp_path_factory.mktemp("files"), make)


@pytest.fixture
def space(recorded: Recorded) -> Iterator[Space]:
    with recorded.again() as space:
        yield space


CACHED = ("--cached", "--cached-explain", "--workers=1", "--junitxml=out.xml")


def ran(run: Run) -> set[str]:
    return set(re.findall(r"^libs/a/tests/test_(\w+)\.py runs:", run.out, re.MULTILINE))


def replayed(run: Run) -> set[str]:
    return set(re.findall(r"^libs/a/tests/test_(\w+)\.py cached from", run.out, re.MULTILINE))


def test_only_what_can_see_a_change_runs_and_all_is_told(space: Space) -> None:
    space.write({"libs/a/pkg/one.py": "value = 1\nmore = 2"})
    run = space.run(*CACHED)
    assert (run.code, run.counts, ran(run)) == (0, {"passed": 6}, {"one"}), run.out
    assert replayed(run) == {"two", "kept", "later", "early", "sees"}
    assert set(run.cases.values()) == {"passed"}
    run.has(r"^libs/a/tests/test_one.py \.", r"^libs/a/tests/test_two.py \(cached\) \.", r"5 cached in ")
    assert (space.root / "out.xml").read_text().count('name="cached"') == 5


def test_a_stopped_run_counts_what_it_has_told(space: Space) -> None:
    """The files of another project are told whole, those behind the failure are not."""
    space.write(
        {
            "libs/a/tests/test_aaa.py": "def test(): assert 0",
            "libs/b/pyproject.toml": "",
            "libs/b/test_it.py": "def test_one(): pass\ndef test_two(): pass",
        }
    )
    space.run(*CACHED)
    run = space.run(*CACHED)
    run.has(r"8 passed, 8 cached in ")
    run = space.run(*CACHED, "-x")
    assert run.counts["passed"] < 8, run.out
    run.has(rf"1 failed, {run.counts['passed']} passed, {run.counts['passed']} cached in ")


def test_who_is_first_to_import_what_is_wrapped_leaves_nothing(space: Space) -> None:
    modules = (
        "asyncio, codecs, grp, linecache, locale, mimetypes, platform, pwd, resource, socket, sqlite3, ssl"
    )
    one = f"import {modules}\n{FILES['libs/a/tests/test_one.py']}"
    space.write(
        {"libs/a/tests/test_aaa.py": f"import {modules}\ndef test(): pass", "libs/a/tests/test_one.py": one}
    )
    space.run(*CACHED)
    space.write({"libs/a/tests/test_one.py": f"{one}\n"})
    run = space.run(*CACHED)
    assert (run.code, ran(run)) == (0, {"one"}), run.out


def test_a_file_that_fails_runs_until_it_does_not_and_the_others_do_not(space: Space) -> None:
    space.write({"libs/a/pkg/two.py": "value = 2"})
    for _ in range(2):
        run = space.run(*CACHED)
        assert (run.code, ran(run), run.counts) == (1, {"two"}, {"passed": 5, "failed": 1}), run.out
    space.write({"libs/a/pkg/two.py": "value = 1"})
    run = space.run(*CACHED)
    assert (run.code, run.counts) == (0, {"passed": 6})
    run.has(r"^libs/a cached from")


def test_files_that_share_what_one_has_read_are_one(space: Space) -> None:
    space.write({"libs/a/tests/test_later.py": FILES["libs/a/tests/test_later.py"] + "\n"})
    assert ran(space.run(*CACHED)) == {"kept", "later"}
    space.write({"libs/a/kept.txt": "2"})
    run = space.run(*CACHED)
    assert (run.code, ran(run), run.counts["failed"]) == (1, {"kept", "later"}, 2)


def test_what_a_changed_file_comes_to_leave_lets_those_run_that_see_it(space: Space) -> None:
    space.write({"libs/a/tests/test_early.py": "from pkg import box\ndef test(): box.value = 2"})
    run = space.run(*CACHED)
    assert (run.code, run.counts) == (1, {"passed": 5, "failed": 1}), run.out
    run.has(r"^FAILED libs/a/tests/test_sees.py")
    run.has(r"^libs/a/tests/test_sees.py runs: .*test_early.py leaves variables of pkg.box")


def test_new_files_run_and_gone_ones_are_not_told_of(space: Space) -> None:
    space.write({"libs/a/tests/test_new.py": "def test(): pass"})
    run = space.run(*CACHED)
    assert (run.code, ran(run), run.counts) == (0, {"new"}, {"passed": 7}), run.out
    (space.root / "libs/a/tests/test_new.py").unlink()
    (space.root / "libs/a/tests/test_two.py").unlink()
    run = space.run(*CACHED)
    assert (run.code, ran(run), run.counts) == (0, set(), {"passed": 5}), run.out


def test_a_conftest_and_its_hooks_about_all_concern_all(space: Space) -> None:
    hook = "def pytest_collection_modifyitems(items): pass\n"
    for text in (hook, hook + "\n"):
        space.write({"libs/a/tests/conftest.py": text})
        run = space.run(*CACHED)
        assert (run.counts, replayed(run)) == ({"passed": 6}, set())
    space.write({"libs/a/pkg/one.py": "value = 1\nmore = 3"})
    run = space.run(*CACHED)
    assert (run.counts, replayed(run)) == ({"passed": 6}, set()), run.out


def test_verify_names_the_file_that_is_not_what_was_kept(space: Space) -> None:
    run = space.run("--cached=verify", "--workers=1", "--junitxml=out.xml")
    run.has(r"verified: 6 files ran as they would have been replayed")


ENDS = {
    "verify --collect-only": "",
    "sample --collect-only": "",
    "verify -x": "def test(): assert 0",
    "sample --maxfail=1": "1 / 0",
    "verify": "import pytest\ndef test(): pytest.exit('enough')",
    "sample": "import os\ndef test(): os._exit(3)",
}


@pytest.mark.slow
def test_what_did_not_run_to_its_end_is_compared_with_nothing(space: Space) -> None:
    for words, text in ENDS.items():
        way, *options = words.split()
        share = "cached-sample = 1.0\n" if way == "sample" else ""
        space.write({"pyproject.toml": f"[tool.pytest-monorepo]\n{share}"})
        if text:
            space.write({"libs/a/tests/test_aa.py": text})
        run = space.run("--cached=verify" if way == "verify" else "--cached", *CACHED[1:], *options)
        assert bool(run.code) == bool(text), run.out
        run.lacks("not what was kept", "verified: 6", "verified: 7")
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n", "libs/a/tests/test_aa.py": "def test(): 1"})
    assert len(replayed(space.run(*CACHED))) == 6


SEEN = {
    "loaded": "import sys\ndef test(): assert [name for name in sys.modules if name == 'pkg.two']",
    "subclasses": "from pkg.base import Base\ndef test(): assert len(Base.__subclasses__()) == 1",
}


@pytest.mark.sampled("name", first=False)
@pytest.mark.parametrize("name", SEEN)
def test_who_looks_at_what_is_loaded_runs_only_where_all_is(space: Space, name: str) -> None:
    two = "from pkg import two\nfrom pkg.base import Base\nclass Own(Base): pass\ndef test(): pass"
    space.write({"libs/a/pkg/base.py": "class Base: pass", "libs/a/tests/test_two.py": two})
    space.write({"libs/a/tests/test_seen.py": SEEN[name]})
    run = space.run(*CACHED)
    assert (run.code, replayed(run)) == (0, set()), run.out
    space.write({"libs/a/tests/test_seen.py": SEEN[name] + "\n"})
    run = space.run(*CACHED)
    assert (run.code, run.counts["passed"]) == (0, 7), run.out
    run.has(r"test_one.py runs: libs/a/tests/test_seen.py runs, which may see what is loaded")
    space.write({"libs/a/tests/test_two.py": "def test(): pass", "libs/a/tests/test_one.py": "def test(): 1"})
    assert space.run(*CACHED).counts["failed"] == 1


def test_who_looks_for_a_module_by_name_is_one_with_who_loads_it(space: Space) -> None:
    seen = "import sys\ndef test(): assert 'pkg.two' in sys.modules and 'pkg.late' not in sys.modules"
    space.write({"libs/a/pkg/late.py": "", "libs/a/tests/test_two.py": "from pkg import two\ndef test(): 1"})
    space.write({"libs/a/tests/test_seen.py": seen})
    assert space.run(*CACHED).code == 0
    assert "7 cached" in space.run(*CACHED).lines[-1]
    space.write({"libs/a/tests/test_seen.py": f"{seen}\n"})
    run = space.run(*CACHED)
    assert (run.code, replayed(run) & {"one", "seen", "two"}) == (0, {"one"}), run.out
    space.write({"libs/a/tests/test_one.py": "def test(): import pkg.late"})
    run = space.run(*CACHED)
    assert run.counts["failed"] == 1, run.out
    run.has(r"test_seen.py looks for pkg.late, which libs/a/tests/test_one.py loads")
