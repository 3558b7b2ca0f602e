"""Code that a text names by its file: whoever has the name may read or run the file, without an import."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Stands before the end of a file's name.
FILE = "sys.file:"
# Stands before the whole name of a file.
WHOLE_FILE = "sys.file.whole:"

_FILE = re.compile(rb"([\"'])?([\w.-]*[\w-])\.(py[wxi]?)(?!\w)")
# A whole path: whoever has it may start the file, which another project's may be.
_SCRIPT = re.compile(rb"[\"']([\w.-]+(?:[/\\]+[\w.-]+)+\.pyw?)[\"']")
# The same of a folder, in a command too; one of the workspace's root has no such mark.
_UP = re.compile(rb"(?<![\w./\\-])((?:\.\.[/\\]+)+[\w-][\w.-]*(?:[/\\]+[\w-][\w.-]*)*)(?![\w.*?{<$%-])")
_COMMENT = re.compile(rb"^[ \t]*#[^\r\n]*", re.MULTILINE)
# A name with a field before its end, an ending alone, and where endings are taken from.
_BUILT = re.compile(
    rb"(?<![\w-])\.py[wxi]?[\"'{%$]|[}$]\.py[wxi]?\b|(?:%\(\w+\)|%)[sdr]\.py[wxi]?\b|\$\w+\.py[wxi]?\b|[\"']py[wxi]?[\"']"
    rb"|SOURCE_SUFFIXES|\ball_suffixes\(|\bwith_stem\("
)
# One of these stands in whatever the patterns find: words are sooner looked for.
_BUILT_WORDS = (b".py", b"py'", b'py"', b"SOURCE_SUFFIXES", b"all_suffixes(", b"with_stem(")
_HOLDS_WORDS = (b"fwalk(", b"dircmp(", b"copy_tree(", b"PyZipFile", b"zipapp", b"from os import")
_OWN_WORDS = (b"__file__", b"fspath", b"request.node.path", b"co_filename")
# One of these stands in whatever :func:`builds_path` finds.
BUILDS_WORDS = (*_BUILT_WORDS, *_HOLDS_WORDS, b"tarfile", *_OWN_WORDS)
# A file's own path less its name, which is what nearly all use of it.
_FOLDER = re.compile(
    rb"dirname\(\s*(?:[\w.]*(?:abspath|realpath|normpath)\(\s*)?__file__"
    rb"|\w*Path\(\s*__file__\s*\)(?:\s*\.(?:resolve|absolute)\(\))*\s*\.parents?\b"
)
_OWN = re.compile(rb"__file__|\bfspath\b|\brequest\.node\.path\b|co_filename")
_ENDED = re.compile(
    rb"\.replace\(|\.suffix(?:es)?\b|splitext|\.r?partition\(|\.removesuffix\(|\.r?split\(|\bre\.sub\(|\.sub\(|\[:-\d"
)
# What holds whole folders without listing them itself.
_HOLDS = re.compile(
    rb"\bfwalk\(|\bdircmp\(|\bcopy_tree\(|\bPyZipFile\b|\bzipapp\b|from os import[^\n]*\bwalk\b"
)


def code_files(source: bytes) -> Iterator[str]:
    """The names of code files in the text, behind :data:`FILE` and :data:`WHOLE_FILE`.

    Lines of comment do not count. What a quote opens may be the end of a name that is put together.
    """
    if b".py" not in source:
        return
    for quote, stem, ending in _FILE.findall(_COMMENT.sub(b"", source)):
        name = b"%b.%b" % (stem, ending)
        yield (FILE if quote else WHOLE_FILE) + name.decode("utf-8", "replace").lower()


def scripts(source: bytes) -> Iterator[tuple[int, str]]:
    """Where paths stand in the text: of Python files with their folder, in quotes, and all that lead up."""
    files = _SCRIPT.finditer(source) if b".py" in source else ()
    for found in (*files, *(_UP.finditer(source) if b"../" in source or b"..\\" in source else ())):
        start = source.rfind(b"\n", 0, found.start()) + 1
        # PEP 723: what a script needs, and by [tool.uv.sources] where that is, stands in a comment
        if b"/// script" in source or not source[start : found.start()].lstrip().startswith(b"#"):
            yield found.start(), re.sub(r"\\+", "/", found[1].decode("utf-8", "replace"))


def builds_path(source: bytes) -> int | None:
    """Where the text may put together the path of a code file that no name in it tells; ``None``: nowhere."""
    for pattern, words in ((_BUILT, _BUILT_WORDS), (_HOLDS, _HOLDS_WORDS)):
        found = pattern.search(source) if any(word in source for word in words) else None
        if found is not None:
            return found.start()
    if b"tarfile" in source and b".add(" in source:
        return source.index(b".add(")
    if not any(word in source for word in _OWN_WORDS):
        return None
    own = _OWN.search(_FOLDER.sub(lambda match: b" " * len(match.group()), source))
    ended = _ENDED.search(source) if own is not None else None
    return None if ended is None else ended.start()
