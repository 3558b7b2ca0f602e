"""Prints or writes the parts: asks nothing, overwrites nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import tomli

from pytest_monorepo.call.printing import say
from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.workspace.discovery import discover as discovery
from pytest_monorepo.workspace.files.relative import seen_from

from . import facts as gathering
from . import texts
from .facts import Facts

_INCLUDED = ".gitlab/pytest-monorepo.yml"


@dataclass(frozen=True)
class Part:
    """A file and what is to stand in it. ``there`` says why there is nothing to do.

    ``extended`` is the file that exists with the part at its end, where it can be put there safely.
    """

    file: Path
    text: str
    there: str | None = None
    extended: bytes | None = None


def main(config: pytest.Config) -> int:
    """``--monorepo-init``; the exit code."""
    option = config.option
    cwd = config.invocation_params.dir
    rootdir = cwd / os.path.expandvars(option.rootdir) if option.rootdir else None
    facts = gathering.gather(discovery.find_root(cwd, rootdir))
    write = option.monorepo_init == "write"
    for part in parts(facts):
        shown = seen_from(cwd, part.file)
        say(_write(part, shown) if write else _print(part, shown))
    if not write:
        say("# Nothing was written: --monorepo-init=write does that, and overwrites nothing.")
    return 0


def parts(facts: Facts) -> Iterator[Part]:
    """What this workspace needs, in the order in which a reader wants it."""
    yield _settings(facts)
    has_github = (facts.top / ".github").is_dir()
    has_gitlab = (facts.top / ".gitlab-ci.yml").is_file()
    if has_github or not has_gitlab:
        yield _github(facts)
    if has_gitlab:
        yield from _gitlab(facts)
    yield _editor(facts)


def _settings(facts: Facts) -> Part:
    file = facts.root / "pyproject.toml"
    text = texts.table(facts)
    if not file.exists():
        return Part(file, text)
    before = _read(file)
    if "pytest-monorepo" in _tools(before):
        return Part(file, text, "has its table [tool.pytest-monorepo]")
    return Part(file, text, extended=_appended(before, text))


def _tools(content: bytes) -> dict[str, object]:
    document = _toml(content)
    tool = document.get("tool") if document is not None else None
    return tool if isinstance(tool, dict) else {}


def _toml(content: bytes) -> dict[str, object] | None:
    try:
        return tomli.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomli.TOMLDecodeError, RecursionError):
        return None


def _appended(before: bytes, text: str) -> bytes | None:
    """``before`` with the table at its end, if that is TOML and says all that it said."""
    newline = b"\r\n" if b"\r\n" in before else b"\n"
    table = text.encode("utf-8").replace(b"\n", newline)
    body = before.rstrip()
    after = body + newline * 2 + table if body else table
    old, new = _toml(before), _toml(after)
    if old is None or new is None:
        return None
    tool = new.get("tool")
    if isinstance(tool, dict):
        tool.pop("pytest-monorepo", None)
        if not tool and "tool" not in old:
            del new["tool"]
    return after if new == old else None


def _github(facts: Facts) -> Part:
    folder = facts.top / ".github" / "workflows"
    text = texts.github(facts)
    for file in sorted(folder.glob("*.y*ml")):
        if b"--monorepo" in _read(file):
            return Part(file, text, "runs pytest --monorepo")
    return Part(folder / "monorepo.yml", text)


def _gitlab(facts: Facts) -> Iterator[Part]:
    main_file = facts.top / ".gitlab-ci.yml"
    content = _read(main_file)
    if b"--monorepo" in content:
        yield Part(main_file, texts.gitlab(facts), "runs pytest --monorepo")
        return
    file = facts.top / _INCLUDED
    yield Part(file, texts.gitlab(facts), "is there" if file.exists() else None)
    include = f"include:\n  - local: {_INCLUDED}\n"
    yield Part(main_file, include, "includes it" if _INCLUDED.encode() in content else None)


def _editor(facts: Facts) -> Part:
    file = facts.root / ".vscode" / "settings.json"
    # a comment may stand in it, so it is no JSON to be read
    told = file.exists() and b'"python.testing.pytestEnabled"' in _read(file)
    return Part(file, texts.editor(facts), "has settings for pytest" if told else None)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise MonorepoError(f"{file}: cannot be read: {error.strerror}") from error


def _print(part: Part, shown: str) -> str:
    if part.there is not None:
        return f"# {shown}: {part.there}; nothing to add\n"
    how = "to be added to the file" if part.file.exists() else "a new file"
    return f"# {shown}: {how}\n\n{part.text}"


def _write(part: Part, shown: str) -> str:
    if part.there is not None:
        return f"{shown}: {part.there}, nothing to add"
    try:
        if part.extended is not None:
            part.file.write_bytes(part.extended)
            return f"{shown}: table added at the end"
        part.file.parent.mkdir(parents=True, exist_ok=True)
        with part.file.open("x", encoding="utf-8", newline="\n") as file:
            file.write(part.text)
    except FileExistsError:
        return f"{shown}: exists and stays as it is; add this part:\n\n{part.text}"
    except OSError as error:
        raise MonorepoError(f"{shown}: cannot be written: {error.strerror}") from error
    return f"{shown}: written"
