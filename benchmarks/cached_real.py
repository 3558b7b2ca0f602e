"""Real packages with their own tests: what of them can be kept, and whether a mutant slips through.

    python -m benchmarks.cached_real [--only NAME ...] [--mutants 50] [--seed 0] [--folder DIR] [--clock]
        [--verify] [--limit 900]

Each package is a project with an environment of its own. Three runs in a row print a line of a table: tests,
the shares that were replayed (where several workers share a project, the second run keeps files that are one
together), and why the others were not. With ``--verify`` more are held against runs: ``--cached=verify``,
and each outcome of a replay beside that of plain pytest in the folder. Then source lines
are changed one by one: each change that a full run catches must be caught by a run with ``--cached``.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.real_packages import PACKAGES, Package

LIMIT = 900
"""Seconds in which an installation has to end, and a run to say something where no other limit is given."""


@dataclass(frozen=True)
class Outcome:
    """``failed`` and ``passed`` are names of tests, ``text`` what was printed."""

    failed: frozenset[str]
    passed: frozenset[str]
    text: str

    @property
    def cached(self) -> int:
        found = re.search(r"(\d[\d,]*) cached", self.text.strip().rpartition("\n")[2])
        return int(found[1].replace(",", "")) if found else 0


@dataclass(frozen=True)
class Bench:
    """A workspace that holds one package, unpacked, and its environment."""

    root: Path
    package: Package
    clock: bool = False
    limit: int = LIMIT

    @property
    def project(self) -> Path:
        return self.root / "libs" / self.package.name

    @property
    def is_made(self) -> bool:
        """By an earlier call with the same folder."""
        return (self.root / "cache").is_dir()

    def make(self) -> None:
        """Fetch, unpack and install; raises ``CalledProcessError`` where that fails."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        package, python = self.package, self.root / "env" / "bin" / "python"
        _quiet([sys.executable, "-m", "venv", str(self.root / "env")])
        wanted = f"{package.name}=={package.version}"
        fetch = ["pip", "download", "--no-deps", "--no-binary", package.name, "-d", str(self.root), wanted]
        _quiet([sys.executable, "-m", *fetch])
        archive = next(self.root.glob("*.tar.gz"))
        with tarfile.open(archive) as tar:
            top = tar.getnames()[0].split("/")[0]
            tar.extractall(self.root / "unpacked", filter="data")
        self.project.parent.mkdir()
        (self.root / "unpacked" / top).rename(self.project)
        _quiet([str(python), "-m", "pip", "install", "-e", str(self.project), "pytest", *package.needs])
        _quiet(["git", "init", "-q", str(self.root)])
        (self.root / ".gitignore").write_text("env/\nunpacked/\ncache/\n*.tar.gz\n__pycache__/\n")
        (self.root / "cache").mkdir()

    def settle(self) -> None:
        """Write the settings."""
        package = self.package
        settings = [
            f'[tool.pytest-monorepo.projects."libs/{package.name}"]',
            'python = "env"',
            f"args = {json.dumps([package.tests, *package.more])}",
            f"cached-clock = {str(self.clock).lower()}",
            f'split = "{package.split}"',
        ]
        (self.root / "pyproject.toml").write_text("\n".join(settings) + "\n")

    def run(self, *args: str) -> Outcome:
        junit = self.root / "cache" / "junit.xml"
        words = ["-p", "no:cacheprovider", "--monorepo", "-q", f"--junitxml={junit}", *args]
        environ = {**os.environ, "XDG_CACHE_HOME": str(self.root / "cache")}
        printed = _printed([sys.executable, "-m", "pytest", *words], self.root, environ, self.limit)
        return Outcome(*_outcomes(junit), printed)

    # -- runs in a row

    def row(self) -> str:
        """The line of the table."""
        shutil.rmtree(self.root / "cache")
        (self.root / "cache").mkdir()
        self.run("--cached")
        explain = self.root / "cache" / "why.txt"
        second, third = (self.run("--cached", f"--cached-explain={explain}") for _ in range(2))
        ran = [line for line in explain.read_text().splitlines() if " runs: " in line]
        reasons = Counter(_reason(line) for line in ran)
        tests = _count(third.text)
        words = "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common(3)) or "—"
        shares = " | ".join(f"{run.cached / tests:.0%}" if tests else "none ran" for run in (second, third))
        package = self.package
        return f"| {package.name} {package.version} | {package.what} | {tests} | {shares} | {words} |"

    # -- against running

    def verified(self) -> str:
        """What a replay tells otherwise than running does, or plain pytest in the folder; else empty."""
        replayed, verified, plain = self.run("--cached"), self.run("--cached=verify"), self._plain()
        found = [line for line in verified.text.splitlines() if _DIFFERS in line]
        for word, ours, theirs in (
            ("failed", _inside(replayed.failed, self.package), plain.failed),
            ("passed or was skipped", _inside(replayed.passed, self.package), plain.passed),
        ):
            found += [f"{name} {word} here alone" for name in sorted(ours - theirs)[:5]]
            found += [f"{name} {word} in the folder alone" for name in sorted(theirs - ours)[:5]]
        return "; ".join(found)

    def _plain(self) -> Outcome:
        junit, python = self.root / "cache" / "junit.xml", self.root / "env" / "bin" / "python"
        words = [
            "-p",
            "no:cacheprovider",
            "-q",
            f"--junitxml={junit}",
            self.package.tests,
            *self.package.more,
        ]
        printed = _printed([str(python), "-m", "pytest", *words], self.project, os.environ, self.limit)
        # without settings of its own its rootdir is the workspace, which has a pyproject.toml (pytest 9)
        failed, passed = (frozenset(_inside(names, self.package)) for names in _outcomes(junit))
        return Outcome(failed, passed, printed)

    # -- mutants

    def mutant(self, chance: random.Random) -> str | None:
        """Change a line; a sentence where a full run fails and one with replays does not, else empty.

        ``None`` where the source has nothing to change.
        """
        files = sorted((self.project / self.package.source).glob("*.py"))
        path = chance.choice(files)
        source = path.read_text(encoding="utf-8")
        changed = mutated(source, chance)
        if changed is None:
            return None
        try:
            path.write_text(changed, encoding="utf-8")
            cached, full = self.run("--cached"), self._plain()
        except subprocess.TimeoutExpired:
            print(f"  {self.package.name} {path.name}: comes to no end", flush=True)
            return None
        finally:
            path.write_text(source, encoding="utf-8")
        # A line of pluggy's can break pytest itself, and then the project is one error: nothing passed.
        broke = f"::libs.{self.package.name}" in cached.failed
        failed = full.failed if full.passed else full.failed | {"pytest itself"}
        seen = (
            failed if broke or (cached.failed and not full.passed) else _inside(cached.failed, self.package)
        )
        missed = failed - seen
        state = "caught" if failed else "survived"
        print(f"  {self.package.name} {path.name}: {state}, {len(failed)} fail", flush=True)
        return f"{path}: {sorted(missed)[:5]} were not seen" if missed else ""


_DIFFERS = "ran otherwise than it would have been replayed"


def _inside(names: Iterable[str], package: Package) -> set[str]:
    """As pytest names the tests in the package's own folder."""
    return {name.replace(f"libs.{package.name}.", "", 1) for name in names}


def mutated(source: str, chance: random.Random) -> str | None:
    """The source with one comparison, constant or returned value another; ``None`` where it has none."""
    expressions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.expr))
    nodes = [node for node in expressions if _changes(node) is not None]
    if not nodes:
        return None
    node = chance.choice(nodes)
    lines = source.encode().splitlines(keepends=True)
    line = lines[node.lineno - 1]
    start, end = node.col_offset, node.end_col_offset
    lines[node.lineno - 1] = line[:start] + (_changes(node) or "").encode() + line[end:]
    return b"".join(lines).decode()


def _changes(node: ast.expr) -> str | None:
    if node.lineno != node.end_lineno:
        return None
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return f"(not ({ast.unparse(node)}))"
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return str(node.value + 1)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return str(not node.value)
    return None


def _outcomes(junit: Path) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the tests that failed, and of all others."""
    failed: dict[str, bool] = {}
    if junit.is_file():
        for case in ET.parse(junit).iter("testcase"):
            wrong = case.find("failure") is not None or case.find("error") is not None
            name = f"{case.get('classname')}::{case.get('name')}"
            failed[name] = wrong or failed.get(name, False)
        junit.unlink()
    return (
        frozenset(name for name, wrong in failed.items() if wrong),
        frozenset(name for name, wrong in failed.items() if not wrong),
    )


def _count(text: str) -> int:
    last = text.strip().rpartition("\n")[2]
    return sum(int(n) for n in re.findall(r"(\d+) (?:passed|failed|skipped|xfailed|xpassed|errors?)", last))


def _reason(line: str) -> str:
    """Why a file is not kept, without the name of what it is about."""
    words = line.partition("; not kept: ")[2] or line.partition(" runs: ")[2]
    words = words.removeprefix("not kept, as last time: ")
    return words.removeprefix("no complete trace: ")[:80]


def _printed(command: Sequence[str], folder: Path, environ: Mapping[str, str], limit: int) -> str:
    """What it prints; raises ``TimeoutExpired`` where that is nothing for too long."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as out:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=out, stderr=subprocess.DEVNULL)
        size, since = 0, time.monotonic()
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=1)
                break
            if (now := os.fstat(out.fileno()).st_size) != size:
                size, since = now, time.monotonic()
            elif time.monotonic() - since > limit:
                process.kill()
                process.wait()
                raise subprocess.TimeoutExpired(command, limit)
        out.seek(0)
        return out.read()


def _quiet(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=LIMIT)


def main() -> int:
    """Print the table, then the mutants; return 1 if one was missed or a package could not be run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[package.name for package in PACKAGES])
    parser.add_argument("--mutants", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--clock", action="store_true", help="with cached-clock = true")
    parser.add_argument(
        "--limit", type=int, default=LIMIT, help="seconds in which a run has to say something"
    )
    parser.add_argument("--verify", action="store_true", help="hold what is replayed against runs")
    parser.add_argument("--folder", help="where the workspaces are kept for further calls")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or temporary
        benches, lost = [], 0
        print(
            "| package | what it is here for | tests | second run | third | not kept |\n"
            "|---|---|---|---|---|---|"
        )
        for package in (package for package in PACKAGES if package.name in args.only):
            bench = Bench(Path(folder) / package.name, package, args.clock, args.limit)
            try:
                if not bench.is_made:
                    bench.make()
                bench.settle()
                print(bench.row(), flush=True)
                if args.verify and (otherwise := bench.verified()):
                    lost += 1
                    print(f"{package.name}: {otherwise}", flush=True)
                benches.append(bench)
            except subprocess.SubprocessError as error:
                lost += 1
                print(f"| {package.name} {package.version} | could not be run: {error} | | | | |", flush=True)
        chance, made, missed = random.Random(args.seed), 0, 0
        for number in range(args.mutants * 10 if benches else 0):
            if made == args.mutants:
                break
            wrong = benches[number % len(benches)].mutant(chance)
            made += wrong is not None
            missed += bool(wrong)
            if wrong:
                print(wrong, flush=True)
    print(f"{made} mutants, {missed} missed")
    return int(missed + lost > 0)


if __name__ == "__main__":
    raise SystemExit(main())
