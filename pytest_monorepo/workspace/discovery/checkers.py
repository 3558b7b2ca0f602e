"""Options by which plugins make tests of files that no name pattern tells: linters, type checkers, notebooks.

A project may have no other tests; and by these a change of any of its files is one of a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

_PYTHON = (".py", ".pyi")
_NOTEBOOK = (".ipynb",)
_PROSE = (".md", ".rst", ".txt", ".mdx", *_PYTHON)

OPTIONS: Mapping[str, tuple[str, ...]] = {
    # pytest-ruff 0.5, pytest-mypy 1.1, pytest-flake8, pytest-pylint, pytest-black, pytest-isort,
    # pytest-pycodestyle, pytest-pydocstyle, pytest-flakes, pytest-pep8: an item for each Python file
    **dict.fromkeys(
        (
            *("--ruff", "--ruff-format", "--mypy", "--mypy-ignore-missing-imports", "--flake8", "--pylint"),
            *("--black", "--isort", "--pycodestyle", "--codestyle", "--pydocstyle", "--docstyle", "--flakes"),
            "--pep8",
        ),
        _PYTHON,
    ),
    # nbmake 1.5, nbval 0.11
    **dict.fromkeys(("--nbmake", "--nbval", "--nbval-lax"), _NOTEBOOK),
    # pytest-markdown-docs 0.9, pytest-codeblocks 0.17, pytest-doctestplus 1.4
    **dict.fromkeys(("--markdown-docs", "--codeblocks", "--doctest-rst", "--doctest-plus"), _PROSE),
}
"""Option → how the files end that its plugin collects."""


def asked(words: Sequence[str]) -> Iterator[str]:
    """Those of the options that are among the words."""
    return (word for word in words if word in OPTIONS)


def checked(files: Iterable[str], words: Sequence[str]) -> Iterator[str]:
    """The files that the options among ``words`` make tests of, and those that tavern (3.7) knows by name."""
    endings = tuple(ending for option in asked(words) for ending in OPTIONS[option])
    for path in files:
        name = path.rpartition("/")[2]
        is_tavern = name.startswith("test_") and name.endswith((".tavern.yaml", ".tavern.yml"))
        if is_tavern or (endings and name.endswith(endings)):
            yield path
