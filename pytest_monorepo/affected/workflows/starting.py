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


# of GNU and BSD xargs, whose value is a word of its own
_OF_XARGS = frozenset(("-I", "-n", "-P", "-L", "-s", "-d", "-a", "-E", "--max-args", "--max-procs"))
_XARGS_ALONE = re.compile(r"-[0rtx]+|-[InPLsd]\S+|--\w[\w-]*=.*|--(?:null|no-run-if-empty|verbose)")
# of awk: an expression to match, where no division can stand
_MATCHES = re.compile(r"(^|[(~!&,;{\n])\s*/(?:\\.|\[[^\]\n]*\]|[^/\\\n])+/")


def told_by_find(words: Sequence[str]) -> list[list[str]]:
    """The commands that ``find`` starts for what it finds, one empty where it is not told."""
    found: list[list[str]] = []
    open_: list[str] | None = None
    for word in words:
        if open_ is None:
            if word.startswith(("-exec", "-ok")):
                open_ = []
                found.append(open_)
        elif word in (";", "\\;", "+"):
            open_ = None
        else:
            open_.append(word)
    # what the shell's reader has taken for the end of the command is not seen here
    return found


def told_by_xargs(words: Sequence[str]) -> list[str]:
    """The command that ``xargs`` starts, empty where it is not told."""
    words = list(words)
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in _OF_XARGS and words:
            words.pop(0)
        elif not _XARGS_ALONE.fullmatch(option):
            return []
    return words or ["echo"]


def awk_starts(words: Sequence[str]) -> bool:
    """Whether awk may start a command: by ``system`` or a pipe, or by what stands in a file (gawk(1))."""
    texts = (_MATCHES.sub(r"\1", word.replace("||", "\n")) for word in words)
    return any(
        re.search(r"system|\||^(?:-[fil]|--(?:file|include|load))", text) is not None for text in texts
    )


def after(words: Sequence[str], folder: str, text: str) -> str:
    """Where the commands behind this one start; ``$`` where that hangs on what no reader knows."""
    if words[0] not in ("cd", "pushd", "popd"):
        return folder
    if len(words) != 2 or re.fullmatch(r"[\w./]+[\w./-]*", words[1]) is None:
        return "$"
    # one that fails, or that a subshell, function or branch keeps to itself
    forked = re.search(r"[({]|\|\||\b(?:if|case|for|while|until|popd)\b", text)
    return "$" if forked or words[1].startswith("/") else join(folder, words[1])
