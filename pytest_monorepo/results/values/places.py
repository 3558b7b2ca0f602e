"""Paths as another worktree or machine would spell them: relative to the workspace and the Python."""

from __future__ import annotations

import os
import site
from collections.abc import Iterator
from dataclasses import field
from functools import cached_property, lru_cache
from pathlib import Path

from pytest_monorepo.value import value

SETTINGS = (
    *("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"),
    *("pyproject.toml", "tox.ini", "setup.cfg", "setup.py"),
)
"""The files in which pytest looks for its settings, or by which it knows a rootdir."""
SOUGHT = (*SETTINGS, "conftest.py")
"""What pytest looks for in the folders above those it is given."""


@value(frozen=True)
class Places:
    """``roots`` are (name, folder) pairs; the first that holds a path names it."""

    roots: tuple[tuple[str, str], ...]
    _absolute: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _portable: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def root(self) -> str:
        """The workspace's folder."""
        return dict(self.roots).get("root", "")

    # not the home: a path below it that is no site folder is written somewhere, and means what it says
    @classmethod
    def of(cls, workspace: Path, interpreter: str) -> Places:
        """The places of a project that ``interpreter``, an executable, runs."""
        return cls(_roots(str(workspace), interpreter, _user_site()))

    def portable(self, path: str) -> str:
        """``/home/ada/repo/libs/a.py`` is ``<root>/libs/a.py``."""
        known = self._portable.get(path)
        if known is None:
            known = self._portable[path] = self._to_portable(path)
        return known

    def _to_portable(self, path: str) -> str:
        for name, folder in self.roots:
            if path == folder or path.startswith(folder + "/"):
                return f"<{name}>{path[len(folder) :]}"
        return self._above(path) or path

    def _above(self, path: str) -> str | None:
        """A folder above the workspace, or what pytest looks for there, by the way up: ``<root>/../tox.ini``.

        Else no other worktree or machine would ever have the same inputs. Whatever else lies there was asked
        for by its own path, and means what it says.
        """
        root = self.root
        folder, name = os.path.split(path)
        if root.startswith(path.rstrip("/") + "/"):
            return "<root>" + _up(path, root)
        if name in SOUGHT and root.startswith(folder.rstrip("/") + "/"):
            return f"<root>{_up(folder, root)}/{name}"
        return None

    @cached_property
    def above(self) -> list[str]:
        """Where above the workspace pytest may find another folder or settings."""
        root = Path(self.root)
        return [str(folder / name) for folder in root.parents for name in SOUGHT]

    def absolute(self, path: str) -> str:
        """The other way round."""
        known = self._absolute.get(path)
        if known is None:
            known = self._absolute[path] = self._to_absolute(path)
        return known

    def _to_absolute(self, path: str) -> str:
        if path.startswith("<"):
            for name, folder in self.roots:
                token = f"<{name}>"
                if path == token or path.startswith(token + "/"):
                    whole = folder + path[len(token) :]
                    return os.path.normpath(whole) if path.startswith(f"{token}/..") else whole
        return path

    def text(self, value: str) -> str:
        """A text, such as a variable's value, with the folders in it named."""
        for name, folder in self.roots:
            value = value.replace(folder, f"<{name}>")
        return value

    def variable(self, name: str, value: str) -> str:
        """A variable's value as a text; where the home lies, workspace or not, is what ``HOME`` says."""
        return value if name in ("HOME", "USERPROFILE") else self.text(value)

    def shown(self, path: str) -> str:
        """A portable path as the user knows it: what lies in the workspace by its path there."""
        if path == "<root>":
            return "."
        return (
            os.path.normpath(path.removeprefix("<root>/")) if "/.." in path else path.removeprefix("<root>/")
        )

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.roots)


def _user_site() -> str:
    """Below which ``site`` looks for packages of the user's own."""
    base = site.getuserbase()
    return os.path.join(base, "lib") if base else ""


def _up(folder: str, root: str) -> str:
    steps = root[len(folder.rstrip("/")) :].count("/")
    return "/.." * steps


@lru_cache(maxsize=64)
def _roots(workspace: str, interpreter: str, user_site: str) -> tuple[tuple[str, str], ...]:
    """Asked for each project, and most have one interpreter."""
    prefix = os.path.dirname(os.path.dirname(os.path.abspath(interpreter)))
    base = os.path.dirname(os.path.dirname(os.path.realpath(interpreter)))
    # two worktrees differ in the first, two machines in all of them
    named = [("root", workspace), ("env", prefix), ("python", base), ("user site", user_site)]
    # the longest first: an environment may lie in the workspace, and both below the home
    found = sorted(dict(reversed(named)).items(), key=lambda pair: -len(pair[1]))
    return tuple((name, folder) for name, folder in found if folder not in ("", "/"))
