"""Which files may read a changed data file: those whose text can give its name. Pure.

A program gets at a file by its name, whole or put together, or by what a folder holds. Code that lists
folders cannot be followed (:mod:`~.one_file.text`); a name that is put together ends in a literal
with the file's ending; and a library that is handed a folder is handed a literal with the folder's name. So
whoever reads ``data/rows.csv`` has ``rows.csv``, the ending of a name that this could be (``.csv``,
``s.csv``, ``"csv"``), or ``data"`` in its text, or reaches somebody who has.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from pytest_monorepo.workspace.files.code_files import CODE
from pytest_monorepo.workspace.model import ROOT, Project, Workspace, parents

# Kinds that are read by those who name them. Not here: what tools and libraries look for by convention.
_ENDINGS = frozenset(
    (
        *("json", "jsonl", "ndjson", "geojson", "csv", "tsv", "psv", "txt", "text", "dat", "yaml", "yml"),
        *("xml", "xsd", "xsl", "xslt", "html", "htm", "svg", "css", "js", "md", "rst", "tex", "bib", "eml"),
        *("j2", "jinja", "jinja2", "tmpl", "tpl", "template", "mako", "mustache", "sql", "graphql", "gql"),
        *("parquet", "arrow", "feather", "avro", "npy", "npz", "h5", "hdf5", "nc", "bin", "raw", "hex"),
        *(
            "png",
            "jpg",
            "jpeg",
            "gif",
            "bmp",
            "tif",
            "tiff",
            "webp",
            "ico",
            "pdf",
            "wav",
            "mp3",
            "mp4",
            "ogg",
        ),
        *("zip", "gz", "bz2", "xz", "tar", "tgz", "xlsx", "xls", "docx", "pptx", "ods"),
    )
)
# Dynaconf, logging, vcrpy, pytest-snapshot, pytest-mpl and others find these without a name in the code.
_CONVENTIONS = re.compile(
    r"\.|test_|.*[_.]tests?[._]|(?:settings|config|conf|logging|application|requirements|constraints|environment)\b"
    r"|docker|compose|.*(?:snap|cassette|golden|baseline|regression|approved|expected|migration|locale|recording)"
    r"|cmakelists"
)
# "%s.csv", "{name}.csv", "$name.csv", f"…)}.csv", "*.csv": what stands before it can be anything
_PLACEHOLDERS = frozenset("%$){}]*?")
_IN_PATHS = frozenset("-./\\_")
_REACH_BACK = 300


def is_plain(path: str, project_folder: str) -> bool:
    """Whether a file is of a kind, and at a place below its project, that nothing reads by convention."""
    below = path if project_folder == ROOT else path[len(project_folder) + 1 :]
    ending = _ending(path)
    names = below.lower().split("/")
    return ending in _ENDINGS and not any(map(_CONVENTIONS.match, names))


def words(path: str, folders: Collection[str]) -> set[str]:
    """Any text that can give the name of the file holds one of these."""
    return {_ending(path), *map(posixpath.basename, folders)}


def data_folders(path: str, owner: Project | None, code_folders: Collection[str]) -> tuple[str, ...]:
    """The folders around the file that may be handed to a library to find it: those without code below."""
    top = ROOT if owner is None else owner.path
    around = tuple(parents(path))[1:]
    inside = around[: around.index(top)] if top in around else around
    return tuple(folder for folder in inside if folder not in code_folders)


def names_it(text: str, path: str, files: Collection[str]) -> bool:
    """Whether the text holds the file's whole name, in no path that means another of ``files``."""
    return any(kind == "whole" for kind in _mentions(text, path, files))


def may_name_it(text: str, path: str, folders: Collection[str], files: Collection[str]) -> bool:
    """Whether the text may give the name of the file, or of one of the ``folders`` around it."""
    if any(_mentions(text, path, files)):
        return True
    return any(_names_folder(text, folder, files) for folder in folders)


def _ending(path: str) -> str:
    return posixpath.basename(path).rpartition(".")[2].lower()


def _mentions(text: str, path: str, files: Collection[str]) -> Iterator[str]:
    name, ending = posixpath.basename(path).lower(), re.escape(_ending(path))
    for found in re.finditer(rf"\.{ending}(?![\w-])", text, re.IGNORECASE):
        begin = _start(text, found.start())
        run = text[begin : found.end()].replace("\\", "/")
        tail = run.rpartition("/")[2].lower()
        built = begin > 0 and text[begin - 1] in _PLACEHOLDERS
        if tail == name:
            if built or not _leads_elsewhere(run, path, files, "\n"):
                yield "whole"
        elif built:
            if not _is_pattern_of_another(text[:begin], path, files):
                yield "end"
        elif name.endswith(tail):
            yield "end"
    for found in re.finditer(rf"(?<![\w./\\]){ending}(?![\w./])", text, re.IGNORECASE):
        if _is_quoted(text, found.start(), found.end()):
            yield "end"


def _start(text: str, at: int) -> int:
    """Where the path begins that goes on at ``at``."""
    least = max(0, at - _REACH_BACK)
    while at > least and (text[at - 1].isalnum() or text[at - 1] in _IN_PATHS):
        at -= 1
    return at


def _leads_elsewhere(run: str, path: str, files: Collection[str], end: str) -> bool:
    """Whether a path in a text leads to another file or folder of the workspace: relative to whatever folder.

    ``end`` is what follows it in the list of files: a new line, or a slash.
    """
    meant = _relative(run)
    if "/" not in meant or f"/{path}".endswith(f"/{meant}"):
        return False
    return _is_in(_listed(files), f"/{meant}{end}")


def _is_quoted(text: str, begin: int, end: int) -> bool:
    before = text[max(0, begin - _REACH_BACK) : begin].rpartition("\n")[2]
    after = text[end : end + _REACH_BACK].partition("\n")[0]
    return any(quote in before and quote in after for quote in "\"'")


def _names_folder(text: str, folder: str, files: Collection[str]) -> bool:
    word = re.escape(posixpath.basename(folder))
    for found in re.finditer(rf"(?<![\w-]){word}(?=[/\\]*[\"'{{*%$?])", text):
        begin = _start(text, found.start())
        built = begin > 0 and text[begin - 1] in _PLACEHOLDERS
        run = text[begin : found.end()].replace("\\", "/")
        if built or not _leads_elsewhere(run, folder, files, "/"):
            return True
    return False


def _is_pattern_of_another(before: str, path: str, files: Collection[str]) -> bool:
    """Whether what a text has ``before`` a name that is put together leads to other files of the workspace.

    ``"shop/data/row%d.csv"`` is in no folder but one that is called so.
    """
    literal = re.search(r"[\"']([\w./\\-]*)[%{$*?\[][^\"'\n]*\Z", before[-_REACH_BACK:])
    meant = "" if literal is None else _relative(literal[1].replace("\\", "/"))
    if "/" not in meant or meant.lower() in path.lower():
        return False
    listed = _listed(files)
    pattern = rf"{re.escape(meant)}[^\n]*\.{re.escape(_ending(path))}\n"
    return _is_in(listed, meant) and re.search(pattern, listed) is not None


def _listed(files: Collection[str]) -> str:
    """All files as one text, which is searched a hundred times faster: for each path in each text."""
    return _listing(files if isinstance(files, tuple | frozenset) else tuple(files))


@lru_cache(maxsize=2)
def _listing(files: Collection[str]) -> str:
    return "".join(f"/{file}\n" for file in files)


@lru_cache(maxsize=4096)
def _is_in(listed: str, part: str) -> bool:
    return part in listed


def _relative(run: str) -> str:
    """A path in a text without what says from where: the end of it stays as it is."""
    folder, slash, name = run.lstrip("/").rpartition("/")
    meant = posixpath.normpath(folder) + slash if folder else ""
    while meant.startswith("../"):
        meant = meant[3:]
    return f"{meant.removeprefix('./')}{name}"


def code_folders(workspace: Workspace) -> frozenset[str]:
    """Every folder with code at any depth below it."""
    direct = {posixpath.dirname(path) or ROOT for path in workspace.files if path.endswith(CODE)}
    return frozenset(above for folder in direct for above in parents(folder))
