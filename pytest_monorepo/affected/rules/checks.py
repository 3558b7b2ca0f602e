"""Which linter, formatter or type checker a file's name says it configures. Pure.

By the manuals of the tools: those that read nothing but the settings they are found by, and that pytest never
reads. Tables of theirs in a ``pyproject.toml`` or ``setup.cfg`` are :mod:`..meaning.manifests`'.
"""

from __future__ import annotations

import posixpath

# the words that start a tool, the first its name → what its settings are called, in any folder
_NAMES = {
    "ruff": "ruff.toml .ruff.toml",
    "mypy mypyc stubtest dmypy": "mypy.ini .mypy.ini",
    "pyright basedpyright": "pyrightconfig.json",
    "flake8": ".flake8",
    "pylint pyreverse symilar": "pylintrc .pylintrc pylintrc.toml .pylintrc.toml",
    "ty": "ty.toml",
    "pyrefly": "pyrefly.toml",
    "pyre": ".pyre_configuration .pyre_configuration.local",
    "pytype": "pytype.cfg .pytype.cfg pytype.toml",
    "isort": ".isort.cfg",
    "yapf": ".style.yapf .yapfignore",
    "bandit": ".bandit bandit.yaml bandit.yml .bandit.yaml .bandit.yml bandit.toml",
    "pydocstyle": ".pydocstyle .pydocstyle.ini .pydocstylerc .pydocstylerc.ini",
    "pycodestyle autopep8": ".pycodestyle .pep8",
    "importlinter lint-imports": ".importlinter",
    "tach": "tach.toml tach.yml tach.yaml",
    "pylama": "pylama.ini",
    "prospector": "prospector.yaml .prospector.yaml prospector.yml .prospector.yml",
    "radon xenon": "radon.cfg",
    "fixit": "fixit.toml .fixit.toml",
    "darglint": ".darglint",
    "doc8": "doc8.ini",
    "rstcheck": ".rstcheck.cfg",
    "pyspelling": ".pyspelling.yml .pyspelling.yaml pyspelling.yml .spellcheck.yml .spellcheck.yaml",
    "mdformat": ".mdformat.toml",
    "rumdl": "rumdl.toml .rumdl.toml",
    "sqlfluff": ".sqlfluff .sqlfluffignore",
    "djlint": ".djlintrc",
    "clang-format git-clang-format": ".clang-format .clang-format-ignore",
    "clang-tidy": ".clang-tidy",
    "cmake-format": ".cmake-format.yaml .cmake-format.json cmake-format.yaml",
    "rustfmt cargo": "rustfmt.toml .rustfmt.toml",
    "clippy cargo": "clippy.toml .clippy.toml",
    "golangci-lint": ".golangci.yml .golangci.yaml .golangci.toml",
    "rubocop": ".rubocop.yml",
    "oxlint": ".oxlintrc.json",
    "jshint": ".jshintrc",
    "dprint": "dprint.json .dprint.json dprint.jsonc",
    "semgrep": ".semgrep.yml .semgrep.yaml",
    "checkov": ".checkov.yml .checkov.yaml",
    "trivy": "trivy.yaml trivy.yml",
    "osv-scanner": "osv-scanner.toml",
    "tflint": ".tflint.hcl",
    "codeclimate": ".codeclimate.yml",
    "mega-linter megalinter": ".mega-linter.yml .mega-linter.yaml",
    "jscpd": ".jscpd.json",
}
_BY_NAME = {name: tuple(words.split()) for words, names in _NAMES.items() for name in names.split()}
# what comes behind says in which language they are written
_BEGINNINGS = {
    (".eslintrc", ".eslintignore", "eslint.config."): ("eslint",),
    (".stylelintrc", ".stylelintignore", "stylelint.config."): ("stylelint",),
    (".textlintrc", ".textlintignore"): ("textlint",),
}
# called as it pleases, in a folder at the top
_FOLDERS = {".github/linters/": ("super-linter",), ".trunk/": ("trunk",), ".semgrep/": ("semgrep",)}


def checker_of(path: str) -> tuple[str, ...]:
    """The words that start the tool which a file of this path configures, its name first; none otherwise."""
    if known := _BY_NAME.get(name := posixpath.basename(path)):
        return known
    found = (words for beginnings, words in _BEGINNINGS.items() if name.startswith(beginnings))
    return next(found, next((words for folder, words in _FOLDERS.items() if path.startswith(folder)), ()))
