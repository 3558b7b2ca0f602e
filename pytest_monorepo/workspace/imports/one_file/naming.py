"""What functions, methods and attributes of these names give of a path, as far as it is known."""

from __future__ import annotations

import re

WALKING = frozenset(
    (
        *("glob", "rglob", "iglob", "walk", "fwalk", "iterdir", "listdir", "scandir", "visit", "ls_files"),
        *("walk_packages", "iter_modules", "copytree", "copy_tree", "make_archive", "dircmp", "compile_dir"),
    )
)
"""What goes through folders, or takes all that lies there."""

# functions and methods that give the place that they are given
SAME = frozenset(
    (
        *("str", "fspath", "fsdecode", "fsencode", "realpath", "normcase", "expanduser", "resolve"),
        *("absolute", "as_posix", "strip", "rstrip", "decode", "encode", "format"),
        *("substitute", "safe_substitute"),
        *("replace", "removesuffix", "splitlines", "sorted", "list", "tuple", "set", "iter", "next"),
        *("reversed", "enumerate", "chain", "param", "local", "Repo"),
    )
)
PATHS = frozenset(("Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath", "UPath", "AnyioPath"))
JOINS = frozenset(("join", "joinpath"))
# of a text that they are given, too
MADE_WHOLE = frozenset(("abspath", "realpath", "normpath", "expanduser", "expandvars", "relpath", "Template"))
# what gives parts of a path, of which others are made
DIVIDES = frozenset(("split", "rsplit", "partition", "rpartition"))
# what lies above all that it is given
COMMON = frozenset(("commonpath", "commonprefix"))
GOES_TO = frozenset(("chdir", "working_directory", "pushd"))
# and what is said on a command line is seen from there
SAID_HERE = frozenset(("cwd", "getcwd", "getcwdb", "parse_args", "parse_known_args"))
PARAM = "request.param"
OF_OS = {"pardir": "..", "curdir": "", "sep": ""}
UP = re.compile(r"\.\.(?:[/\\]|$)")
# what gives no place, whatever it is asked of
NOWHERE = frozenset(
    (
        *("read_text", "read_bytes", "write_text", "write_bytes", "open", "load", "loads", "exists"),
        *("is_file", "is_dir", "isfile", "isdir", "stat", "touch", "unlink", "mkdir", "makedirs", "rmtree"),
        *("copy", "copy2", "copyfile", "relative_to", "is_relative_to", "startswith"),
        *("endswith", "match", "len", "print", "isinstance", "insert", "run", "Popen", "call"),
        *("check_call",),
    )
)
ROOTS = frozenset(
    ("rootpath", "rootdir", "inipath", "inifile", "startpath", "startdir", "working_dir", "working_tree_dir")
)
TOPS = frozenset(("--show-toplevel", "--show-cdup"))
# of pytest: folders that are made for a test
MADE = frozenset(
    (
        *("tmp_path", "tmpdir", "tmp_path_factory", "tmpdir_factory", "pytester", "testdir", "self", "cls"),
        *("request",),
    )
)
# of a field what it has where nobody gives it another
HOLDING = frozenset(("field", "Field", "attrib", "ib"))
