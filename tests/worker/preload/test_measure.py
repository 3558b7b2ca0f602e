"""How long imports take is noted by a stand-in that nobody else can see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest_monorepo.worker as worker
from tests.patience import MINUTES

PROGRAM = """
import importlib.util, sys, traceback, warnings
folder = sys.argv[1]
where = dict(submodule_search_locations=[folder])
spec = importlib.util.spec_from_file_location("worker", folder + "/__init__.py", **where)
sys.modules["worker"] = importlib.util.module_from_spec(spec)
from worker.preload.measure import Measure

def shown(name):
    try:
        importlib.import_module(name)
    except Exception:
        return traceback.format_exc()

def warned(name):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        importlib.import_module(name)
    return [(one.filename, one.lineno) for one in found]

before = shown("breaks"), shown("missing_one"), shown("imports_breaks"), warned("warns")
for name in ("breaks", "imports_breaks", "warns", "outer", "inner", "own"):
    sys.modules.pop(name, None)
measure = Measure(sys.argv[2])
measure.begin()
after = shown("breaks"), shown("missing_one"), shown("imports_breaks"), warned("warns")
assert [str(one) for one in before] == [str(one) for one in after], (before, after)
import own
measure.pytest_collection_finish()
import late
print(sorted(measure.seconds()))
"""
SLOW = "import time\nend = time.process_time() + 0.02\nwhile time.process_time() < end:\n    pass\n"


def test_nobody_sees_it_and_the_outermost_installed_module_counts(tmp_path: Path) -> None:
    site, root = tmp_path / "site", tmp_path / "root"
    for folder, files in {
        site: {
            "breaks.py": "1 / 0\n",
            "imports_breaks.py": "import breaks\n",
            "warns.py": "import warnings\nwarnings.warn('old', stacklevel=2)\n",
            "outer.py": f"import inner\n{SLOW}",
            "inner.py": SLOW,
            "late.py": SLOW,
        },
        root: {"own.py": f"import deeper\n{SLOW}", "deeper.py": "import outer\n"},
    }.items():
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
    program = f"import sys\nsys.path[:0] = [{str(site)!r}, {str(root)!r}]\n{PROGRAM}"
    command = [sys.executable, "-B", "-c", program, str(Path(worker.__file__).parent), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=MINUTES)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "['outer']"
