"""Ctrl-C at a terminal, which reaches every process that was started there, with ``--cluster local:2``."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.patience import MINUTES, until
from tests.run.space import Run

from .test_by_hand import Stage

pytest.importorskip("distributed", reason="Dask is not installed: pip install distributed")


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
