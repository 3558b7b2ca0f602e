"""A workspace on disk and pytest runs over it, each in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from textwrap import dedent

from tests.patience import MINUTES

from . import installed, warm

MANIFEST = '[project]\nname = "{name}"\nversion = "1"\n\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n'


@dataclass(frozen=True)
class Run:
    """How one pytest process went; ``out`` is standard output and error together, as a user sees them."""

    code: int
    out: str
    junit: Path | None = None

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @cached_property
    def counts(self) -> dict[str, int]:
        """From pytest's final line: ``{"passed": 2, "failed": 1}``; warnings left out."""
        found = re.findall(
            r"(\d+) (passed|failed|errors?|skipped|deselected|xfailed|xpassed)", self.lines[-1]
        )
        return {word.removesuffix("s") if word == "errors" else word: int(n) for n, word in found}

    @cached_property
    def words(self) -> dict[str, str]:
        """With ``-v``: the word pytest printed behind each node id."""
        found = re.findall(r"^(\S+::.+?) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b", self.out, re.MULTILINE)
        return {nodeid: word.lower() for nodeid, word in found}

    @cached_property
    def summary(self) -> list[str]:
        """The lines of the short test summary."""
        return [line for line in self.lines if re.match(r"(FAILED|ERROR|SKIPPED|XFAIL|XPASS|PASSED) ", line)]

    @cached_property
    def cases(self) -> dict[str, str]:
        """From the JUnit file: ``classname.name`` and the outcome."""
        assert self.junit is not None
        cases = {}
        for case in ET.parse(self.junit).iter("testcase"):
            child = next((c.tag for c in case if c.tag in ("failure", "error", "skipped")), "passed")
            cases[".".join(filter(None, (case.get("classname"), case.get("name"))))] = child
        return cases

    def has(self, *patterns: str) -> None:
        """Assert that regular expressions match lines, in this order."""
        rest = iter(self.lines)
        for pattern in patterns:
            assert any(re.search(pattern, line) for line in rest), f"no line {pattern!r} in:\n{self.out}"

    def lacks(self, *texts: str) -> None:
        for text in texts:
            assert text not in self.out, f"{text!r} is in:\n{self.out}"


def replayed(run: Run) -> int:
    """How many tests, as the last line tells."""
    found = re.search(r"(\d+) cached", run.lines[-1])
    return int(found[1]) if found else 0


JUST_NOW = r"(?:just now|\d+ min ago)"
"""How long ago the run before was: on a loaded machine a run may take the minute that the words are for."""

KNOWS_MARKDOWN = tuple(map(int, metadata.version("pytest-cov").split(".")[:2])) >= (6, 3)
"""Whether pytest-cov takes ``--cov-report=markdown``."""

LONGER_THAN_A_TICK = 0.03
"""Seconds: nothing is kept of a test that reads what was written just before its run began."""


class Space:
    """The workspace below ``root``.

    Runs have no other plugins than ours, since loading them would be most of each test's time, unless
    asked for with ``autoload``. ``flags`` are for the interpreter; with ``bare`` no module of ours is
    loaded before a run is forked.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._environ: dict[str, str] = {}
        self.flags: Sequence[str] = ()
        self.bare = False

    def write(self, files: Mapping[str, str]) -> None:
        for path, text in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            before = file.stat().st_mtime if file.exists() else None
            file.write_text(dedent(text), encoding="utf-8")
            # not later: coverage of a file from the future is that of one changed while the tests ran
            if before is not None:  # bytecode is told by size and whole seconds, and two runs fit into one
                os.utime(file, times=(before - 2, before - 2))

    def projects(self, tests: Mapping[str, str]) -> None:
        """For each path a manifest, ``tests/__init__.py`` and the given ``tests/test_main.py``."""
        for path, text in tests.items():
            self.write(
                {
                    f"{path}/pyproject.toml": MANIFEST.format(name=path.replace("/", "-")),
                    f"{path}/tests/__init__.py": "",
                    f"{path}/tests/test_main.py": text,
                }
            )

    def environ(self, **changes: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not _disturbs(name)}
        return {
            **kept,
            "COLUMNS": "120",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            # what --cached keeps in the user's folder would be replayed by the same test the next time
            "XDG_CACHE_HOME": f"{self.root}-cache",
            **self._environ,
            **changes,
        }

    @contextmanager
    def environment(self, **changes: str) -> Iterator[None]:
        """Every run inside gets these variables."""
        before = self._environ
        self._environ = {**before, **changes}
        try:
            yield
        finally:
            self._environ = before

    def command(self, *args: str) -> list[str]:
        return [sys.executable, *self.flags, "-m", "pytest", *args]

    def start(
        self, *args: str, cwd: str = ".", env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """``pytest --monorepo`` in the background, in a process group of its own."""
        return subprocess.Popen(
            self.command("-p", "pytest_monorepo.plugin", "--monorepo", *args),
            cwd=self.root / cwd,
            env=self.environ(**_no_autoload(), **(env or {})),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(
        self,
        *args: str,
        cwd: str = ".",
        env: Mapping[str, str] | None = None,
        autoload: bool = False,
        stdin: str = "",
    ) -> Run:
        """``pytest --monorepo`` with these arguments, two workers unless they say otherwise."""
        ours = [] if autoload else ["-p", "pytest_monorepo.plugin"]
        return self.plain(*ours, "--monorepo", *args, cwd=cwd, env=env, autoload=autoload, stdin=stdin)

    def plain(
        self,
        *args: str,
        cwd: str = ".",
        env: Mapping[str, str] | None = None,
        autoload: bool = False,
        stdin: str = "",
    ) -> Run:
        """pytest with exactly these arguments."""
        environ = self.environ(**({} if autoload else _no_autoload()), **(env or {}))
        folder = self.root / cwd
        cached = any(arg.startswith("--cached") for arg in args)
        if cached:
            time.sleep(LONGER_THAN_A_TICK)
        usual, given = Space(self.root).environ(), stdin.encode()
        with installed.known(environ) if cached else nullcontext():
            if not self.flags and warm.can_run(environ, usual):
                code, data = warm.run(
                    args, cwd=folder, environ=environ, usual=usual, stdin=given, bare=self.bare
                )
            else:
                code, data = self._afresh(self.command(*args), folder, environ, given)
        junit = next((arg.partition("=")[2] for arg in args if arg.startswith("--junitxml=")), None)
        return Run(code, data.decode("utf-8", "backslashreplace"), folder / junit if junit else None)

    def _afresh(
        self, command: Sequence[str], cwd: Path, environ: Mapping[str, str], stdin: bytes
    ) -> tuple[int, bytes]:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environ,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=MINUTES,
            check=False,
        )
        return done.returncode, done.stdout


def _no_autoload() -> dict[str, str]:
    # the option of the same meaning came with pytest 8.4
    return {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def _disturbs(name: str) -> bool:
    """Variables of the pytest that runs these tests, or that change what pytest prints."""
    prefixes = ("PYTEST_", "COV_", "COVERAGE_", "PY_COLORS", "FORCE_COLOR", "NO_COLOR")
    return name.startswith(prefixes) or name in {"CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "PYTHONPATH"}
