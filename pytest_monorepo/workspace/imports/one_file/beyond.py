"""What in the text of a file may load or read code that no name in it tells, by pattern."""

from __future__ import annotations

import re

# Loaders of files and entry points; what loads by names in a file; starters of programs, which may be
# scripts of the workspace; readers of code as text or of what a folder holds; code in strings, and what makes
# a test depend on tests of other files (worker/plugins/whole.py has the plugins).
_BEYOND = re.compile(
    rb"entry_points?\b|\bEntryPoint\b|iter_modules|walk_packages|spec_from_(?:file_location|loader)"
    rb"|module_from_spec|FileLoader|load_(?:module|source|entry_point)|sys\.modules(?!\[[\"'])|\bexec\("
    rb"|\bexecfile\(|[\"'][^\"'\n]*__import__\(|(?:[=(]|\breturn) ?exec\b(?![\w.(= ])"
    rb"|from sys import[^\n]*\bmodules\b|run_path(?:\((?![\"'])| as\b)|\(run_path\b"
    rb"|\bimport (?:os|sys) as\b|\bpydoc\b|\bzipimport"
    rb"|loadTestsFrom|\.discover\(|meta_path|path_hooks"
    rb"|__path__(?:\s*\+=|\s*=(?!=)(?![^\n]*extend_path)|\.(?:append|insert|extend))"
    rb"|(?:file|dict)Config\b|(?:pickle|dill|joblib|torch)\.load\(|read_pickle|\bUnpickler\b"
    rb"|from (?:\w*pickle|dill|joblib|shelve) import[^\n]*\b(?:load|open)\b"
    rb"|import (?:\w*pickle|dill|shelve) as (?!pickle\b)|shelve\.open|allow_pickle"
    rb"|unsafe_load|UnsafeLoader|FullLoader|yaml(?:\.| import[^\n]*\b)Loader\b|full_load|jsonpickle"
    rb"|getsource|\bast\.parse\b|(?<![\w.])compile\(|(?:[=(]|\breturn) ?compile\b(?![\w.(= ])"
    rb"|\blinecache\b|py_compile|compileall|pyclbr|modulefinder"
    rb"|\brun(?:source|code)\b|\btimeit\b[.(]|import timeit\b|\b(?:cProfile|profile|pdb)\.run"
    rb"|DocFileSuite|DocFileTest|\btestfile\b"
    rb"|from pytest import[^\n]*\bmain\b"
    rb"|pytest\.main(?!\(\s*(?:\)|\[?\s*(?:__file__|sys\.argv)|\[?f?[\"'][^\n]*__file__))"
    rb"|(?<!tmp_path)(?<!tmpdir)\.(?:iterdir\b|walk\()|\bos\.walk\b"
    rb"|(?<!def )\b(?:resource_)?(?:listdir|scandir)\b|copytree|make_archive|find_(?:namespace_)?packages"
    rb"|\bImportString\b|\bPyObject\b|\bfind_modules\b|\btyp\s*=\s*[\[(]?\s*[\"']unsafe"
    rb"|\bdottedname\b|\bxmlconfig\b|\bfrom_object\(\s*(?:obj\s*=\s*)?"
    rb"(?:f[\"']|[\"'][^\"'\n]*[\"']\s*[%+.]|os\.|environ\b|getenv\b|\w+\s*\+)"
    rb"|\bresources\.contents\b"
    rb"|resources import(?:[^\n(]*|\s*\([^)]*)\bcontents\b|\blist_templates\b|\bcompile_templates\b"
    rb"|(?<!tmp_path\.)(?<!tmpdir\.)r?glob\((?!(?:\w+ ?= ?)?[\"'][^\"'\n]*\.(?!p)\w+[\"'])"
    rb"|\bi?glob as\b|\.r?i?glob\b(?![\w.(])|(?:[=(]|\breturn) ?i?glob\b(?![\w.(= ])"
    rb"|subprocess|(?:os\.|from os import[^\n]*\b)(?:system|exec|spawn|posix_spawn|popen)|\bpty\.spawn"
    rb"|\bopen_process\b|\bpexpect\b|\bpytester\b|\btestdir\b|\bscript_runner\b|\bxprocess\b|run_process\b"
)
# One of these stands in whatever the pattern finds: looking for words takes a tenth of the time, and most
# files have none. Those that share a piece are looked for where that piece is.
_GROUPS: dict[bytes, tuple[bytes, ...]] = {
    b"oad": (
        b"load_module",
        b"load_source",
        b"loadTestsFrom",
        b".load(",
        b"unsafe_load",
        b"full_load",
        b"Loader",
    ),
    b"exec": (b"exec(", b"execfile(", b" exec", b"=exec", b"(exec", b"os.exec"),
    b"ickle": (b"read_pickle", b"Unpickler", b"allow_pickle", b"jsonpickle", b"ickle import", b"ickle as"),
    b"dir": (b".iterdir", b"listdir", b"scandir", b"testdir"),
    b"import": (
        b"__import__(",
        b"from sys import",
        b"from os import",
        b"zipimport",
        b"import os as",
        b"import sys as",
    ),
    b"path": (b"run_path", b"meta_path", b"path_hooks", b"__path__"),
    b"odule": (b"iter_modules", b"module_from_spec", b"sys.modules", b"modulefinder"),
    b"Config": (b"fileConfig", b"dictConfig"),
    b"process": (b"subprocess", b"_process", b"xprocess"),
    b"run": (b"runsource", b"runcode", b"rofile.run", b"pdb.run", b"script_runner"),
    b"os.": (b"os.system", b"os.popen"),
    b"pytest": (b"pytest.main", b"pytester", b"from pytest import"),
    b"ntry": (b"entry_point", b"EntryPoint"),
    b"walk": (b"walk_packages", b".walk"),
    b"estfile": (b"testfile",),
}
_BEYOND_WORDS = (
    *(b"spec_from_", b"compile", b"pydoc", b".discover(", b"getsource", b"ast.parse"),
    *(b"linecache", b"pyclbr", b"timeit", b"copytree", b"make_archive", b"_packages", b"glob", b"spawn"),
    *(b"pexpect", b"DocFile", b"shelve", b"dill", b"joblib", b"contents", b"list_templates"),
    *(b"ImportString", b"PyObject", b"find_modules", b"unsafe", b"dottedname", b"xmlconfig", b"from_object"),
    *(word for words in _GROUPS.values() for word in words),
)
# One of these stands in whatever :func:`beyond` finds.
BEYOND_WORDS = (*_BEYOND_WORDS, b"loads")
_ALONE = _BEYOND_WORDS[: -sum(map(len, _GROUPS.values()))]
# Objects that are put together by the names in bytes; not where the bytes were made of objects at hand.
_UNPICKLES = re.compile(rb"\b(?:pickle|cPickle|dill|cloudpickle|marshal)\.loads\b|import[^\n]*\bloads\b")
_DUMPED = re.compile(rb"\bdumps\b")
_FROM_ELSEWHERE = re.compile(
    rb"read_bytes|[\"']rb[\"']|b64decode|fromhex|get_data|read_binary|\bloads\(b[\"']"
)


def beyond(source: bytes) -> int | None:
    """Where the text may load code that no name in it tells: a registry's, a program's; ``None``: nowhere."""
    if _has_words(source) and (found := _BEYOND.search(source)) is not None:
        return found.start()
    return _unpickles(source)


def _has_words(source: bytes) -> bool:
    for word in _ALONE:
        if word in source:
            return True
    for piece, words in _GROUPS.items():
        if piece in source:
            for word in words:
                if word in source:
                    return True
    return False


def _unpickles(source: bytes) -> int | None:
    if b"loads" not in source or not (b"pickle" in source or b"dill" in source or b"marshal" in source):
        return None
    found = _UNPICKLES.search(source)
    if found is None or (_DUMPED.search(source) is not None and _FROM_ELSEWHERE.search(source) is None):
        return None
    return found.start()
