"""Who may come to a file of no project without a word of where it lies: by looking for it. Pure."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase

from pytest_monorepo.workspace.files.tree import inside

# what goes through folders, of Python's library, the shell and git
_SEARCHES = re.compile(
    r"\br?glob\b|\bi?glob\(|\bf?walk\(|\bscandir\b|\biterdir\b|\blistdir\b|\bfind\s|ls-files|\bfd\s|\*\*/"
)
_WALKS = ("walk(", "iterdir(", "listdir(", "scandir(", "copytree(")
WORDS = ("glob(", "**/", "/*.", "-name ", "-name'", '-name"', *_WALKS)
"""One of these stands in whatever finds files by a pattern, or takes all that lie in a folder."""

# settings have patterns for tools that look below themselves; what goes elsewhere is code, or a command
_STARTED = re.compile(
    r"(?:.*/)?(?:[^/]+\.(?:pyi?|pyw|pyx|ipynb|sh|bash|zsh|ksh|fish|bat|cmd|ps1|mk|cmake|bzl|bazel)"
    r"|(?:Makefile|justfile|Taskfile|Dockerfile|Jenkinsfile)[^/]*|[^./]+)",
    re.IGNORECASE,
)
_PATTERN = re.compile(r"[\"'`]([^\"'`\n]{0,200}[*?\[][^\"'`\n]{0,200})[\"'`]")
_APART = re.compile(r"[\"']\s{0,20}[/,]\s{0,20}[\"']")
# of a command without quotes
_BARE = re.compile(r"/([^\s\"'`/(){};]{0,200}\*[^\s\"'`/(){};]{0,200})(?=[\s\"'`(){};]|$)")
_ABOVE = re.compile(r"parents\[(\d+)\]")
# one step up each, wherever they stand: HERE = Path(__file__).parent, and then ROOT = HERE.parent.parent
_STEP = re.compile(r"\.parent\b|\bdirname\(")
_OUT = re.compile(
    r"(?<!\.)\.\.(?=[/\\\\'\"])|pardir|show-toplevel|GITHUB_WORKSPACE"
    # any of those above, pytest's own words, where a command runs, and the search for git's folder
    r"|\.parents\b(?!\[\d)|\broot(?:path|dir)\b|\bcwd\(\)\.parent|/ ?['\"]\.git['\"]"
    # step by step, as far as it goes
    r"|\b(\w+)[ \t]{0,4}=[ \t]{0,4}(?:\1\.parent\b|(?:os\.)?(?:path\.)?dirname\(\1\))"
)


# what looks at a path and goes nowhere: a check against leaving a folder, words about it, the making of the
# folder of a file
_GUARD = re.compile(
    r"[\"'][^\"'\n]{0,20}\.\.[^\"'\n]{0,20}[\"'](?=[ \t]+(?:not[ \t]+)?in\b)|[!=]=[ \t]{0,4}[\"']\.\./?[\"']"
    r"|(?:starts|ends)with\([ \t]{0,4}\(?[^()\n]{0,200}\)|\bcontain\w{0,3} [\"'`]\.\.[\"'`]"
    r"|\.parent(?=\.mkdir\(|[ \t]+(?:is\b|[!=]=))"
)
# Python's texts and comments, one after the other, so that no end is taken for a beginning
_TEXT = re.compile(
    r"\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*(?:\"\"\")?|'''(?:[^'\\]|\\.|'(?!''))*(?:''')?"
    # without an end, too: else each beginning would be tried to the end of the file
    r"|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?|\#[^\n]*",
    re.DOTALL,
)
# what a docstring follows: the beginning of a file, and the head of a function or class
_HEAD = re.compile(
    r"(?:\A|^[ \t]*(?:(?:async[ \t]+)?def\b|class\b|\))[^\n]*:[ \t]*\n)\s*[rR]?\Z", re.MULTILINE
)


def searches(text: str) -> bool:
    """Whether the text may look through folders for a file whose name it has."""
    return _SEARCHES.search(text) is not None


def finds(text: str, within: str, path: str) -> bool:
    """Whether a pattern in the text may find ``path`` outside of the project.

    ``within`` is the file that has the text, seen from its project: what leads no further up than the project
    finds nothing outside.
    """
    if _STARTED.fullmatch(within) is None or not any(word in text for word in WORDS):
        return False
    if not climbs(text, within):
        return False
    name = posixpath.basename(path)
    patterns = (*_PATTERN.findall(text), *_BARE.findall(text))
    return any(fnmatchcase(name, pattern.rpartition("/")[2] or "*") for pattern in patterns)


def _run(text: re.Match[str]) -> str:
    """Nothing of comments and docstrings, but for examples in them."""
    if text[0].startswith("#"):
        return ""
    if not text[0].startswith(('"""', "'''")) or ">>>" in text[0]:
        return text[0]
    before = text.string[max(0, text.start() - 300) : text.start()]
    return "" if _HEAD.search(before) and (text.start() <= 300 or before.strip()) else text[0]


def walks(text: str, within: str) -> bool:
    """Whether the text may take all that lies in a folder outside of the project."""
    return any(word in text for word in _WALKS) and climbs(text, within)


def words_for(folder: str) -> tuple[str, ...]:
    """One of these stands in whatever :func:`reads_folder` finds for a path that begins with ``folder``."""
    return (f"../{folder}", f'"{folder}', f"'{folder}", f"/{folder}")


def reads_folder(text: str, within: str, path: str) -> bool:
    """Whether the text names a folder around ``path`` by the way to it, and may read all that lies there."""
    top = re.escape(path.partition("/")[0])
    steps = rf"({top}(?:/[\w.-]+)*)/?(?![\w.*-])"
    # ROOT / "docs" / "adr", join(ROOT, "docs", "adr")
    text = _APART.sub("/", text)
    named = re.findall(rf"\.\./{steps}", text)
    if _STARTED.fullmatch(within) is not None and climbs(text, within):
        named += re.findall(rf"(?<=[\"'/]){steps}(?=[\"'])", text)
    return any(inside(path, folder) for folder in named)


def climbs(text: str, within: str) -> bool:
    """Whether a path in the text may lead out of the project."""
    depth = within.count("/") + 1
    if within.endswith((".py", ".pyi")):
        text = _TEXT.sub(_run, text)
    text = _GUARD.sub("", text)
    return (
        _OUT.search(text) is not None
        or any(int(level) >= depth for level in _ABOVE.findall(text))
        or len(_STEP.findall(text)) > depth
    )
