"""The table of popular packages in the documentation: each row that is installed here is tried."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import MINUTES

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is shared without forking")

REPOSITORY = Path(__file__).parents[3]
DOCUMENT = REPOSITORY / "docs/how-to/parallel.md"
ROWS = re.findall(
    r"^\| ([\w.]+) \| (yes|no) \|[ ]*(.*?)[ ]*\|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE
)
MODULES = {
    "attrs": "attr",
    "django": "django.test",
    "cryptography": "cryptography.fernet",
    "lxml": "lxml.etree",
}

PROGRAM = """
import os, sys
output = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)
said = os.dup(1)
import pytest
from pytest_monorepo.worker.process.leaving import Refused
from pytest_monorepo.worker.preload import importing
os.dup2(output, 1)
os.dup2(output, 2)
text = "shared"
try:
    importing.import_all([sys.argv[1]], "/nowhere")
except Refused as refused:
    text = refused.reason
os.write(said, text.encode())
"""


@pytest.mark.slow
@pytest.mark.parametrize(("package", "shared", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row(tmp_path: Path, package: str, shared: str, why: str) -> None:
    if not _is_there(package) or (package == "pandas" and _is_there("pyarrow")):
        pytest.skip(f"{package} is not installed, or not alone")
    if package == "redis" and _is_there("opentelemetry.sdk"):
        pytest.skip("redis loads the SDK of OpenTelemetry, and that psutil, where they are installed")
    if "rich" in why and not (_is_there("rich") and _is_there("click")):
        pytest.skip("httpx does not import rich here")
    command = [sys.executable, "-c", PROGRAM, MODULES.get(package, package), str(tmp_path / "out")]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=MINUTES
    )
    if done.stdout.startswith("warns"):
        pytest.skip(f"this release {done.stdout}")
    assert (done.stdout == "shared") is (shared == "yes"), done.stdout


def _is_there(package: str) -> bool:
    top, dot, _ = package.partition(".")
    return importlib.util.find_spec(top) is not None and (
        not dot or importlib.util.find_spec(package) is not None
    )


def test_there_are_rows() -> None:
    assert len({package for package, _, _ in ROWS}) == len(ROWS) >= 20
    assert {shared for _, shared, _ in ROWS} == {"yes", "no"}
