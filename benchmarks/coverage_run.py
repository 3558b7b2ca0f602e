"""``pytest --monorepo --cov`` with HTML beside the shell recipe, wall time.

``python -m benchmarks.coverage_run [PROJECTS TESTS]``. The recipe is a loop of ``pytest --cov=<root>`` over
the folders, ``coverage combine`` and ``coverage html``: it measures the whole root in every project, as ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODULE = """
def value_{n}(given):
    if given > {n}:
        return given
    return {n}

"""

TEST = """
def test_{n}():
    assert m.value_{n}(0) == {n}

"""


def make(root: Path, projects: int, tests: int) -> list[Path]:
    (root / "pyproject.toml").write_text("[tool.pytest-monorepo]\n")
    found = []
    for number in range(projects):
        name = f"p{number:03}"
        folder = root / "libs" / name
        (folder / name).mkdir(parents=True)
        (folder / "tests").mkdir()
        (folder / "pyproject.toml").write_text(
            f"[project]\nname = '{name}'\nversion = '1'\n"
            f"[tool.pytest.ini_options]\npythonpath = ['.']\n"
            f"[tool.coverage.run]\nbranch = true\nsource = ['{name}']\n"
        )
        (folder / name / "__init__.py").touch()
        (folder / name / "m.py").write_text("".join(MODULE.format(n=n) for n in range(tests)))
        (folder / "tests" / f"test_{name}.py").write_text(
            f"from {name} import m\n\n" + "".join(TEST.format(n=n) for n in range(tests))
        )
        found.append(folder)
    return found


def recipe(root: Path, folders: list[Path]) -> None:
    for folder in folders:
        call([*PYTEST, f"--cov={root}", "--cov-report="], folder)
    data = [str(folder / ".coverage") for folder in folders]
    call([sys.executable, "-m", "coverage", "combine", "-q", *data], root)
    call([sys.executable, "-m", "coverage", "html", "-q", "-d", "by_hand"], root)


def ours(root: Path) -> None:
    call([*PYTEST, "--monorepo", "--cov", "--cov-report=html"], root)


PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]


def call(command: list[str], folder: Path) -> None:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("COV", "PYTEST"))}
    subprocess.run(
        command, cwd=folder, env=kept, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def main(projects: int, tests: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        folders = make(root, projects, tests)
        subprocess.run([*PYTEST, "--version"], check=True, capture_output=True)  # both find warm caches
        started = time.perf_counter()
        ours(root)
        between = time.perf_counter()
        recipe(root, folders)
        by_hand = time.perf_counter() - between
        print(f"{projects} projects of {tests} tests, load {os.getloadavg()[0]:.1f}")
        print(
            f"recipe {by_hand:.1f} s, ours {between - started:.1f} s: 1/{by_hand / (between - started):.1f}"
        )


if __name__ == "__main__":
    main(*(int(arg) for arg in sys.argv[1:3])) if len(sys.argv) > 2 else main(60, 20)
