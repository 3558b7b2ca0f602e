"""Who kept a function before it was wrapped calls what stands for it all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

KEEPS = """
import os

stat = os.stat

class Keeps:
    lstat = os.lstat
    scandir = staticmethod(os.scandir)  # so does glob, which pathlib imports, from Python 3.13 on
"""
ASKS = """
import os, pathlib, sys
import keeps
from pytest_monorepo.inputs.probes import audit, children, wrappers
from pytest_monorepo.inputs.record.recorder import Recorder

recorder = Recorder()
forked = children.Children(recorder)
wrappers.Wrappers(recorder).install(forked)
audit.install(recorder, forked)
assert (keeps.stat, keeps.Keeps.lstat, keeps.Keeps.scandir) == (os.stat, os.lstat, os.scandir)
assert keeps.Keeps().scandir is os.scandir, "it is no method"
recorder.begin([], sys.argv[1], {})
print([one.name for one in pathlib.Path(sys.argv[1]).glob("k*")], list(recorder.scopes.shared.reasons))
"""


def test_a_class_calls_what_is_traced(tmp_path: Path) -> None:
    (tmp_path / "keeps.py").write_text(KEEPS)
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[3])])
    done = subprocess.run(
        [sys.executable, "-B", "-c", ASKS, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("['keeps.py'] []\n", "")
