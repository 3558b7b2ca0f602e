"""The wheel and the sdist: what is in them, and that the wheel alone runs a workspace from another folder.

``PYTEST_MONOREPO_DIST`` names a folder with files built before; the release tests what it publishes.
"""

from __future__ import annotations

import email
import importlib.util
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from pathlib import Path, PurePosixPath

import pytest
import tomli

ROOT = Path(__file__).parents[1]
PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAME = f"pytest_monorepo-{PROJECT['version']}"
_OFFLINE = re.compile(r"name resolution|NewConnectionError|Network is unreachable|No route to host", re.I)

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Built:
    wheel: Path
    sdist: Path

    @property
    def packed(self) -> set[str]:
        with zipfile.ZipFile(self.wheel) as archive:
            return {name for name in archive.namelist() if not name.endswith("/")}

    @property
    def sources(self) -> set[str]:
        with tarfile.open(self.sdist) as archive:
            return {member.name.partition("/")[2] for member in archive if member.isfile()}

    def metadata(self) -> Message:
        with zipfile.ZipFile(self.wheel) as archive:
            return email.message_from_bytes(archive.read(f"{NAME}.dist-info/METADATA"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    given = os.environ.get("PYTEST_MONOREPO_DIST")
    folder = Path(given) if given else tmp_path_factory.mktemp("dist")
    if not given:
        pytest.importorskip("build", reason="the group 'test' is not installed")
        # the wheel is made of the sdist, so a file that the sdist lacks is missed here
        online([sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)], folder)
    return Built(folder / f"{NAME}-py3-none-any.whl", folder / f"{NAME}.tar.gz")


def online(command: Sequence[str], cwd: Path) -> str:
    """Run what has to download; skips where there is no network, fails where anything else is wrong."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_")) and k != "PYTHONPATH"
    }
    done = subprocess.run(
        command, cwd=cwd, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode and (found := _OFFLINE.search(done.stdout)):
        pytest.skip(f"no network: {found[0]}")
    assert done.returncode == 0, done.stdout
    return done.stdout


def committed(folder: str) -> set[str]:
    try:
        done = subprocess.run(
            ["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return {path for path in done.stdout.splitlines() if (ROOT / path).is_file()}


def test_the_wheel_holds_the_package_and_nothing_else(built: Built) -> None:
    outside = {
        name for name in built.packed if not name.startswith(("pytest_monorepo/", f"{NAME}.dist-info/"))
    }
    assert not outside
    assert {name for name in built.packed if name.startswith("pytest_monorepo/")} >= committed(
        "pytest_monorepo"
    )
    kinds = {PurePosixPath(name).suffix for name in built.packed if name.startswith("pytest_monorepo/")}
    assert kinds <= {".py", ".typed", ".css", ".js", ".svg", ".html", ".txt"}


def test_the_wheel_is_typed_and_has_the_page_and_the_licences(built: Built) -> None:
    page = "pytest_monorepo/reports/page"
    assert {
        "pytest_monorepo/py.typed",
        f"{page}/templates/index.html",
        f"{page}/static/page.css",
        f"{page}/static/d3-hierarchy.min.js",
        f"{page}/static/d3-hierarchy.LICENSE.txt",
        f"{NAME}.dist-info/licenses/LICENSE",
    } <= built.packed


def test_the_metadata_is_that_of_the_manifest(built: Built) -> None:
    metadata = built.metadata()
    assert metadata["Name"] == PROJECT["name"]
    assert metadata["Requires-Python"] == PROJECT["requires-python"]
    assert metadata["License-Expression"] == PROJECT["license"]
    required = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert {plain(line) for line in required} == {plain(line) for line in PROJECT["dependencies"]}
    assert (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[0] in str(metadata.get_payload())


def plain(requirement: str) -> str:
    return requirement.replace(" ", "").replace("_", "-").lower()


def test_the_sdist_can_test_itself(built: Built) -> None:
    wanted = {
        path for folder in ("pytest_monorepo", "tests", "sample_repo", "docs") for path in committed(folder)
    }
    assert wanted <= built.sources
    assert {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"} <= built.sources


def test_every_dependency_has_its_reason() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Dependencies")[2]
    names = [re.split(r"[<>=~!\[; ]", line)[0] for line in PROJECT["dependencies"]]
    for group in PROJECT.get("optional-dependencies", {}).values():
        names += [re.split(r"[<>=~!\[; ]", line)[0] for line in group]
    missing = [name for name in names if not re.search(rf"^\|.*\b{re.escape(name)}\b.*\|.*\|$", table, re.M)]
    assert not missing


def test_the_wheel_runs_a_workspace_from_another_folder(built: Built, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    alone = importlib.util.find_spec("pip") is None  # or else ours fills it: making one takes longer
    venv.create(environment, with_pip=alone)
    python = str(environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    pip = [python, "-m", "pip"] if alone else [sys.executable, "-m", "pip", "--python", python]
    online([*pip, "install", "-q", "--no-compile", str(built.wheel)], tmp_path)
    workspace = tmp_path / "workspace"
    for name in ("core", "api"):
        for file, text in {
            "pyproject.toml": f'[project]\nname = "{name}"\nversion = "1"\n\n[tool.pytest.ini_options]\n',
            "app/__init__.py": f'NAME = "{name}"\n',
            "tests/__init__.py": "",
            "tests/test_main.py": f'from app import NAME\n\n\ndef test():\n    assert NAME == "{name}"\n',
        }.items():
            path = workspace / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    where = online([python, "-c", "import pytest_monorepo as p; print(p.__file__)"], workspace)
    assert Path(where.strip()).is_relative_to(environment)
    out = online([python, "-m", "pytest", "--monorepo", "--cov", "--monorepo-html", "site"], workspace)
    assert re.search(r"=+ 2 passed in ", out)
    assert (workspace / "site/index.html").is_file()
    assert (workspace / "site/static/page.css").is_file()
