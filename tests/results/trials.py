"""Random changes in a workspace of tests that say what they see: a replay that says something else is a miss.

Every test skips with all that it reads as the reason, so that the reason of a replayed one can be compared
with that of a run. Two projects depend on the order of their files.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.run.space import Run, Space

_INI = "[tool.pytest.ini_options]\npythonpath = ['.', '../common']\n"
_EARLY = """\
import kept, pytest

@pytest.fixture(scope='session', autouse=True)
def early(): kept.read()
"""
_SEEN = "    pytest.skip(f'seen {seen()}')\n"


def _project(name: str, seen: str, **more: str) -> dict[str, str]:
    test = f"import glob, os, pathlib, pytest\n{more.pop('head', '')}\ndef seen(): return {seen}\n"
    files = {f"{name}/pyproject.toml": _INI, f"{name}/tests/test_{name}.py": f"{test}def test():\n{_SEEN}"}
    return files | {f"{name}/{path.replace('__', '/')}.py": text for path, text in more.items()}


FILES = {
    "pyproject.toml": "[tool.pytest-monorepo]\nexclude = ['common']\n",
    "common/first.py": "import second\nvalue = second.value",
    "common/second.py": "value = 0",
    "common/x": "0",
    "data/x": "0",
    "data/many/a": "0",
    **_project("plain", "own.value", head="import own", own="value = 0"),
    **_project("data", "open('../common/x').read(), open('x').read()"),
    "data/pyproject.toml": _INI,
    **_project("shared", "first.value", head="import first"),
    **_project(
        "listing", "sorted(os.listdir('../data/many')), sorted(glob.glob('deep/**/*.txt', recursive=True))"
    ),
    "listing/deep/er/x.txt": "",
    **_project("variables", "os.environ.get('TRIAL_A'), os.getenv('TRIAL_B'), 'TRIAL_C' in os.environ"),
    **_project(
        "modules",
        "(value, found.value)",
        head="try:\n    from perhaps import value\nexcept ImportError:\n    value = None\nimport found",
        lib__unused="",
    ),
    "common/found.py": "value = 0",
    **_project(
        "fixed",
        "read()",
        head="from kept import read",
        kept="import functools\n@functools.lru_cache\ndef read(): return open('x').read()",
        tests__conftest=_EARLY,
        tests__test_a_before="import kept\ndef test_before(): kept.read()",
    ),
    "fixed/x": "0",
    **_project(
        "order",
        "open('made').read()",
        tests__test_a_first="def test_first():\n    with open('made', 'w') as f: f.write('0')",
    ),
    "order/made": "",
    **_project(
        "state",
        "box.value",
        head="import box",
        box="value = 0",
        tests__test_a_first="import box\ndef test_first(): box.value = 0",
    ),
    **_project(
        "stats", "os.path.getsize('x'), os.access('x', os.X_OK), os.path.exists('y'), os.path.islink('z')"
    ),
    "stats/x": "0",
}


_SHARING = """\
import pytest
from pkg import tools

@pytest.fixture(scope='session')
def slow(): return tools.text('shared.txt')
"""


def _file(name: str, head: str, seen: str, fixture: str = "") -> dict[str, str]:
    """A further test file of the project ``files``."""
    text = f"import os, sys, pytest\n{head}\ndef seen({fixture}): return {seen}\n"
    text += f"def test({fixture}):\n    pytest.skip(f'seen {{seen({fixture})}}')\n"
    return {f"files/tests/test_{name}.py": text}


FILES |= {
    **_project("files", "None", tests__conftest=_SHARING),
    "files/pkg/__init__.py": "",
    "files/pkg/tools.py": "def text(path): return open(path).read()",
    "files/pkg/one.py": "value = 0",
    "files/pkg/two.py": "from . import deep\nvalue = 0",
    "files/pkg/deep.py": "value = 0",
    "files/pkg/kept.py": "import functools\n@functools.lru_cache\ndef read(path): return open(path).read()",
    "files/pkg/box.py": "value, seen = 0, []",
    "files/pkg/registry.py": "names = []",
    "files/pkg/plugin.py": "from . import registry\nregistry.names.append('0')",
    "files/shared.txt": "0",
    "files/one.txt": "0",
    "files/two.txt": "0",
    "files/made.txt": "",
    **_file("one", "from pkg.one import value", "value"),
    **_file("two", "from pkg import two", "(two.value, two.deep.value)"),
    **_file("late", "", "__import__('pkg.one').one.value"),
    **_file("text_one", "from pkg.tools import text", "text('one.txt')"),
    **_file("text_two", "from pkg.tools import text", "text('two.txt')"),
    **_file("uses", "", "slow", "slow"),
    **_file("fixed_a", "from pkg import kept", "kept.read('one.txt')"),
    **_file("fixed_b", "from pkg import kept", "kept.read('one.txt')"),
    **_file("sets", "from pkg import box\nbox.value = box.value", "setattr(box, 'value', 0)"),
    **_file("sets_b", "from pkg import box", "box.value"),
    **_file("adds", "from pkg import box", "box.seen.append(0)"),
    **_file("adds_b", "import pkg.box", "pkg.box.seen"),
    **_file("registers", "import pkg.plugin", "0"),
    **_file("registers_b", "from pkg import registry", "registry.names"),
    **_file("writes", "", "open('made.txt', 'w').write('0')"),
    **_file("writes_b", "", "open('made.txt').read()"),
    **_file("sets_variable", "", "os.environ.__setitem__('TRIAL_FILES', '0')"),
    **_file("sets_variable_b", "", "os.environ.get('TRIAL_FILES')"),
    **_file("variable", "", "os.environ.get('TRIAL_D')"),
    **_file("borrows", "", "sys.modules['pkg.two'].value if 'pkg.two' in sys.modules else None"),
    **_file("listing", "", "sorted(os.listdir('pkg'))"),
}


@dataclass(frozen=True)
class Trial:
    """``done`` words the change; ``replayed`` and ``ran`` are test files, ``missed`` those replayed wrongly.

    ``altered`` are those that now see something else than before the change; ``why`` says of what ran the
    reason.
    """

    done: str
    replayed: frozenset[str]
    ran: frozenset[str]
    missed: frozenset[str]
    altered: frozenset[str]
    why: dict[str, str]

    @property
    def in_vain(self) -> frozenset[str]:
        return self.ran - self.altered


def trials(folder: Path, seed: int, count: int) -> Iterator[Trial]:
    """One workspace, and so many changes one after the other; each is run twice, cached and not."""
    chance = random.Random(seed)
    space = Space(folder / "space")
    space.write(FILES)
    variables: dict[str, str] = {}
    with space.environment(XDG_CACHE_HOME=str(folder / "cache"), HOME=str(folder), COLUMNS="400"):
        before, _ = _seen(space.run(*_CACHED))
        for _ in range(count):
            done = chance.choice(CHANGES)(space.root, chance, variables)
            cached = space.run(*_CACHED, env=variables)
            told, replayed = _seen(cached)
            real, _ = _seen(space.run("-rs", env=variables))
            missed = frozenset(test for test in replayed if told[test] != real.get(test))
            altered = frozenset(test for test in real if before.get(test) != real[test])
            ran = frozenset(told) - replayed
            yield Trial(done, replayed, ran, missed, altered, {test: _why(cached, test) for test in ran})
            before = real


_CACHED = ("--cached", "--cached-explain", "-rs")


def _seen(run: Run) -> tuple[dict[str, str], frozenset[str]]:
    assert run.code == 0, run.out
    told = dict(re.findall(r"^SKIPPED \[1\] (\S+?):\d+: (.*)$", run.out, re.MULTILINE))
    whole = set(re.findall(r"^(\S+) cached from", run.out, re.MULTILINE))
    return told, frozenset(path for path in told if path in whole or path.partition("/")[0] in whole)


def _why(run: Run, test: str) -> str:
    """Why the file ran, in the words of the explanation."""
    for what in (test, test.partition("/")[0]):
        found = re.search(rf"^{re.escape(what)} runs: (.*)$", run.out, re.MULTILINE)
        if found:
            return found[1]
    return "not said"


Change = Callable[[Path, random.Random, dict[str, str]], str]


def _write(*paths: str) -> Change:
    def change(root: Path, chance: random.Random, variables: dict[str, str]) -> str:
        path = chance.choice(paths)
        text = FILES[path].replace("0", str(chance.randrange(3)))
        (root / path).write_text(text)
        return f"wrote {path}"

    return change


def _come_and_go(*files: str) -> Change:
    """A file that was not there at the beginning comes, or goes again."""

    def change(root: Path, chance: random.Random, variables: dict[str, str]) -> str:
        path, _, text = chance.choice(files).partition("=")
        file = root / path
        if file.exists() or file.is_symlink():
            file.unlink()
            return f"removed {path}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("0", str(chance.randrange(3))))
        return f"made {path}"

    return change


def _variable(root: Path, chance: random.Random, variables: dict[str, str]) -> str:
    name = f"TRIAL_{chance.choice('ABCD')}"
    if name in variables and chance.random() < 0.5:
        del variables[name]
    else:
        variables[name] = str(chance.randrange(3))
    return f"variable {name}"


def _mode(root: Path, chance: random.Random, variables: dict[str, str]) -> str:
    file = root / "stats" / "x"
    file.chmod(file.stat().st_mode ^ 0o111)
    return "mode of stats/x"


def _link(root: Path, chance: random.Random, variables: dict[str, str]) -> str:
    link = root / "stats" / "z"
    if link.is_symlink():
        link.unlink()
    else:
        link.symlink_to("x")
    return "link stats/z"


def _bytecode(root: Path, chance: random.Random, variables: dict[str, str]) -> str:
    for folder in list(root.rglob("__pycache__")):
        shutil.rmtree(folder)
    return "removed all bytecode"


def _nothing(root: Path, chance: random.Random, variables: dict[str, str]) -> str:
    file = chance.choice([path for path in root.rglob("*.py") if path.is_file()])
    os.utime(file)
    return f"touched {file.relative_to(root)}"


_FILES = [path for path, text in FILES.items() if "0" in text]
CHANGES: tuple[Change, ...] = (
    *[_write(*_FILES)] * 4,
    *[
        _come_and_go(
            "data/many/b=",
            "listing/deep/new/y.txt=",
            "modules/perhaps.py=value = 0",
            "modules/found.py=value = 'shadow 0'",
            "shared/second.py=value = 'shadow 0'",
            "stats/y=",
            "plain/tests/conftest.py=import own\nown.value = 'conftest 0'",
            "plain/own/__init__.py=value = 'package 0'",
            "files/pkg/new.py=",
            "files/tests/conftest_helper.py=",
            "files/tests/test_new.py=import os, pytest\ndef test(): pytest.skip(f'seen {os.getcwd()[:1]}')",
            "files/pkg/one/__init__.py=value = 'package 0'",
        )
    ]
    * 4,
    *[_variable] * 2,
    _mode,
    _link,
    _bytecode,
    _nothing,
)
