"""Code that a text names by its file: whoever has the name may read or run the file, without an import."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

# Stands before the end of a file's name.
FILE = "sys.file:"
# Stands before the whole name of a file.
WHOLE_FILE = "sys.file.whole:"

_FILE = re.compile(rb"([\"'])?([\w.-]*[\w-])\.(py[wxi]?)(?!\w)")
# A whole path: whoever has it may start the file, which another project's may be.
_SCRIPT = re.compile(rb"[\"']([\w.-]+(?:[/\\]+[\w.-]+)+\.pyw?)[\"']")
# The same of a folder, in a command too; one of the workspace's root has no such mark.
_UP = re.compile(
    rb"(\.\.(?<![\w./\\-]\.\.)[/\\]+(?:\.\.[/\\]+)*[\w-][\w.-]*(?:[/\\]+[\w-][\w.-]*)*)(?![\w.*?{<$%-])"
)
# A path in parts: ROOT / "libs" / "core", join(ROOT, "libs", "core"), joinpath("libs").joinpath("core"); and
# its beginning by steps up from a file: Path(__file__).parents[2] / "libs", .parent.parent / "libs".
_NEXT = rb"\s{0,40}(?:/|\.joinpath\()\s{0,40}[rRfF]?[\"']"
_PARTS = re.compile(
    rb"[\"']\s{0,40}(?:[/,]|\)\s{0,40}\.joinpath\()\s{0,40}[rRfF]?[\"']"
    rb"|\.parents\[(\d)\]" + _NEXT + rb"|\.parent((?:\.parent){0,9})" + _NEXT
)
# Begun by a value that nobody follows: two steps at least, as seen from the root.
_QUOTED_STEPS = re.compile(rb"[\"']([\w-][\w.-]*(?:/[\w-][\w.-]*)+)/?(?=[\"'])")
_BEHIND = re.compile(rb"(?:/|,|joinpath\()\s{0,40}[rRfF]?\Z")
_BEHIND_ROOM = 60
UP_WORDS = (b"parents[", b".parent", b"dirname(", b"pardir", b"..")
"""One of these stands in whatever leads up from a file by parts."""
_NAME = re.compile(rb"[\w.-]*")
_OF_NAMES = bytes(code for code in range(128) if _NAME.fullmatch(bytes([code])))
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
    at = source.find(b".py")
    while at >= 0:
        start = source.rfind(b"\n", 0, at) + 1
        # to where the name may begin, and a quote before it
        line = source[start:at]
        before = len(line) - len(line.rstrip(_OF_NAMES))
        end = _NAME.match(source, at).end()  # type: ignore[union-attr]
        lead = line.lstrip(b" \t")
        if not (lead.startswith(b"#") and b"\r" not in lead):
            for quote, stem, ending in _FILE.findall(source[max(start, at - before - 1) : end]):
                name = b"%b.%b" % (stem, ending)
                yield (FILE if quote else WHOLE_FILE) + name.decode("utf-8", "replace").lower()
        at = source.find(b".py", end)


def scripts(source: bytes) -> Iterator[tuple[int, str]]:
    """Where paths stand in the text: of Python files with their folder, in quotes, and all that lead up."""
    if any(word in source for word in UP_WORDS):
        yield from _in_parts(source)
    files = _SCRIPT.finditer(source) if b".py" in source else ()
    for found in (*files, *(_UP.finditer(source) if b"../" in source or b"..\\" in source else ())):
        start = source.rfind(b"\n", 0, found.start()) + 1
        # PEP 723: what a script needs, and by [tool.uv.sources] where that is, stands in a comment
        if b"/// script" in source or not source[start : found.start()].lstrip().startswith(b"#"):
            yield found.start(), re.sub(r"\\+", "/", found[1].decode("utf-8", "replace"))


def _in_parts(source: bytes) -> Iterator[tuple[int, str]]:
    """Paths of two steps and more that are put together by parts; one from the root begins with ``/``."""
    joined, taken = _joined(source)
    for pattern, lead in ((_UP, ""), (_SCRIPT, ""), (_QUOTED_STEPS, "/")) if taken else ():
        for found in pattern.finditer(joined):
            if lead and not _is_joined(joined, found.start()):
                continue
            place = bisect_right(taken, (found.start(1), len(source))) - 1
            offset = found.start(1) + (taken[place][1] if place >= 0 else 0)
            yield offset, lead + re.sub(r"\\+", "/", found[1].decode("utf-8", "replace"))


def _joined(source: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """The text with paths as one, and from where on how much is missing."""
    pieces: list[bytes] = []
    taken: list[tuple[int, int]] = []
    end = length = 0
    for found in _PARTS.finditer(source):
        level, chain = found.groups()
        steps = int(level) if level is not None else -1 if chain is None else chain.count(b".")
        between = b"/" if steps < 0 else b'"' + b"../" * steps
        pieces += (source[end : found.start()], between)
        length += found.start() - end + len(between)
        end = found.end()
        taken.append((length, end - length))
    return b"".join((*pieces, source[end:])), taken


def _is_joined(text: bytes, at: int) -> bool:
    """Whether what begins there stands behind a step of a path, or as a further part of one."""
    return _BEHIND.search(text, max(0, at - _BEHIND_ROOM), at) is not None


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
