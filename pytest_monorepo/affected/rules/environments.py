"""Files that say what is installed where tests run, beside those that are read entry by entry. Pure.

They reach all who are tested there. A project that lies at the same place does not make them its own.
"""

from __future__ import annotations

import posixpath
import re

from pytest_monorepo.workspace.files.late import late

_NAMES = (
    # conda and pixi
    r"(.*[-_.])?(environment|conda|env)([-_.].*)?\.ya?ml",
    r"(.*\.)?conda-lock\.ya?ml",
    r"(pixi|mojoproject)\.(toml|lock)",
    r"\.condarc",
    # Hatch, Pipenv, Rye, Pants
    r"hatch\.(toml|lock)",
    r"Pipfile",
    r"requirements.*\.lock",
    r"pants(\..*)?\.toml",
    # native code that all are built against
    r"Cargo\.(toml|lock)",
    r"rust-toolchain(\.toml)?",
    r"conanfile\.(txt|py)",
    r"vcpkg(-configuration)?\.json",
    r"CMakeLists\.txt",
    r"meson\.build",
    # systems and images
    r"(flake|shell|default|devenv)\.nix",
    r"(flake|devenv|devbox|mise)\.lock",
    r"devbox\.json",
    r"devenv\.yaml",
    r"(Aptfile|apt\.txt|Brewfile|packages\.txt)",
    r"(.*\.)?Dockerfile(\..*)?|Containerfile",
    r"(docker-)?compose(\..*)?\.ya?ml",
    # what every Python there reads when it starts
    r"(site|user)customize\.py",
    r".*\.pth",
    r"pip\.(conf|ini)",
    r"\.python-versions?",
    r"\.env(rc|\..*)?",
)
_ENVIRONMENT = late("|".join(f"(?:{name})" for name in _NAMES), re.I | re.DOTALL)


def makes_environment(path: str) -> bool:
    """Whether a file of this name installs or sets something for the tests around it."""
    return _ENVIRONMENT.fullmatch(posixpath.basename(path)) is not None
