"""What in the text of a file may load or read code that no name in it tells, by pattern."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_compiled = lru_cache(maxsize=None)(re.compile)


class Row(NamedTuple):
    """A pattern, by its ``text``; one of the ``words`` stands in whatever it finds."""

    words: tuple[bytes, ...]
    text: bytes

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """Compiled when first asked: of some sixty most projects need a few."""
        return _compiled(self.text)

    def search(self, source: bytes) -> re.Match[bytes] | None:
        """What is found first, looked for only where a word is: that takes a hundredth of the time."""
        for word in self.words:
            if word in source:
                return self.pattern.search(source)
        return None


def _row(pattern: bytes, *words: bytes) -> Row:
    return Row(words, pattern)


def _given(name: bytes) -> bytes:
    """A function that is handed on, or returned: it is looked at from its own end, which is sooner found."""
    before = (rb"[=(]", rb"[=(] ", rb"\breturn", rb"\breturn ")
    return rb"%b\b(?![\w.(= ])(?:%b)" % (name, b"|".join(b"(?<=%b%b)" % (one, name) for one in before))


# Loaders of files and entry points; what loads by names in a file; starters of programs, which may be
# scripts of the workspace; readers of code as text or of what a folder holds; code in strings, and what makes
# a test depend on tests of other files (worker/plugins/whole.py has the plugins).
ROWS = (
    _row(rb"entry_points?\b", b"entry_point"),
    _row(rb"\bEntryPoint\b", b"EntryPoint"),
    _row(rb"iter_modules|walk_packages", b"iter_modules", b"walk_packages"),
    _row(rb"spec_from_(?:file_location|loader)|module_from_spec", b"spec_from_", b"module_from_spec"),
    _row(rb"FileLoader|load_(?:module|source|entry_point)", b"FileLoader", b"load_"),
    _row(rb"sys\.modules(?!\[[\"'])", b"sys.modules"),
    _row(rb"exec\((?<!\wexec\()", b"exec("),
    _row(rb"\bexecfile\(", b"execfile("),
    _row(rb"[\"'][^\"'\n]*__import__\(", b"__import__("),
    _row(_given(b"exec"), b" exec", b"=exec", b"(exec", b"returnexec"),
    _row(rb"from sys import[^\n]*\bmodules\b", b"from sys import"),
    _row(rb"run_path(?:\((?![\"'])| as\b)|\(run_path\b", b"run_path"),
    _row(rb"\bimport (?:os|sys) as\b", b"import os as", b"import sys as"),
    _row(rb"\bpydoc\b|\bzipimport", b"pydoc", b"zipimport"),
    _row(rb"loadTestsFrom|\.discover\(", b"loadTestsFrom", b".discover("),
    _row(rb"meta_path|path_hooks", b"meta_path", b"path_hooks"),
    _row(
        rb"__path__(?:\s*\+=|\s*=(?!=)(?![^\n]*extend_path)|\.(?:append|insert|extend))",
        b"__path__",
    ),
    _row(rb"(?:file|dict)Config\b", b"fileConfig", b"dictConfig"),
    _row(rb"(?:pickle|dill|joblib|torch)\.load\(", b".load("),
    _row(rb"read_pickle|\bUnpickler\b", b"read_pickle", b"Unpickler"),
    _row(
        rb"from (?:\w*pickle|dill|joblib|shelve) import[^\n]*\b(?:load|open)\b",
        *(b"ickle import", b"dill import", b"joblib import", b"shelve import"),
    ),
    _row(rb"import (?:\w*pickle|dill|shelve) as (?!pickle\b)", b"ickle as", b"dill as", b"shelve as"),
    _row(rb"shelve\.open|allow_pickle|jsonpickle", b"shelve.open", b"allow_pickle", b"jsonpickle"),
    _row(rb"unsafe_load|UnsafeLoader|FullLoader|full_load", b"unsafe_load", b"Loader", b"full_load"),
    _row(rb"yaml(?:\.| import[^\n]*\b)Loader\b", b"Loader"),
    _row(rb"getsource|\bast\.parse\b", b"getsource", b"ast.parse"),
    _row(rb"compile\((?<![\w.]compile\()", b"compile("),
    _row(_given(b"compile"), b" compile", b"=compile", b"(compile", b"returncompile"),
    _row(rb"py_compile|compileall|compile_templates", b"py_compile", b"compileall", b"compile_templates"),
    _row(rb"\blinecache\b|pyclbr|modulefinder", b"linecache", b"pyclbr", b"modulefinder"),
    _row(rb"\brun(?:source|code)\b", b"runsource", b"runcode"),
    _row(rb"\btimeit\b[.(]|import timeit\b", b"timeit"),
    _row(rb"\b(?:cProfile|profile|pdb)\.run", b"rofile.run", b"pdb.run"),
    _row(rb"DocFileSuite|DocFileTest|\btestfile\b", b"DocFile", b"testfile"),
    _row(rb"from pytest import[^\n]*\bmain\b", b"from pytest import"),
    _row(
        rb"pytest\.main(?!\(\s*(?:\)|\[?\s*(?:__file__|sys\.argv)|\[?f?[\"'][^\n]*__file__))",
        b"pytest.main",
    ),
    _row(rb"(?<!tmp_path)(?<!tmpdir)\.(?:iterdir\b|walk\()", b".iterdir", b".walk("),
    _row(rb"\bos\.walk\b", b"os.walk"),
    _row(rb"(?<!def )\b(?:resource_)?(?:listdir|scandir)\b", b"listdir", b"scandir"),
    _row(rb"copytree|make_archive|find_(?:namespace_)?packages", b"copytree", b"make_archive", b"_packages"),
    _row(rb"\bImportString\b|\bPyObject\b|\bfind_modules\b", b"ImportString", b"PyObject", b"find_modules"),
    _row(rb"\btyp\s*=\s*[\[(]?\s*[\"']unsafe", b"unsafe"),
    _row(rb"\bdottedname\b|\bxmlconfig\b", b"dottedname", b"xmlconfig"),
    _row(
        rb"\bfrom_object\(\s*(?:obj\s*=\s*)?"
        rb"(?:f[\"']|[\"'][^\"'\n]*[\"']\s*[%+.]|os\.|environ\b|getenv\b|\w+\s*\+)",
        b"from_object(",
    ),
    _row(
        rb"\bresources\.contents\b|resources import(?:[^\n(]*|\s*\([^)]*)\bcontents\b",
        *(b"resources.contents", b"resources import"),
    ),
    _row(rb"\blist_templates\b", b"list_templates"),
    _row(
        rb"glob\((?<!tmp_path\.glob\()(?<!tmpdir\.glob\()"
        rb"(?!(?:\w+ ?= ?)?[\"'][^\"'\n]*\.(?!p)\w+[\"'])",
        b"glob(",
    ),
    _row(rb"\bi?glob as\b", b"glob as"),
    _row(rb"\.r?i?glob\b(?![\w.(])", b".glob", b".rglob", b".iglob", b".riglob"),
    _row(_given(b"glob"), b" glob", b"=glob", b"(glob", b"returnglob"),
    _row(_given(b"iglob"), b"iglob"),
    _row(rb"subprocess", b"subprocess"),
    _row(
        rb"(?:os\.|from os import[^\n]*\b)(?:system|exec|spawn|posix_spawn|popen)",
        *(b"os.system", b"os.exec", b"os.spawn", b"os.posix_spawn", b"os.popen", b"from os import"),
    ),
    _row(rb"\bpty\.spawn|\bpexpect\b", b"pty.spawn", b"pexpect"),
    _row(rb"\bopen_process\b|run_process\b", b"_process"),
    _row(rb"\bpytester\b|\btestdir\b", b"pytester", b"testdir"),
    _row(rb"\bscript_runner\b|\bxprocess\b", b"script_runner", b"xprocess"),
)
# Objects that are put together by the names in bytes; not where the bytes were made of objects at hand.
_UNPICKLES_WORD = b"loads"
# One of these stands in whatever :func:`beyond` finds.
BEYOND_WORDS = (*(word for row in ROWS for word in row.words), _UNPICKLES_WORD)
_UNPICKLES = re.compile(rb"\b(?:pickle|cPickle|dill|cloudpickle|marshal)\.loads\b|import[^\n]*\bloads\b")
_DUMPED = re.compile(rb"\bdumps\b")
_FROM_ELSEWHERE = re.compile(
    rb"read_bytes|[\"']rb[\"']|b64decode|fromhex|get_data|read_binary|\bloads\(b[\"']"
)


def beyond(source: bytes) -> int | None:
    """Where the text may load code that no name in it tells: a registry's, a program's; ``None``: nowhere."""
    found = [place.start() for row in ROWS if (place := row.search(source)) is not None]
    return min(found) if found else unpickles(source)


def unpickles(source: bytes) -> int | None:
    if _UNPICKLES_WORD not in source or not (
        b"pickle" in source or b"dill" in source or b"marshal" in source
    ):
        return None
    found = _UNPICKLES.search(source)
    if found is None or (_DUMPED.search(source) is not None and _FROM_ELSEWHERE.search(source) is None):
        return None
    return found.start()
