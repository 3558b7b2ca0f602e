"""What a command starts in its place, and where the commands behind it start. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_monorepo.workspace.files.tree import join

# options of uv run whose value is a word of its own
_VALUED = frozenset(
    (
        "--group",
        "--extra",
        "--with",
        "--python",
        "-p",
        "--package",
        "--only-group",
        "--no-group",
        "--env-file",
    )
)
_STARTERS = {"uvx": (), "poetry": ("run",), "uv": ("run",), "pipx": ("run",)}


def started_by(name: str, words: Sequence[str]) -> list[str] | None:
    """The command that ``uv run`` and its like start, empty where it is not told; ``None`` for no such."""
    words = list(words)
    if name == "uv" and words[:2] == ["tool", "run"]:
        name, words = "uvx", words[2:]
    if name not in _STARTERS or tuple(words[: len(_STARTERS[name])]) != _STARTERS[name]:
        return ["true"] if name == "uv" and words[:2] == ["tool", "install"] else None
    words = words[len(_STARTERS[name]) :]
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in ("-m", "--module", "-s", "--script", "--directory", "--project", "--from", "-c"):
            return []
        if option in _VALUED and words:
            words.pop(0)
    return words


def after(words: Sequence[str], folder: str, text: str) -> str:
    """Where the commands behind this one start; ``$`` where that hangs on what no reader knows."""
    if words[0] not in ("cd", "pushd", "popd"):
        return folder
    if len(words) != 2 or re.fullmatch(r"[\w./]+[\w./-]*", words[1]) is None:
        return "$"
    # one that fails, or that a subshell, function or branch keeps to itself
    forked = re.search(r"[({]|\|\||\b(?:if|case|for|while|until|popd)\b", text)
    return "$" if forked or words[1].startswith("/") else join(folder, words[1])
