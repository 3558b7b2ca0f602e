"""What putting the coverage of many projects together costs, beside coverage.py's own combine and html.

``python -m benchmarks.coverage_cost [PROJECTS FILES]``: the same data files, each way in a process of its
own, twice each (the second time nothing changed); seconds of processor time, which a busy machine does not
distort, and of wall time, which several processes share. The file is not called ``coverage.py``: run as a
script it would hide the package of that name.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

FUNCTION = '''
def work_{n}(items, limit=10):
    """Add what fits."""
    total = 0
    for item in items:
        if item > limit:
            continue
        total += item
    if total:
        return total
    return None

'''

BY_HAND = """
from coverage.cmdline import main
import sys
sys.exit(main(["combine", "-q", "--keep", *sys.argv[1:]]) or main(["html", "-q"]))
"""

OURS = """
import json, sys
from pathlib import Path
from pytest_monorepo.reports.coverage.conclude import CoverageOptions, finish
from pytest_monorepo.workspace.model import Project, Workspace
infos = json.loads(Path(sys.argv[1]).read_text())
root = Path.cwd()
workspace = Workspace(root, tuple(Project(info["project"], info["project"]) for info in infos))
outcome = finish(CoverageOptions((True,), {"html": None}), workspace, infos, root, kept=root / "analyses")
assert outcome.report.total.files, outcome.lines
"""


def make(root: Path, projects: int, files: int) -> Path:
    """A workspace with data as its projects' tests might leave it; returns the file with the infos."""
    from coverage import Coverage, CoverageData

    from pytest_monorepo.worker.coverage.settings import configuration

    chance = random.Random(4)
    infos = []
    for number in range(projects):
        path = f"libs/p{number:03}"
        executed: dict[str, list[tuple[int, int]]] = {}
        for index in range(files // projects):
            source = root / path / "src" / f"p{number}" / f"m{index}.py"
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text("".join(FUNCTION.format(n=n) for n in range(chance.randint(2, 8))))
            lines = sorted(chance.sample(range(1, 24), 14))
            executed[str(source)] = list(zip([-1, *lines], [*lines, -1], strict=True))
        folder = root / "data" / str(number)
        folder.mkdir(parents=True)
        data = CoverageData(basename=str(folder / ".coverage"), suffix="host.1.x")
        data.add_arcs(executed)
        data.write()
        data.close()
        infos.append({"project": path, "data_dir": str(folder), "started": time.time_ns() + 10**9})
    (root / ".coveragerc").write_text("[run]\nbranch = true\n")
    known = configuration(Coverage(config_file=str(root / ".coveragerc"), data_file=None), str(root))
    place = root / "infos.json"
    place.write_text(
        json.dumps([{**i, "configuration": known, "warnings": [], "error": None} for i in infos])
    )
    return place


@dataclass(frozen=True)
class Took:
    """Seconds of processor and of wall time."""

    cpu: float
    wall: float

    def __str__(self) -> str:
        return f"{self.cpu:6.2f} ({self.wall:5.2f})"

    def __truediv__(self, other: Took) -> Took:
        return Took(self.cpu / other.cpu, self.wall / other.wall)


def timed(root: Path, script: str, *args: str) -> Took:
    here = str(Path(__file__).parents[1])
    started = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", script, *args], cwd=root, env={"PYTHONPATH": here}, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.perf_counter() - started
    return Took(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def main(projects: int, files: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        infos = make(root, projects, files)
        data = [str(p) for p in sorted((root / "data").iterdir())]
        print(f"{projects} projects, {files} files")
        hand = timed(root, BY_HAND, *data)
        hand_again = timed(root, BY_HAND, *data)
        (root / ".coverage").unlink()
        (root / "htmlcov").rename(root / "by_hand")
        ours = timed(root, OURS, str(infos))
        ours_again = timed(root, OURS, str(infos))
        ratio, ratio_again = ours / hand, ours_again / hand_again
        print("processor (wall) time, seconds")
        print(f"combine and html by hand: {hand}, again unchanged {hand_again}")
        print(f"ours:                     {ours}, again unchanged {ours_again}")
        print(f"ratio:                    {ratio}, again unchanged {ratio_again}")


if __name__ == "__main__":
    main(*(int(arg) for arg in sys.argv[1:3])) if len(sys.argv) > 2 else main(30, 600)
