"""Which Python runs a project.

In this order: ``python = "…"`` in the configuration, the project's own ``.venv`` or ``venv``, what PDM's
``.pdm-python`` names, Poetry's environment in its cache, else the interpreter that runs the controller.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.model import Project


class Interpreter(NamedTuple):
    """``executable`` is absolute; ``origin`` says where it was found, for messages."""

    executable: str
    origin: str

    @property
    def is_current(self) -> bool:
        return self.executable == sys.executable


CURRENT = Interpreter(sys.executable, "the current interpreter")


def choose(
    project: Project, root: Path, settings: Settings, mode: Literal["project", "current"]
) -> Interpreter:
    """The project's interpreter; raises :class:`MonorepoError` where the configured one does not exist."""
    configured = settings.of(project.path).python
    if configured is not None:
        return Interpreter(_configured(configured, project, root), f'python = "{configured}"')
    if mode == "current":
        return CURRENT
    folder = root / project.path
    for candidate in (*_virtual_environments(folder), *_pdm(folder), *_poetry(project, folder, os.environ)):
        if _is_other(candidate.executable):
            return candidate
    return CURRENT


def _configured(value: str, project: Project, root: Path) -> str:
    """A path relative to the workspace root (an interpreter or environment), or a name on PATH."""
    path = root / os.path.expanduser(value)
    if path.is_dir():
        path = python_in(path)
    if path.is_file():
        return str(path)
    found = shutil.which(value) if os.sep not in value else None
    if found is None:
        raise MonorepoError(
            f'pyproject.toml: [tool.pytest-monorepo.projects."{project.path}"] python = "{value}": no such'
            " interpreter; name one on PATH or a path relative to the workspace root"
        )
    return found


def python_in(environment: Path) -> Path:
    """The interpreter of a virtual environment (PEP 405)."""
    parts = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return environment.joinpath(*parts)


def exclusion(project: Project, interpreter: Interpreter) -> str | None:
    """Why the project's ``requires-python`` does not admit the interpreter; ``None`` where it does."""
    if project.requires_python is None:
        return None
    version = version_of(interpreter.executable)
    if version is None or _admits(project.requires_python, version):
        return None
    return f"requires-python {project.requires_python} excludes Python {version}, {interpreter.origin}"


@cache
def _admits(requirement: str, version: str) -> bool:
    least = _AT_LEAST.fullmatch(requirement)
    if least is not None and _RELEASE.fullmatch(version):
        given = tuple(map(int, version.split(".")[:2]))
        from_, below = (int(least[1]), int(least[2])), (int(least[3] or _NEVER), int(least[4] or 0))
        return from_ <= given < below
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        # Poetry's alternatives, of which PEP 440 knows nothing
        return any(version in SpecifierSet(one) for one in requirement.split("||"))
    except InvalidSpecifier:
        return True


# what nearly all projects say, of Poetry's most with an end; packaging and its patterns take 15 ms to load
_AT_LEAST = re.compile(r"\s*>=\s*(\d+)\.(\d+)\s*(?:,\s*<\s*(\d+)(?:\.(\d+))?\s*)?", re.ASCII)
_NEVER = 1_000
_RELEASE = re.compile(r"\d+\.\d+(\.\d+)?", re.ASCII)


@cache
def version_of(executable: str) -> str | None:
    """``"3.8.18"``; ``None`` where it cannot be found out."""
    if executable == sys.executable:
        return ".".join(map(str, sys.version_info[:3]))
    for folder in Path(executable).parents[:2]:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = (folder / "pyvenv.cfg").read_text(encoding="utf-8")
            # PEP 405 asks for "home" alone: venv adds "version", uv 0.13 "version_info", virtualenv 21 both
            found = re.search(r"(?m)^version(?:_info)?\s*=\s*(\d+\.\d+\.\d+)", text)
            if found:
                return found[1]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        code = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
        return subprocess.check_output(
            [executable, "-c", code], stderr=subprocess.DEVNULL, text=True, timeout=10
        ).strip()
    return None


def _virtual_environments(folder: Path) -> Iterable[Interpreter]:
    # the first is uv's, and Poetry's with virtualenvs.in-project; the second people make by hand
    for name in (".venv", "venv"):
        python = python_in(folder / name)
        if os.path.lexists(python):  # one that leads nowhere is broken, and the user needs to know
            yield Interpreter(str(python), f"{name} of the project")


def _pdm(folder: Path) -> Iterable[Interpreter]:
    try:
        # pdm 2.29 keeps the path of the interpreter there that was chosen for the project (project/core.py)
        named = (folder / ".pdm-python").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return
    if named and os.path.isfile(named):
        yield Interpreter(named, ".pdm-python")


def _poetry(project: Project, folder: Path, environ: Mapping[str, str]) -> Iterable[Interpreter]:
    """Poetry names an environment in its cache after the project and a hash of the folder's path."""
    if project.distribution is None or not (folder / "poetry.lock").is_file():
        return
    cache = environ.get("POETRY_VIRTUALENVS_PATH") or os.path.join(
        environ.get("POETRY_CACHE_DIR") or _poetry_cache(environ), "virtualenvs"
    )
    # poetry 2.5, utils/env/env_manager.py, generate_env_name
    name = re.sub(r'[ $`!*@"\\\r\n\t]', "_", project.distribution.lower())[:42]
    digest = hashlib.sha256(os.path.normcase(os.path.realpath(folder)).encode()).digest()
    base = f"{name}-{base64.urlsafe_b64encode(digest).decode()[:8]}"
    try:
        # behind it stands the minor version: "-py3.12" (env_manager.py)
        found = [entry for entry in os.listdir(cache) if entry.startswith(f"{base}-py")]
    except OSError:
        return
    used = f"{base}-py{_used(Path(cache), base)}"
    for entry in sorted(found, key=lambda entry: (entry == used, _numbers(entry)), reverse=True):
        python = python_in(Path(cache) / entry)
        if python.is_file():
            yield Interpreter(str(python), "Poetry's environment")


def _used(cache: Path, base: str) -> str:
    """The minor version that ``poetry env use`` was told; empty where it was not asked."""
    import tomli

    try:
        # env_manager.py, ENVS_FILE
        minor = tomli.loads((cache / "envs.toml").read_text(encoding="utf-8"))[base]["minor"]
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError, KeyError, TypeError):
        return ""
    return str(minor)


def _numbers(entry: str) -> list[int]:
    return [int(number) for number in re.findall(r"[0-9]+", entry.rpartition("-py")[2])]


def _poetry_cache(environ: Mapping[str, str]) -> str:
    # platformdirs' user_cache_dir for "pypoetry" (poetry 2.5, locations.py), without loading it
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Caches/pypoetry")
    if sys.platform == "win32":
        return os.path.join(environ.get("LOCALAPPDATA", ""), "pypoetry", "Cache")
    return os.path.join(environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "pypoetry")


def _is_other(executable: str) -> bool:
    """The same environment by another spelling is the current one, and needs no server of its own."""
    return os.path.dirname(os.path.abspath(executable)) != os.path.dirname(os.path.abspath(sys.executable))
