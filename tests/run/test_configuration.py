"""``-c``, ``-o`` and their kin hold for every project as in ``cd project && pytest``, or are refused."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from .space import MANIFEST, Space

INI = "[pytest]\npython_files = check_*.py\nxfail_strict = true\nfilterwarnings = error::RuntimeWarning\n"
TOML = (
    '[tool.pytest.ini_options]\npython_files = ["check_*.py"]\nxfail_strict = true\n'
    'filterwarnings = ["error::RuntimeWarning"]\n'
)
CFG = INI.replace("[pytest]", "[tool:pytest]")
CHECK = """
import pytest, warnings

@pytest.mark.xfail
def test_strict(): pass

def test_warns(): warnings.warn("w", RuntimeWarning)
"""


@pytest.fixture
def checks(space: Space) -> Space:
    """Two projects, each with a test that pytest finds by itself and some that only the file finds."""
    space.projects({"libs/a": "def test_main(): pass\n", "libs/b": "def test_main(): pass\n"})
    space.projects({"libs/only": "", "other": "def test_main(): pass\n"})
    (space.root / "libs/only/tests/test_main.py").unlink()
    for name in ("a", "b", "only"):
        space.write({f"libs/{name}/tests/check_it.py": CHECK})
    files = {"config/pytest.ini": INI, "config/own.ini": INI, "config/own.toml": TOML, "config/own.cfg": CFG}
    space.write({**files, "pyproject.toml": "[tool.pytest-monorepo]\n"})
    return space


def counts(space: Space, *args: str, env: dict[str, str] | None = None) -> dict[str, int]:
    """What plain pytest counts in all projects together."""
    found: dict[str, int] = {}
    for project in ("libs/a", "libs/b", "libs/only", "other"):
        run = space.plain("-p", "no:cacheprovider", *args, cwd=project, env=env)
        for word, number in run.counts.items():
            found[word] = found.get(word, 0) + number
    return found


@pytest.mark.sampled("option", "file")
@pytest.mark.parametrize(
    ("option", "file"),
    [("-c", "pytest.ini"), ("-c", "own.ini"), ("--config-file", "own.toml"), ("-c", "own.cfg")],
)
def test_a_given_file_holds_for_every_project(checks: Space, option: str, file: str) -> None:
    expected = counts(checks, option, str(checks.root / "config" / file), "--rootdir=.")
    run = checks.run("-v", option, f"config/{file}")
    assert run.counts == expected == {"failed": 6}
    assert "libs/only/tests/check_it.py::test_strict" in run.words


@pytest.mark.slow
def test_no_file_at_all(checks: Space) -> None:
    checks.write({"libs/a/pytest.ini": INI, "libs/b/pytest.ini": "[pytest\n"})
    expected = counts(checks, "-c", os.devnull)
    # of libs/only no file without that setting is a test
    assert checks.run("-c", os.devnull).counts == expected == {"passed": 3}


@pytest.mark.sampled("cwd", "args", "addopts")
@pytest.mark.parametrize(
    ("cwd", "args", "addopts"),
    [
        ("libs", ["-c", "../config/own.ini"], ""),
        ("libs/a", ["-c", "../../config/own.ini"], ""),
        (".", ["-cconfig/own.ini", "--rootdir=."], ""),
        (".", [], "-c {root}/config/own.ini"),
        (".", [], "-c config/own.ini"),
        (".", ["-c", "config/own.ini", "--monorepo-start=spawn"], ""),
    ],
)
def test_from_wherever_it_is_given(checks: Space, cwd: str, args: Sequence[str], addopts: str) -> None:
    env = {"PYTEST_ADDOPTS": addopts.format(root=checks.root)} if addopts else {}
    assert checks.run(*args, cwd=cwd, env=env).counts == {"failed": 6}


@pytest.mark.sampled("args", "addopts")
@pytest.mark.parametrize(
    ("args", "addopts"),
    [
        (["-o", "python_files=check_*.py"], ""),
        (["--override-ini=python_files=check_*.py test_*.py"], ""),
        (["-o", "xfail_strict=1", "-o", "python_files=check_*.py"], ""),
        ([], "-o python_files=check_*.py"),
        (["-o", "testpaths=nowhere", "-o", "python_files=*_it.py"], ""),
    ],
)
def test_single_values_hold_for_every_project(checks: Space, args: Sequence[str], addopts: str) -> None:
    env = {"PYTEST_ADDOPTS": addopts} if addopts else None
    assert checks.run(*args, env=env).counts == counts(checks, *args, env=env)


def test_what_was_found_with_a_value_is_not_taken_for_what_there_is(checks: Space) -> None:
    plain = counts(checks)
    with_cache = "-p", "cacheprovider"
    assert checks.run(*with_cache).counts == plain
    assert checks.run(*with_cache, "-o", "python_files=check_*.py").counts != plain
    assert checks.run(*with_cache).counts == plain


def test_a_file_outside_the_workspace_is_refused(checks: Space) -> None:
    outside = checks.root.parent / "outside.ini"
    outside.write_text(INI)
    run = checks.run("-c", os.path.relpath(outside, checks.root))
    assert run.code == 4
    run.has(r"^ERROR: -c ../outside.ini: outside the workspace .*; name a file in it, or set single values")
    run.lacks("Traceback")


@pytest.mark.parametrize("args", [["-c", "nowhere.ini"], ["--rootdir=nowhere"], ["--confcutdir=nowhere"]])
def test_what_is_not_there_is_a_usage_error(checks: Space, args: Sequence[str]) -> None:
    if "Traceback" in checks.plain(*args).out:
        pytest.skip(f"pytest {pytest.__version__} itself ends with a traceback, before any plugin is asked")
    run = checks.run(*args)
    assert run.code == 4, run.out
    run.lacks("Traceback", "INTERNALERROR")


def test_a_folder_for_temporary_files_that_cannot_be_made_is_named(checks: Space) -> None:
    checks.write({"a-file": ""})
    run = checks.run("--basetemp=a-file/below")
    assert run.code == 4, run.out
    run.has(r"^ERROR: --basetemp \S*a-file/below: .* cannot be made: Not a directory; name another folder")
    run.lacks("Traceback", "INTERNALERROR", "passed")


def test_a_folder_elsewhere_in_an_option_of_ours_hides_no_settings(tmp_path: Path) -> None:
    """Before it knows our options, pytest takes their values for paths by which to find its settings."""
    space, outside = Space(tmp_path / "repo"), tmp_path / "pages"
    outside.mkdir()
    settings = "[tool.pytest.ini_options]\naddopts = '-rA'\n[tool.pytest-monorepo]\n"
    space.write({"pyproject.toml": settings, "a/pyproject.toml": MANIFEST.format(name="a")})
    space.write({"a/tests/test_a.py": "def test_it(): pass\n"})
    run = space.run("--monorepo-html", str(outside), "--project", "a")
    run.has(r"^configfile: pyproject\.toml$", r"^PASSED a/tests/test_a\.py::test_it$")
    assert (outside / "index.html").exists()


@pytest.mark.parametrize("how", ["words", "one word", "variable"])
def test_doctests_that_the_call_asks_for_are_tests_of_every_project(space: Space, how: str) -> None:
    """Before, a project without any other test was passed over."""
    doctest = '"""\n>>> 1\n2\n"""\n'
    space.write({f"libs/{name}/{file}": doctest for name in "ab" for file in ("mod.py", "guide.md")})
    space.write({"libs/a/pyproject.toml": "", "libs/b/pytest.ini": ""})
    args = {"words": ["--doctest-glob", "*.md"], "one word": ["--doctest-glob=*.md"]}.get(how, [])
    env = {} if args else {"PYTEST_ADDOPTS": "--doctest-modules"}
    assert space.run(*args, env=env).counts == {"failed": 2}
