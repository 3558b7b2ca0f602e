"""Ctrl-C at a terminal, which reaches every process that was started there, with ``--cluster local:2``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import FOREVER, MINUTES, until
from tests.run.space import Run

from .machines import need_dask
from .test_by_hand import Stage

need_dask()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_what_has_run_is_told_and_dask_says_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path, names=("a", "b"))
    process = stage.space.start("-v", "--workers=2", "--cluster", "local:2")
    try:
        until(lambda: stage.waiting() or process.poll() is not None)
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=MINUTES)
    finally:
        process.kill()
    run = Run(process.returncode, out.decode())
    assert (run.code, run.counts) == (2, {"passed": 4}), run.out
    run.has("KeyboardInterrupt")
    run.lacks("Traceback", "was lost", "distributed")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_a_setup_ends_with_the_run_that_has_asked_for_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path, names=("a",))
    mark = tmp_path / "mark"
    waits = f"{sys.executable} -c 'import time; time.sleep({FOREVER})' {mark}"
    setup = f'[tool.pytest-monorepo]\ncluster-setup = "touch {mark}; {waits}"\n'
    stage.space.write({"pyproject.toml": setup})
    process = stage.space.start("--cluster", "local:1")
    try:
        until(lambda: mark.exists() or process.poll() is not None)
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=MINUTES)
    finally:
        process.kill()
    run = Run(process.returncode, out.decode())
    assert run.code == 2, run.out
    run.lacks("Traceback", "distributed")
    listed = subprocess.run(["ps", "-e", "-ww", "-o", "args="], check=True, capture_output=True, text=True)
    assert str(mark) not in listed.stdout
