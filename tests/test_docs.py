"""What the documentation prints works as printed, its links lead somewhere, and its reference is the code's.

A block of shell that has ``<!-- run -->`` or ``<!-- run: exit 1 -->`` above it is run in a copy of the sample
workspace, all those of a page one after the other in one copy. Lines behind ``$`` are commands; the others
must stand in what the commands print, in whatever order, with numbers of time and versions blanked. ``...``
stands for anything. Where a page changes into the sample workspace, the test already is.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
import tomli

from pytest_monorepo import settings
from pytest_monorepo.options import OPTIONS
from tests.patience import MINUTES

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "sample_repo/README.md"])
_BLOCK = re.compile(r"<!-- run(?:: exit (\d+))? -->\n+ *```console\n(.*?)```", re.DOTALL)
# the last three are different on each machine
_NOT_PRINTED = re.compile(r"\$ |\.\.\.$|platform |rootdir: |plugins: ")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Block:
    """``code`` is the exit code of the last command; the others must succeed."""

    commands: tuple[str, ...]
    lines: tuple[str, ...]
    code: int


def blocks(text: str) -> Iterator[Block]:
    for found in _BLOCK.finditer(text):
        lines = found[2].splitlines()
        commands = tuple(line[2:] for line in lines if line.startswith("$ ") and line != "$ cd sample_repo")
        printed = tuple(line for line in lines if line.strip() and not _NOT_PRINTED.match(line))
        yield Block(commands, printed, int(found[1] or 0))


def blanked(line: str) -> str:
    """The line without what differs from run to run: times, percentages of progress, versions, padding."""
    # beyond a minute pytest says it twice: "61.75s (0:01:01)" (_pytest/terminal.py, format_session_duration)
    line = re.sub(r"(?<=\ds) \(\d+:\d\d:\d\d\)", "", line)
    line = re.sub(r"\d+(\.\d+)+m?s?\b", "#", line)
    line = re.sub(r"\[ *\d+%\]", "[%]", line)
    line = re.sub(r"\([0-9a-f]{7,}, ", "(#, ", line)
    line = re.sub(r"\d+ workers?", "# workers", line)
    line = re.sub(r"=+", "=", line)
    return re.sub(r"\s+", " ", line).strip()


def documentation(*, runnable: bool = False) -> list[Path]:
    return [page for page in PAGES if not runnable or _BLOCK.search(page.read_text(encoding="utf-8"))]


# -- commands


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A copy of the sample workspace with a git history of its own, whose branch is ``main``."""
    for module in ("fastapi", "httpx", "numpy", "opentelemetry"):
        pytest.importorskip(module, reason="sample_repo/requirements.txt is not installed")
    unwanted = shutil.ignore_patterns("__pycache__", ".pytest_cache", "htmlcov", ".coverage*", "site")
    copy = tmp_path / "sample_repo"
    shutil.copytree(ROOT / "sample_repo", copy, ignore=unwanted)
    # the repository's own file does this for the original
    (copy / ".gitignore").write_text("__pycache__/\n.pytest_cache/\n.coverage\nsite/\ncoverage.xml\n")
    shell("git init -q -b main && git add -A && git commit -q -m one", copy)
    return copy


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_", "GIT_", "GITHUB_"))}
    for name in ("CI", "PYTHONPATH", "BUILD_NUMBER", "VIRTUAL_ENV", "FORCE_COLOR", "PY_COLORS"):
        kept.pop(name, None)
    who = {
        f"GIT_{role}_{what}": "docs@example.org"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    path = os.pathsep.join((os.path.dirname(sys.executable), kept.get("PATH", "")))
    ours = {"PATH": path, "COLUMNS": "80", "PYTHONPATH": str(ROOT), "GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=cwd,
        env={**kept, **who, **ours},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=MINUTES,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="the examples are for a POSIX shell")
@pytest.mark.parametrize("page", documentation(runnable=True), ids=name_of)
def test_commands_work_as_printed(page: Path, sample: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        out = ""
        for command in block.commands:
            done = shell(command, sample)
            expected = block.code if command == block.commands[-1] else 0
            assert done.returncode == expected, f"{command}\n{done.stdout}"
            out += done.stdout
        real = {blanked(line) for line in out.splitlines()}
        for line in block.lines:
            assert blanked(line) in real, f"no line {line!r} in:\n{out}"


def test_reading_of_blocks() -> None:
    text = "<!-- run: exit 2 -->\n```console\n$ a\n...\nb  [ 5%] in 1.02s\n```\n\n```console\n$ c\n```\n"
    assert list(blocks(text)) == [Block(("a",), ("b  [ 5%] in 1.02s",), 2)]
    assert blanked("b  [ 5%] in 1.02s") == blanked("b [100%] in 11.5s")
    assert blanked("5 passed") != blanked("6 passed")


# -- the reference


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_what_the_code_says(generator: ModuleType) -> None:
    stale = [
        str(path)
        for path, text in generator.pages().items()
        if (ROOT / path).read_text(encoding="utf-8") != text
    ]
    assert not stale, "run python docs/generate.py"


def test_every_option_in_the_documentation_exists() -> None:
    known = {name for option in OPTIONS for name in option.names}
    # those of pytest, pytest-cov and xdist come from the parser itself
    helped = shell(f"{sys.executable} -m pytest --help", ROOT).stdout
    known |= set(re.findall(r"(?<![\w-])--[a-z][\w-]*", helped))
    known |= {
        "--junitxml",
        "--backend",
    }  # an alias that --help keeps to itself, and the made-up one of a conftest
    unknown = {
        f"{name_of(page)}: {option}"
        for page in documentation()
        for option in ours_or_pytests(page.read_text(encoding="utf-8"))
        if option not in known
    }
    assert not unknown


def ours_or_pytests(text: str) -> set[str]:
    """Options on lines that call pytest, and those that bear our names wherever they stand."""
    lines = [re.split(r"&&|\|", line.partition(" pytest ")[2])[0] for line in text.splitlines()]
    given = re.findall(r"(?<![\w-])--[a-z][\w-]*", "\n".join(lines))
    named = re.findall(r"(?<![\w-])--(?:monorepo|affected|cov-patch)[\w-]*", text)
    return {option.rstrip("-") for option in (*given, *named)}


def test_the_readme_names_every_key_of_the_configuration(generator: ModuleType) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    example = text.partition("## Configuration")[2].partition("\n## ")[0]
    missing = [key.name for key in generator.configuration_keys() if key.name not in example]
    assert not missing


@pytest.mark.parametrize("page", documentation(), ids=name_of)
def test_configuration_in_examples_is_understood(page: Path) -> None:
    for block in re.findall(
        r"^```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    ):
        tool = tomli.loads(block)["tool"]
        settings.parse(tool.get("pytest-monorepo", {}))


def test_troubleshooting_quotes_what_the_code_says() -> None:
    """Of each message in bold code, the longest piece between ``…`` must stand in the code."""
    source = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "pytest_monorepo").rglob("*.py"))
    # messages that are put together of several literals, and of names that are filled in
    source = re.sub(r"[\"']\s*\n\s*f?[\"']", "", source).replace("\\", "")
    source = re.sub(r"\[\{TABLE\}\]|\[\{self\._name\}\]", "[tool.pytest-monorepo]", source)
    text = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    messages = re.findall(r"\*\*`(.+?)`\*\*", text)
    pieces = {max(re.split(r"…|'", message), key=len) for message in messages}
    lost = [piece for piece in pieces if not any(part in source for part in (piece, piece.strip(" :;")))]
    assert len(messages) > 20
    assert lost == ["unrecognized arguments: "]  # pytest's own


# -- links and words


@pytest.mark.parametrize("page", documentation(), ids=name_of)
def test_internal_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (page.parent / path) if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            dead.append(target)
    assert not dead


def anchors(page: Path) -> set[str]:
    """GitHub's names for a page's headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", documentation(), ids=name_of)
def test_no_page_names_a_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"/(?:tmp|root|work|opt)/|\.pyenv/versions/\d|(?<!example\.org)/simple\b", text)


def test_the_picture_is_small() -> None:
    assert (ROOT / "docs/images/page.png").stat().st_size < 200_000
