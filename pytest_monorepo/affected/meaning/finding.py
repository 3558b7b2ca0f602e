"""Who may come to a file of no project without a word of where it lies: by looking for it. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, partial
from typing import Any

from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.files.tree import inside

# what goes through folders, of Python's library, the shell and git
_SEARCHES = late(
    r"\br?glob\b|\bi?glob\(|\bf?walk\(|\bscandir\b|\biterdir\b|\blistdir\b|\bfind\s|ls-files|\bfd\s|\*\*/"
)
_WALKS = ("walk(", "iterdir(", "listdir(", "scandir(", "copytree(")
WORDS = ("glob(", "**/", "/*.", "-name ", "-name'", '-name"', *_WALKS)
"""One of these stands in whatever finds files by a pattern, or takes all that lie in a folder."""

# settings have patterns for tools that look below themselves; what goes elsewhere is code, or a command
_STARTED = late(
    r"(?:.*/)?(?:[^/]+\.(?:pyi?|pyw|pyx|ipynb|sh|bash|zsh|ksh|fish|bat|cmd|ps1|mk|cmake|bzl|bazel)"
    r"|(?:Makefile|justfile|Taskfile|Dockerfile|Jenkinsfile)[^/]*|[^./]+)",
    re.IGNORECASE,
)
# all between two quotes, for what one opens looks as if another closed it: (x, 'a')[0].glob('*')
_PATTERN = late(r"(?<=[\"'`])([^\"'`\n]{0,200}[*?\[][^\"'`\n]{0,200})(?=[\"'`])")
_MAGIC = late(r"[*?\[\]]")
_APART = late(r"[\"']\s{0,20}[/,]\s{0,20}[\"']")
# of a command without quotes
_BARE = late(r"/([^\s\"'`/(){};]{0,200}\*[^\s\"'`/(){};]{0,200})(?=[\s\"'`(){};]|$)")
_ABOVE = late(r"parents\[(\d+)\]")
# one step up each, wherever they stand: HERE = Path(__file__).parent, and then ROOT = HERE.parent.parent
_STEP = late(r"\.parent\b|\bdirname\(")
_OUT = late(
    r"(?<!\.)\.\.(?=[/\\\\'\"])|pardir|show-(?:toplevel|cdup)|search_parent_directories|GITHUB_WORKSPACE"
    # any of those above, pytest's own words, where a command runs, and the search for git's folder
    r"|\.parents\b(?!\[\d)|\b(?:root(?:path|dir)|inipath)\b|/ ?['\"]\.git['\"]"
    r"|(?:\bcwd\(\)|params\.dir|\bstart(?:path|dir))\.parent|\bdirname\((?:os\.)?getcwd\("
    # where a CI, or whoever starts the tests, says that the checkout is
    r"|(?:\benviron(?:\.get\(|\[)|\bgetenv\()\s{0,4}[\"'](?:\w{0,30}_)?"
    r"(?:ROOT|REPO|REPOSITORY|WORKSPACE|CHECKOUT|TOP|(?:PROJECT|BUILD|SOURCES?|WORKING)_?DIR(?:ECTORY)?)"
    r"(?:_\w{0,20})?[\"']"
    # several steps at once
    r"|(?:\.parts|\.split\((?:[\"'](?:/|\\\\)[\"']|[\w.]{0,20}\bsep)\))\[:-[2-9]"
    r"|\.rsplit\((?:[\"'](?:/|\\\\)[\"']|[\w.]{0,20}\bsep),[ ]{0,4}[2-9]"
)
# one of these stands in whatever that finds, and is found sooner
_OUT_WORDS = (
    *("../", "..\\", "..'", '.."', "pardir", "show-", "search_parent_directories", "GITHUB_WORKSPACE"),
    *(".git", "params.dir"),
    *(".parents", "rootpath", "rootdir", "inipath", "cwd", "startpath", "startdir"),
    *("environ", "getenv", "[:-", ".rsplit("),
)
# step by step, as far as it goes; by a function that is asked for what it has said
_ON = late(
    r"\b(\w{1,60})\b[^\n=!<>]{0,40}=(?!=)[^\n]{0,60}?"
    r"(?:\b\1\){0,3}\.parent\b|\b(?:dirname|path\.split)\((?:[\w.]{1,30}\(){0,2}\1\))"
    r"|\b(?!dirname\b)(\w{1,60})\(\2\((?=[^\n]{0,120}(?:__file__|\bcwd\b))"
)
_ON_WORDS = (".parent", "dirname", "path.split(")
# a function that goes on from where it has gone up to
_DEFINED = late(r"\bdef[ \t]{1,4}(\w+)\(")
_GOES_ON = late(r"(?<!def )\b(\w{1,60})\([^()\n]{0,60}(?:\.parent\b|\bdirname\()")


# what looks at a path and goes nowhere: a check against leaving a folder, words about it, the making of the
# folder of a file
_GUARD = late(
    r"[\"'][^\"'\n]{0,20}\.\.[^\"'\n]{0,20}[\"'](?=[ \t]+(?:not[ \t]+)?in\b)|[!=]=[ \t]{0,4}[\"']\.\./?[\"']"
    r"|(?:starts|ends)with\([ \t]{0,4}\(?[^()\n]{0,200}\)|\bcontain\w{0,3} [\"'`]\.\.[\"'`]"
    r"|\.parent(?=\.mkdir\(|[ \t]+(?:is\b|[!=]=))"
)
# Python's texts and comments, one after the other, so that no end is taken for a beginning
_TEXT = late(
    r"\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*(?:\"\"\")?|'''(?:[^'\\]|\\.|'(?!''))*(?:''')?"
    # without an end, too: else each beginning would be tried to the end of the file
    r"|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?|\#[^\n]*",
    re.DOTALL,
)
# what a docstring follows: the beginning of a file, and the head of a function or class
_HEAD = late(
    r"(?:\A|^[ \t]*(?:(?:async[ \t]+)?(?:def|class)\b[^\n{]*|\)[ \t]*(?:->[^\n{]*)?):[ \t]*\n)\s*[rR]?\Z",
    re.MULTILINE,
)
# commands of a notebook that is kept as Python (Jupytext)
_NOTEBOOK = late(r"#[ \t]*[%!]")
_ALONE = late(r"[ \t]*(?:[;#\r\n]|\Z)")
# who uses docstrings as values; and examples in them, which plugins run
_USES_DOCSTRINGS = late(r"__doc__|\bgetdoc\b|\bdocopt\b")
_EXAMPLES = (">>>", "```", "~~~", "::")


Climbs = Callable[[str, str], bool]
"""As :func:`climbs`, or by more than the text itself."""


def searches(text: str) -> bool:
    """Whether the text may look through folders for a file whose name it has."""
    return _SEARCHES.search(text) is not None


Remember = Callable[[str, Callable[[], Any]], Any]
"""What one text says of a question, in plain words: found out by the function, or known from another run."""


def _at_once(question: str, find: Callable[[], Any]) -> Any:
    return find()


class Finder:
    """A file that may come to others by looking for them: what its text says is found out once.

    It is asked about each file that has changed, and there may be many of both. ``within`` is the file that
    has the text, seen from its project: what leads no further up than the project finds nothing outside, as
    ``climbs`` says. ``remember`` is for what the text alone says.
    """

    def __init__(self, text: str, within: str, climbs: Climbs, remember: Remember = _at_once) -> None:
        self._text = text
        self._within = within
        self._asked = climbs
        self._remember = remember
        self._named: dict[str, list[str]] = {}

    @cached_property
    def climbs(self) -> bool:
        """Whether a path in it may lead out of the project."""
        return self._asked(self._text, self._within)

    @cached_property
    def searches(self) -> bool:
        """As :func:`searches`."""
        return searches(self._text)

    def finds(self, path: str) -> bool:
        """Whether a pattern in the text may find ``path`` outside of the project."""
        name = posixpath.basename(path)
        # who climbs is asked last: it may be looked for in other files
        return (
            any(
                name.startswith(head) and name.endswith(tail) and fnmatchcase(name, pattern)
                for head, tail, pattern in self._patterns
            )
            and self.climbs
            and self._seeks(name)
        )

    @property
    def walks(self) -> bool:
        """Whether the text may take all that lies in a folder outside of the project."""
        return self._takes_folders and self.climbs

    def _seeks(self, name: str) -> bool:
        """Whether one of the patterns is more than words: what lies between two quotes may be anything."""
        found = self._sought
        return found is None or any(fnmatchcase(name, pattern) for pattern in found)

    @cached_property
    def _sought(self) -> Collection[str] | None:
        found: Collection[str] | None = self._remember("sought", lambda: _sought(self._text, self._within))
        return found

    def reads_folder(self, path: str) -> bool:
        """Whether the text names a folder around ``path`` by the way to it, and may read all in it."""
        top = path.partition("/")[0]
        if top not in self._named:
            self._named[top] = self._folders(top)
        return any(inside(path, folder) for folder in self._named[top])

    def _folders(self, top: str) -> list[str]:
        if top not in self._text:
            return []
        steps = rf"({re.escape(top)}(?:/[\w.-]+){{0,40}})/?(?![\w.*-])"
        named: list[str] = re.findall(rf"\.\./{steps}", self._together)
        if _is_started(self._within):
            around: list[str] = re.findall(rf"(?<=[\"'/]){steps}(?=[\"'])", self._together)
            named += around if around and self.climbs else []
        return named

    @cached_property
    def _together(self) -> str:
        # ROOT / "docs" / "adr", join(ROOT, "docs", "adr")
        return _APART.sub("/", self._text)

    @cached_property
    def _takes_folders(self) -> bool:
        if not any(word in self._text for word in _WALKS):
            return False
        found: bool = self._remember("takes folders", lambda: _takes_folders(self._text, self._within))
        return found

    @cached_property
    def _patterns(self) -> Collection[Sequence[str]]:
        """The last names of patterns, each with how all begin and end that it matches."""
        if not _is_started(self._within) or not any(word in self._text for word in WORDS):
            return ()
        found: Collection[Sequence[str]]
        found = self._remember("patterns", lambda: _patterns(self._text, self._within))
        return found


def _sought(text: str, within: str) -> list[str] | None:
    if not _is_python(within) or _NOTEBOOK.search(text):
        return None
    # what parses is loaded where a text is new
    from pytest_monorepo.workspace.imports.one_file.sought import sought

    found = sought(text, docstrings=_USES_DOCSTRINGS.search(text) is not None)
    return None if found is None else sorted(found)


def _takes_folders(text: str, within: str) -> bool:
    text = code_of(text) if _is_python(within) else text
    return any(word in text for word in _WALKS)


def _patterns(text: str, within: str) -> list[tuple[str, str, str]]:
    found = (*_PATTERN.findall(text), *_BARE.findall(text))
    if _is_python(within):
        from pytest_monorepo.workspace.imports.one_file.sought import FILLED, SEVERAL

        found = tuple(FILLED.sub("*", pattern) for pattern in found)
        found += tuple(word for one in found for word in SEVERAL.findall(one))
    return [*_with_ends({pattern.rpartition("/")[2] or "*" for pattern in found})]


def _is_started(within: str) -> bool:
    return _STARTED.fullmatch(within) is not None


def _is_python(within: str) -> bool:
    return within.endswith((".py", ".pyi"))


def _with_ends(patterns: set[str]) -> Iterator[tuple[str, str, str]]:
    for pattern in sorted(patterns):
        parts = _MAGIC.split(pattern)
        yield parts[0], parts[-1], pattern


def _run(text: re.Match[str], examples: bool = True) -> str:
    """Nothing of comments and docstrings, but for examples in them."""
    if text[0].startswith("#"):
        return text[0] if _NOTEBOOK.match(text[0]) else ""
    if not text[0].startswith(('"""', "'''")) or (examples and any(one in text[0] for one in _EXAMPLES)):
        return text[0]
    before = text.string[max(0, text.start() - 300) : text.start()]
    is_docstring = _HEAD.search(before) and (text.start() <= 300 or before.strip())
    return "" if is_docstring and _ALONE.match(text.string, text.end()) else text[0]


def words_for(folder: str) -> tuple[str, ...]:
    """One of these stands in whatever :meth:`Finder.reads_folder` finds of a path that begins so."""
    return (f"../{folder}", f'"{folder}', f"'{folder}", f"/{folder}")


def code_of(text: str) -> str:
    """A Python source without comments and docstrings, where nobody may use those."""
    return text if _USES_DOCSTRINGS.search(text) else _TEXT.sub(_run, text)


def bound_in(text: str) -> str:
    """The same without examples in docstrings: what those have is no value of the module's."""
    return text if _USES_DOCSTRINGS.search(text) else _TEXT.sub(partial(_run, examples=False), text)


def climbs(text: str, within: str) -> bool:
    """Whether a path in the text may lead out of the project."""
    depth = within.count("/") + 1
    if _is_python(within):
        text = code_of(text)
    text = _GUARD.sub("", text)
    return (
        (any(word in text for word in _OUT_WORDS) and _OUT.search(text) is not None)
        or any(int(level) >= depth for level in _ABOVE.findall(text))
        or len(_STEP.findall(text)) > depth
        or (any(word in text for word in _ON_WORDS) and _goes_on(text))
    )


def _goes_on(text: str) -> bool:
    """Whether it goes up until something says that it is enough."""
    return _ON.search(text) is not None or not set(_DEFINED.findall(text)).isdisjoint(_GOES_ON.findall(text))


def leads_up(text: str) -> bool:
    """Whether a part of a text has a step of the way out, at least."""
    text = _GUARD.sub("", text)
    return any(pattern.search(text) for pattern in (_OUT, _ABOVE, _STEP)) or "__file__" in text
