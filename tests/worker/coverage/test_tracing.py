"""When the trace function is off, and that nothing is missed because of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from pytest_monorepo.worker.coverage import measure, tracing
from tests.patience import MINUTES
from tests.worker.coverage.test_measure import _nothing, lines_of, run, write

HERE = str(Path(__file__).parents[3])

# A worker in small: one folder is measured, one stands for site-packages.
SCRIPT = """
import sys, threading
import coverage
from pytest_monorepo.worker.coverage import tracing
root, mode = sys.argv[1:]
sys.path[:0] = [root + "/site", root + "/src"]
if mode == "loaded":
    import mine
cov = coverage.Coverage(source=[root + "/src"], data_file=None, config_file=False)
{core}
cov.start()
tracing.installed_folders = lambda: (root + "/site", *INSTALLED)
INSTALLED = [f for f in __import__("sysconfig").get_paths().values()]
postponed = tracing.postpone(tracing.Sources([root + "/src"], []))
print("off" if sys.gettrace() is None else "on", end=" ")
{body}
if postponed: postponed.resume()
cov.stop()
if postponed: postponed.drop()
found = {{f.rpartition("/")[2]: cov.get_data().lines(f) for f in cov.get_data().measured_files()}}
print(sorted(found.get("mine.py") or ()))
"""
CORE = 'cov.set_option("run:core", "ctrace")' if sys.version_info >= (3, 12) else ""
MINE = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"


def traced(tmp_path: Path, body: str, mode: str = "plain") -> str:
    write(tmp_path, {"src/mine.py": MINE, "site/theirs.py": "x = 1\n", "site/lazy.py": "import mine\n"})
    (tmp_path / "site" / "link.py").symlink_to(tmp_path / "src" / "mine.py")
    script = SCRIPT.format(core=CORE, body=dedent(body))
    done = subprocess.run(
        [sys.executable, "-c", script, os.path.realpath(tmp_path), mode],
        env={**os.environ, "PYTHONPATH": HERE},
        capture_output=True,
        text=True,
        timeout=MINUTES,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "body",
    [
        "import theirs, mine\nassert sys.gettrace()\nmine.two()",
        "import lazy\nlazy.mine.two()",
        "import link\nlink.two()",
        'exec(compile(open(root + "/src/mine.py").read(), root + "/src/mine.py", "exec"))\ntwo()',
        'import runpy\nrunpy.run_path(root + "/src/mine.py")["two"]()',
        """
        thread = threading.Thread(target=__import__, args=["mine"])
        thread.start()
        thread.join()
        import theirs, mine
        mine.two()
        """,
    ],
    ids=["import", "through an installed module", "through a link", "exec", "runpy", "in a thread"],
)
def test_the_first_measured_code_is_traced_whole(body: str, tmp_path: Path) -> None:
    assert traced(tmp_path, body) == "off [1, 5, 6]"


def test_installed_code_leaves_tracing_off(tmp_path: Path) -> None:
    assert traced(tmp_path, "import theirs\nexec('1')\nassert sys.gettrace() is None") == "off []"


def test_a_loaded_module_that_is_measured_keeps_tracing_on(tmp_path: Path) -> None:
    assert traced(tmp_path, "import mine\nmine.two()", "loaded") == "on [6]"


def test_a_tracer_that_somebody_put_in_between_stays(tmp_path: Path) -> None:
    body = """
    def theirs(*args): return None
    sys.settrace(theirs)
    import mine
    assert sys.gettrace() is theirs
    sys.settrace(None)
    import lazy
    assert sys.gettrace() is None
    exec(compile("1", root + "/src/other.py", "exec"))
    assert sys.gettrace()
    """
    assert traced(tmp_path, body) == "off []"


@pytest.mark.parametrize(
    ("folders", "packages", "expected"),
    [
        (["/repo/src"], [], True),
        ([], ["pkg"], True),
        ([], [], False),
        (["/venv/lib/site-packages/pkg"], [], False),
        (["/venv"], [], False),
        (["/venv/lib/site-packages"], ["pkg"], False),
    ],
)
def test_only_plain_sources_are_certain(folders: list[str], packages: list[str], expected: bool) -> None:
    assert tracing.Sources(folders, packages).certain(["/venv/lib/site-packages"]) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/site/pkg/deep/m.py", True),
        ("/site/pkg.py", True),
        ("/site/pkgother/m.py", False),
        ("/site/other.py", False),
    ],
)
def test_an_installed_package_may_be_the_measured_one(path: str, expected: bool) -> None:
    assert tracing.Sources([], ["pkg.sub"]).may_hold(path) is expected


def test_loaded_modules_are_known_by_name_and_by_folder() -> None:
    loaded = tracing.Loaded()
    here = os.path.dirname(os.path.realpath(__file__))

    assert tracing.Sources([], ["pytest_monorepo.worker"]).holds_any(loaded)
    assert tracing.Sources([os.path.dirname(here)], []).holds_any(loaded)
    assert not tracing.Sources([os.path.join(here, "nowhere")], ["pytest_monorepo_x"]).holds_any(loaded)


def test_in_a_worker_tracing_is_off_until_the_project_runs(tmp_path: Path) -> None:
    test = """
    import gc
    from pytest_monorepo.worker.coverage.tracing import Postponed

    known = [one for one in gc.get_objects() if isinstance(one, Postponed)]
    from pkg import it

    def test_it():
        assert it.one() == 1
        assert len(known) == 1
    """
    folder = tmp_path / "project"
    write(folder, {"pkg/__init__.py": "", "pkg/it.py": MINE, "tests/test_it.py": test})

    output, code, info = run(folder, branch=True)

    assert code == 0, output
    assert lines_of(info, "pkg/it.py") == [1, 2, 5]


def test_a_project_without_tests_still_has_its_files(tmp_path: Path) -> None:
    from coverage import CoverageData

    folder = tmp_path / "project"
    write(folder, {"pkg/__init__.py": "", "pkg/it.py": MINE})

    _, code, info = run(folder)

    assert code == 5
    (entry,) = Path(info["data_dir"]).iterdir()
    data = CoverageData(basename=str(entry))
    data.read()
    getattr(data, "close", _nothing)()
    assert {Path(file).name for file in data.measured_files()} == {"__init__.py", "it.py"}


def test_preloading_finds_what_it_replaces() -> None:
    """Fails where coverage.py has moved what its start is eased by."""
    script = """
    import coverage.collector, coverage.inorout, sysconfig
    from pytest_monorepo.worker.coverage import measure
    before = coverage.inorout.sysconfig.get_paths()
    measure.preload()
    measure.preload()
    assert coverage.collector.short_stack() == ""
    assert coverage.inorout.sysconfig is not sysconfig
    assert coverage.inorout.sysconfig.get_paths() == before
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(script)],
        env={**os.environ, "PYTHONPATH": HERE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_what_is_no_plain_configuration_is_traced_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import coverage

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)
    asked: list[object] = []
    monkeypatch.setattr(tracing, "postpone", asked.append)
    spec: dict[str, Any] = {"addopts": {}}

    special = ["plugins = ['x']", "concurrency = ['greenlet']", "dynamic_context = 'test_function'"]
    if coverage.version_info >= (7, 10):
        special.append("patch = ['fork']")
    for line in special:
        (tmp_path / "pyproject.toml").write_text(f"[tool.coverage.run]\nsource = ['a']\n{line}\n")
        measure._postponed(coverage.Coverage(data_file=None), spec)
    plain = coverage.Coverage(data_file=None, source=["a"], config_file=False)
    measure._postponed(plain, {"addopts": {}, "context": "test"})
    assert asked == []

    measure._postponed(plain, spec)
    assert len(asked) == 1
