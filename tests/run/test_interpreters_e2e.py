"""A project that runs on another Python: the oldest supported one with the oldest pytest, and broken ones."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from .space import Run, Space

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="environments are made of symbolic links")

TESTS = """
import sys
import warnings

import pytest


def test_passes(): pass


def test_fails():
    numbers = [1, 2]
    assert numbers == [1, 3]


@pytest.mark.parametrize("value", ["a b", "ü", 1, "a::b"])
def test_parametrised(value):
    warnings.warn("old {}".format(value), DeprecationWarning)


@pytest.mark.skip(reason="not now")
def test_skipped(): pass


@pytest.mark.xfail(reason="known")
def test_xfails(): assert 0


@pytest.mark.xfail
def test_xpasses(): pass


class TestThings:
    def test_raises(self, tmp_path):
        print("printed")
        raise ValueError("broken")


@pytest.fixture
def bad(): raise KeyError("fixture")


def test_error(bad): pass


def test_version(): assert sys.version_info[:2] == (3, 8) and pytest.__version__ == "6.2.2"
"""


def _python(version: str) -> str | None:
    """An interpreter of that version, on PATH or pyenv's."""
    found = [*Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
    return str(found[0]) if found else shutil.which(f"python{version}")


@pytest.fixture(scope="module")  # not of the session: each worker of -n would make one
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with Python 3.8 and pytest 6.2.2, and without us."""
    python = _python("3.8")
    if python is None:
        pytest.skip("there is no Python 3.8 here")
    folder = tmp_path_factory.mktemp("old") / "venv"
    own = importlib.util.find_spec("pip") is not None
    subprocess.run([python, "-m", "venv", *(["--without-pip"] if own else []), folder], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install"]
    if own:  # to put one there takes longer than all the rest
        (packages,) = folder.glob("lib/python*/site-packages")
        pip = [sys.executable, "-m", "pip", "install", "--target", str(packages)]
        pip += ["--python-version", "3.8", "--only-binary=:all:"]
    done = subprocess.run([*pip, "-q", "pytest==6.2.2"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"pytest 6.2.2 cannot be installed: {done.stderr.strip()[-200:]}")
    return folder


def _facts(out: str, prefix: str = "") -> tuple[dict[str, str], set[str], set[str]]:
    """Outcomes, lines of failure texts, and warnings, without what names the folder."""
    words = re.findall(
        rf"^{prefix}(\S.*?::.+?) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b", out, re.MULTILINE
    )
    texts = {line.replace(prefix, "") for line in re.findall(r"(?m)^(?:E  |>).*$|^\S+:\d+: \w+Error$", out)}
    warned = set(re.findall(r"DeprecationWarning: .*", out))
    return dict(words), texts, warned


@pytest.mark.sampled("args")
@pytest.mark.parametrize("args", [[], ["--monorepo-start=spawn"], ["--workers=3", "--monorepo-split=test"]])
def test_python_3_8_and_pytest_6_2_2_say_what_they_say_alone(
    space: Space, old: Path, args: list[str]
) -> None:
    space.projects({"old": TESTS, "new": "def test_it(): pass\n"})
    (space.root / "old" / ".venv").symlink_to(old)
    run = space.run("-v", *args)
    alone = subprocess.run(
        [old / "bin" / "python", "-m", "pytest", "-v"],
        cwd=space.root / "old",
        env=space.environ(PYTHONPATH=""),
        capture_output=True,
        text=True,
        check=False,
    )
    assert alone.returncode == 1
    expected, actual = _facts(alone.stdout), _facts(run.out, "old/")
    assert len(expected[0]) == 12
    assert actual[0], run.out
    assert actual[0] == {**expected[0], **{k: v for k, v in actual[0].items() if k.startswith("new/")}}
    assert actual[1] == expected[1]
    assert actual[2] == expected[2]
    assert run.words["new/tests/test_main.py::test_it"] == "passed"
    assert run.code == 1
    run.has(r"Python \d+\.\d+\.\d+, Python 3\.8\.\d+ \(1 project\)")
    run.has(r"^project .* python$", r"^old .* 3\.8\.\d+")


def _environment(folder: Path, python: str) -> None:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(python)


def _mixed(space: Space) -> None:
    space.projects(dict.fromkeys(("bad", "good"), "def test_it(): pass\n"))


def _others_ran(run: Run) -> None:
    assert run.code == 1
    assert run.words["good/tests/test_main.py::test_it"] == "passed"


@pytest.mark.parametrize("start", ["fork", "spawn"])
class TestBroken:
    """A clear error for that project with what mends it; the others run."""

    def test_no_pytest(self, space: Space, start: str) -> None:
        _mixed(space)
        venv.create(space.root / "bad" / ".venv", with_pip=False, symlinks=True)
        run = space.run("-v", f"--monorepo-start={start}", env={"COLUMNS": "300"})
        _others_ran(run)
        python = space.root / "bad" / ".venv" / "bin" / "python"
        run.has(
            f"^ERROR bad - .*pytest is not installed there; to mend it: uv pip install --python {python} "
        )

    def test_pytest_too_old(self, space: Space, start: str) -> None:
        _mixed(space)
        folder = space.root / "bad" / ".venv"
        venv.create(folder, with_pip=False, symlinks=True)
        site = next(folder.glob("lib/python*/site-packages"))
        (site / "pytest.py").write_text("__version__ = '5.4.3'\n")
        run = space.run("-v", f"--monorepo-start={start}", env={"COLUMNS": "300"})
        _others_ran(run)
        run.has(r"^ERROR bad - .*its pytest is 5\.4\.3, and the oldest that works is 6\.2; to mend it: ")

    def test_pytest_that_cannot_be_imported(self, space: Space, start: str) -> None:
        _mixed(space)
        folder = space.root / "bad" / ".venv"
        venv.create(folder, with_pip=False, symlinks=True)
        site = next(folder.glob("lib/python*/site-packages"))
        (site / "pytest.py").write_text("import no_such_module\n")
        run = space.run("-v", f"--monorepo-start={start}", env={"COLUMNS": "300"})
        _others_ran(run)
        run.has(r"^ERROR bad - .*its pytest cannot be imported \(No module named 'no_such_module'\)")

    def test_a_link_that_leads_nowhere(self, space: Space, start: str) -> None:
        _mixed(space)
        _environment(space.root / "bad" / ".venv", "/no/such/python")
        run = space.run("-v", f"--monorepo-start={start}", env={"COLUMNS": "300"})
        _others_ran(run)
        run.has(r"^ERROR bad - cannot start .*bad/\.venv/bin/python: No such file or directory; to mend it, ")

    def test_an_interpreter_that_ends_at_once(self, space: Space, start: str) -> None:
        _mixed(space)
        _environment(space.root / "bad" / ".venv", "/bin/false")
        run = space.run("-v", f"--monorepo-start={start}", env={"COLUMNS": "300"})
        _others_ran(run)
        run.has("^ERROR bad - .*exit code 1")

    def test_python_too_old(self, space: Space, start: str) -> None:
        python = _python("3.7") or _python("2.7")
        if python is None:
            pytest.skip("there is no Python older than 3.8 here")
        _mixed(space)
        _environment(space.root / "bad" / ".venv", python)
        run = space.run("-v", f"--monorepo-start={start}", env={"COLUMNS": "300"})
        _others_ran(run)
        run.has(r"^ERROR bad - .*it is Python (3\.7|2\.7), and the oldest that works is 3\.8; to mend it, ")


EXCLUDED = r"requires-python >=4 excludes Python 3\.\d+\.\d+, the current interpreter"


@pytest.fixture
def future(space: Space) -> Space:
    """A project that this Python is too old for; its one test fails."""
    space.projects({"a": "def test_it(): assert 0\n", "b": "def test_it(): pass\n"})
    space.write({"a/pyproject.toml": '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=4"\n'})
    return space


def test_requires_python_that_excludes_the_interpreter_is_an_error(future: Space) -> None:
    run = future.run()
    assert (run.code, run.counts) == (1, {"passed": 1, "error": 1})
    run.has(f"^{EXCLUDED}", r'^name another with python = "…" in \[tool.*"a"\]', f"^ERROR a - {EXCLUDED}")
    assert future.run("a").code == 4


@pytest.mark.parametrize("table", ["", '.projects."a"'])
def test_requires_python_skips_where_the_settings_say_so(future: Space, table: str) -> None:
    future.write({"pyproject.toml": f'[tool.pytest-monorepo{table}]\nrequires-python = "skip"\n'})
    run = future.run()
    assert (run.code, run.counts) == (0, {"passed": 1, "skipped": 1})
    run.has("^project +passed +skipped", "^a +- +1", f"^skipped: a: {EXCLUDED}")
    future.run("-q").has(f"^skipped: a: {EXCLUDED}")


def test_requires_python_is_not_asked_where_the_settings_say_run(future: Space) -> None:
    future.write({"pyproject.toml": '[tool.pytest-monorepo]\nrequires-python = "run"\n'})
    run = future.run()
    assert (run.code, run.counts) == (future.plain(cwd="a").code, {"passed": 1, "failed": 1})
