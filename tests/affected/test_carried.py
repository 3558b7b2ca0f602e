"""Files that reach a project by a text of no project: what is copied into it, the tasks that it starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .test_decision import Repo

_WORKFLOW = """\
on: push
jobs:
  tests:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: cp ci/conftest.py libs/a/
      - run: cp libs/b/pytest.ini libs/a/ && cd libs/a && pytest
      - run: into=harness/own/.deps; cp libs/b/staged.json "$into/a/"
  placed:
    runs-on: ubuntu-latest
    defaults:
      run:
        working-directory: libs/c
    steps:
      - run: cp ../b/tests/conftest.py .
      - run: uv run ../../ci/seed.py
      - run: pytest
  release:
    runs-on: ubuntu-latest
    steps:
      - run: cp libs/b/notes.json libs/a/
"""
_MAKEFILE = """\
all: rows
rows: deep
\tcat libs/d/rows.json
deep:
\tci/deep.sh
other:
\tpython libs/b/gen.py
prepare:
\tln -s ../b/linked.py libs/a/conftest.py
"""
_NOX = """\
import shutil, nox

@nox.session
def tests(session):
    for name in ("a", "c"):
        shutil.copytree("libs/b/data", f"libs/{name}/data")
        session.chdir(f"libs/{name}")
        session.run("pytest")
"""
_STARTS = "import subprocess\ndef test_it():\n    subprocess.run([{}], check=True, cwd='../..')\n"
_SCRIPT = "# /// script\n# dependencies = ['x']\n# [tool.uv.sources]\n# x = {{ path = '{}' }}\n# ///\n"
TEXTS = {
    ".github/workflows/seed.sh": "cp libs/b/seeded.json libs/a/\n",
    ".github/workflows/tests.yml.example": "cp libs/b/notes.json libs/a/\npytest\n",
    "deep/harness/own/conftest.py": "",
    ".github/workflows/tests.yml": _WORKFLOW,
    "Makefile": _MAKEFILE,
    "noxfile.py": _NOX,
    "tox.ini": "[testenv]\nchangedir=libs/c\ncommands_pre=cp ../b/told.py conftest.py\ncommands=pytest\n",
    "ci/test.Dockerfile": "FROM python\nCOPY . /app\nCOPY --chmod=644 libs/b/imaged.json \\\n  /app/libs/a/\n"
    "COPY libs/h /app/libs/h\nCOPY libs/d /code\nCOPY --from=other libs/b/notes.json /app/libs/a/\n",
    "Dockerfile": 'FROM python\nadd ["libs/b/images/", "/app/libs/c/tests"]\n',
    "makes/Dockerfile": "FROM python\nCOPY makes /app\nCOPY libs/d/tests/ /app/tests\n"
    "COPY libs/d/own.json libs/a/\n",
    "makes/Containerfile": "FROM python\nCOPY libs/d/contained.json libs/a/\n",
    "ci/deep.sh": "python libs/e/gen.py\n",
    "tools/read.py": "open('libs/b/read.json').read()\nopen('docs/read.json').read()\n",
    "ci/seed.py": _SCRIPT.format("../libs/g"),
    "deep/bin/fill": _SCRIPT.format("../../libs/h"),
    "makes/tests/test_it.py": _STARTS.format('"make", "-C", "../..", "rows"'),
    "deep/Makefile": "test:\n\t$(MAKE) -C ../.. deep\n\tpytest\n",
    "reads/tests/test_it.py": _STARTS.format('sys.executable, "../../tools/read.py"'),
    "lone/tests/test_it.py": _STARTS.format('"make", "rows"').replace("../..", "."),
}
# what changes, and the projects that run beside its own
ROWS = {
    "ci/conftest.py": ["libs/a"],
    "libs/b/pytest.ini": ["libs/a"],
    "libs/b/tests/conftest.py": ["libs/c"],
    "libs/b/notes.json": [],
    "libs/b/staged.json": ["deep"],
    "libs/b/seeded.json": ["libs/a"],
    "libs/b/linked.py": ["libs/a"],
    "libs/b/data/deep/x.py": ["libs/a", "libs/c"],
    "libs/b/told.py": ["libs/c"],
    "libs/b/imaged.json": ["libs/a"],
    "libs/b/images/conftest.py": ["libs/c"],
    "libs/h/conftest.py": ["deep"],
    "libs/d/conftest.py": [],
    "libs/d/tests/conftest.py": ["makes"],
    "libs/d/own.json": ["libs/a", "makes"],
    "libs/d/contained.json": ["libs/a", "makes"],
    "libs/d/rows.json": ["makes"],
    "libs/e/gen.py": ["deep", "makes"],
    # what that one needs runs with it
    "libs/f/f.py": ["deep", "libs/e", "makes"],
    "docs/read.json": ["reads"],
    # by what scripts say of themselves (PEP 723)
    "libs/g/g.py": ["libs/b", "libs/c"],
    "libs/h/h.py": ["deep"],
    "libs/b/read.json": ["reads"],
}
_PROJECTS = (
    "libs/a",
    "libs/b",
    "libs/c",
    "libs/d",
    "libs/e",
    "libs/f",
    "libs/g",
    "libs/h",
    "makes",
    "deep",
    "reads",
    "lone",
)


class Space(Repo):
    """All of the texts in one workspace."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")
        self.write("pyproject.toml", "[tool.pytest-monorepo]\n")
        for path in _PROJECTS:
            needs = 'dependencies = ["f"]\n' if path == "libs/e" else ""
            name = path.rpartition("/")[2]
            self.write(f"{path}/pyproject.toml", f'[project]\nname = "{name}"\nversion = "1"\n{needs}')
            self.write(f"{path}/tests/test_it.py", "def test_it():\n    pass\n")
        for path, text in TEXTS.items():
            self.write(path, text)
        for path in ROWS:
            self.write(path, "# 1\n")
        self.commit()


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Space:
    return Space(tmp_path_factory.mktemp("carried"))


@pytest.fixture
def changed(space: Space) -> Iterator[Space]:
    yield space
    space.git("checkout", "-q", ".")


@pytest.mark.parametrize("path", ROWS)
def test_who_runs(changed: Space, path: str) -> None:
    changed.write(path, "# 2\n")
    own = [name for name in _PROJECTS if path.startswith(f"{name}/")]
    assert changed.selected() == sorted([*own, *ROWS[path]])
