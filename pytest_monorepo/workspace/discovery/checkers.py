"""Options by which plugins make tests of files that no name pattern tells: linters, type checkers, notebooks.

A project may have no other tests; and by these a change of any of its files is one of a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pytest_monorepo.workspace.files.tree import child
from pytest_monorepo.workspace.model import parents

_PYTHON = (".py", ".pyi")
_NOTEBOOK = (".ipynb",)
# xdoctest 1.3: of Python files with examples
_EXAMPLES = ("--xdoctest", "--xdoctest-modules", "--xdoc")
_PROSE = (".md", ".rst", ".txt", ".mdx", *_PYTHON)

OPTIONS: Mapping[str, tuple[str, ...]] = {
    # pytest-ruff 0.5, pytest-mypy 1.1, pytest-flake8, pytest-pylint, pytest-black, pytest-isort,
    # pytest-pycodestyle, pytest-pydocstyle, pytest-flakes, pytest-pep8: an item for each Python file
    **dict.fromkeys(
        (
            *("--ruff", "--ruff-format", "--flake8", "--pylint", "--mypy", "--mypy-ignore-missing-imports"),
            *("--mypy-config-file", "--mypy-no-status-check", "--mypy-xfail", "--mypy-report-style"),
            *("--black", "--isort", "--pycodestyle", "--codestyle", "--pydocstyle", "--docstyle", "--flakes"),
            "--pep8",
        ),
        _PYTHON,
    ),
    **dict.fromkeys(_EXAMPLES, _PYTHON),
    # nbmake 1.5, nbval 0.11
    **dict.fromkeys(("--nbmake", "--nbval", "--nbval-lax"), _NOTEBOOK),
    # pytest-markdown-docs 0.9, pytest-codeblocks 0.17, pytest-doctestplus 1.4
    **dict.fromkeys(("--markdown-docs", "--codeblocks", "--doctest-rst", "--doctest-plus"), _PROSE),
}
"""Option → how the files end that its plugin collects."""

# where the tools look for their settings, in the folder and upward
_SETTINGS = (
    *("pyproject.toml", "setup.cfg", "tox.ini", "ruff.toml", ".ruff.toml", "mypy.ini", ".mypy.ini"),
    *(".flake8", ".pep8", ".isort.cfg", ".editorconfig"),
    *("pylintrc", ".pylintrc", "pylintrc.toml", ".pylintrc.toml"),
    *(".pydocstyle", ".pydocstyle.ini", ".pydocstylerc", ".pydocstylerc.ini"),
)


def asked(words: Sequence[str]) -> Iterator[str]:
    """Those of the options that are among the words."""
    return (option for word in words if (option := word.partition("=")[0]) in OPTIONS)


def settings_above(folder: str, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The files above a project where the tools of its options may have their settings, and for which one."""
    option = next((one for one in asked(words) if OPTIONS[one] == _PYTHON and one not in _EXAMPLES), None)
    if option is not None:
        for above in parents(folder):
            if above != folder:
                yield from ((child(above, name), option) for name in _SETTINGS)


def checked(files: Iterable[str], words: Sequence[str], read: Callable[[str], str | None]) -> Iterator[str]:
    """The files that the options among ``words`` make tests of, and those that tavern (3.7) knows by name."""
    options = tuple(asked(words))
    endings = tuple(ending for option in options if option not in _EXAMPLES for ending in OPTIONS[option])
    examples = any(option in _EXAMPLES for option in options)
    for path in files:
        name = path.rpartition("/")[2]
        is_tavern = name.startswith("test_") and name.endswith((".tavern.yaml", ".tavern.yml"))
        may_show = examples and name.endswith(".py")
        if is_tavern or (endings and name.endswith(endings)) or (may_show and ">>>" in (read(path) or "")):
            yield path
