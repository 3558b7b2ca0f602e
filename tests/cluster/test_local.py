"""``--cluster local:2``, as a user runs it: the same answers as on this machine alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.run.space import MANIFEST, Run, Space

from .machines import need_dask

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="workers are forked")


@pytest.fixture
def space(tmp_path: Path) -> Space:
    need_dask()
    root = tmp_path / "repo"
    root.mkdir()
    (root / "pyproject.toml").write_text("[tool.pytest-monorepo]\n")
    return Space(root)


FILES = {
    "a/pyproject.toml": MANIFEST.format(name="a"),
    "a/src/a/__init__.py": "def f(x):\n    if x:\n        return 1\n    return 2\n",
    "a/tests/test_a.py": """\
        import os, sys, pathlib, pytest, warnings
        import a

        def test_passes(tmp_path):
            assert a.f(1) == 1
            (tmp_path / "x").write_text("x")

        def test_fails():
            print("printed in", os.getcwd())
            assert a.__file__ == ""

        @pytest.mark.skip(reason="for a reason")
        def test_skipped(): ...

        @pytest.mark.xfail(reason="not yet")
        def test_xfailed(): assert 0

        @pytest.fixture
        def bad():
            yield
            raise OSError("in teardown")

        def test_teardown(bad): ...

        def test_warns(): warnings.warn("careful")
    """,
    "b/pyproject.toml": MANIFEST.format(name="b"),
    "b/conftest.py": "import sys\n",
    "b/tests/test_a.py": """\
        import os, sys
        def test_before(): ...
        def test_dies(): os.kill(os.getpid(), 9)
        def test_after(): ...
        def test_alone(): assert "a" not in sys.modules
    """,
    "c/pyproject.toml": MANIFEST.format(name="c"),
    "c/tests/test_broken.py": "import nothing_of_this_name\n",
}


def as_seen(run: Run) -> list[str]:
    """What failed and how, without what no two runs share."""
    text = run.out.partition("FAILURES ===")[2].partition("= projects =")[0]
    return [line for line in text.splitlines() if "0x" not in line and not line.startswith("___")]


def test_a_run_on_two_nodes_is_the_run_on_one_machine(space: Space) -> None:
    space.write(FILES)
    options = ("-v", "--cov=a/src", "--cov-report=json", "--junitxml=j.xml", "-p", "pytest_cov")
    runs, covered, cases = [], [], []
    for more in ((), ("--cluster", "local:2")):
        run = space.run(*options, *more)
        runs.append(run)
        covered.append(json.loads((space.root / "coverage.json").read_text())["files"])
        cases.append(Run(run.code, run.out, space.root / "j.xml").cases)
    here, there = runs
    there.has(r"monorepo: 3 projects, \d workers? on \d nodes?")
    assert (there.code, there.counts) == (here.code, here.counts)
    assert there.words == here.words
    assert sorted(there.summary) == sorted(here.summary)
    assert sorted(as_seen(there)) == sorted(as_seen(here))
    assert covered[0] == covered[1]
    assert cases[0] == cases[1]


@pytest.mark.slow
def test_files_tests_and_git_are_as_they_are_here_and_the_rest_is_said(space: Space) -> None:
    space.write(
        {
            "pyproject.toml": """\
                [tool.pytest-monorepo]
                cluster-include = ["a/_version.py"]
                cluster-env = ["OF_*"]
                cluster-setup = "echo once >> made.dat"
            """,
            ".gitignore": "*.dat\n_version.py\n",
            "a/pyproject.toml": MANIFEST.format(name="a"),
            "a/_version.py": "version = 1\n",
            "a/here.dat": "1",
            "a/tests/test_a.py": f"""\
                import pathlib, subprocess
                def test_it():
                    root = pathlib.Path(__file__).parents[2]
                    assert str(root) != {str(space.root)!r}
                    assert (root / "a/_version.py").exists()
                    assert (root / "made.dat").read_text() == "once\\n"
                    out = subprocess.check_output(["git", "status", "--porcelain"], cwd=root)
                    assert b"?? a/" in out
                def test_ignored():
                    pathlib.Path(__file__).parents[1].joinpath("here.dat").read_text()
            """,
            "b/pyproject.toml": MANIFEST.format(name="b"),
            "b/only_there.py": "",
            "b/tests/test_b.py": f"""\
                import sys
                def test_it():
                    sys.path.insert(0, {str(space.root / "b")!r})
                    del sys.path[1:4]
                    import only_there
            """,
        },
    )
    subprocess.run(["git", "init", "-q"], cwd=space.root, check=True)
    run = space.run("--cluster", "local:1")
    assert (run.code, run.counts) == (1, {"passed": 2, "failed": 1, "error": 1})
    run.has(r"only_there was loaded from .*/b/only_there\.py, not from the code that was sent")
    run.has(r"a/here\.dat is ignored by git .* cluster-include")


@pytest.mark.slow
def test_nodes_that_have_the_workspace_are_sent_nothing(space: Space, tmp_path: Path) -> None:
    there = tmp_path / "image" / "repo"
    ran = tmp_path / "ran"
    text = f"def test_it(): open({str(ran)!r}, 'a').write(__file__)\n"
    space.write(
        {
            "pyproject.toml": f"[tool.pytest-monorepo]\ncluster-path = '{there}'\n",
            "a/pyproject.toml": MANIFEST.format(name="a"),
            "a/tests/test_a.py": text,
        }
    )
    shutil.copytree(space.root, there)
    (there / "a/tests/test_a.py").write_text(text + "# edited\n")
    run = space.run("--cluster", "local:1")
    assert run.code == 4
    run.has(r"node \S+ is left out: cluster-path: .* code that is here, beginning with a/tests/test_a\.py")
    run.lacks("Traceback")
    assert not ran.exists()
    (there / "a/tests/test_a.py").write_text(text)
    run = space.run("--cluster", "local:1")
    assert (run.code, run.counts) == (0, {"passed": 1})
    assert ran.read_text() == str(there / "a/tests/test_a.py")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--cluster", "tcp://192.0.2.1:8786"),
            r"192\.0\.2\.1:8786 is not on this machine and not encrypted",
        ),
        (("--cluster", "nowhere.json"), r"--cluster nowhere\.json: is neither tcp://"),
        (("--cluster", "local:2", "-s"), r"--cluster local:2: nodes have no terminal: leave out -s"),
        (("--cluster", "tcp://127.0.0.1:9"), r"--cluster tcp://127\.0\.0\.1:9: .*127\.0\.0\.1:9"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_4(space: Space, words: tuple[str, ...], said: str) -> None:
    space.write(
        {"pyproject.toml": "[tool.pytest-monorepo]\ncluster-wait = 1\n", **dict([*FILES.items()][:3])}
    )
    run = space.run(*words)
    run.has(said)
    run.lacks("Traceback")
    assert run.code == 4
