"""Ways in which a module imports another one, or opens a data file: all of them do the same when they run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

LAZY = "lazy"
IMPORTS: Mapping[str, str] = {
    "statement": "import {name}\n",
    "literal": 'import_module("{name}")\n',
    "from": "from {package} import {module} as _\n",
    "from module": "from {name} import total as _\n",
    "star": "from {name} import *\n",
    "relative literal": 'import_module(".{module}", "{package}")\n',
    "keyword": 'import_module(name="{name}")\n',
    "other name": 'load = import_module\nload("{name}")\n',
    "handed on": 'list(map(import_module, ["{name}"]))\n',
    "dunder": '__import__("{name}")\n',
    "spec": 'importlib.util.find_spec("{name}") and import_module("{name}")\n',
    "resolved": 'pkgutil.resolve_name("{name}:total")\n',
    "patched": 'patch("{name}.total").start()\npatch.stopall()\n',
    "patched by keyword": 'patch(target="{name}.total").start()\npatch.stopall()\n',
    "guarded": "try:\n    import {name}\nexcept ValueError:\n    pass\n",
    "conditional": "if sys.version_info > (3,):\n    import {name}\n",
    "in a class": "class Holder:\n    import {name}\n",
    "joined line": "import sys, \\\n    {name}\n",
    "resource package": 'importlib.resources.files("{package}")\nimport_module("{name}")\n',
    "attribute": 'import {package}\nimport_module("{package}.{module}")\n',
    LAZY: "import {name}\n",
    # nothing but a manifest says to a project that it needs another one
    "patched by parts": 'TARGET = "{name}"\npatch(TARGET + ".total").start()\npatch.stopall()\n',
    "registry": 'TABLE = {{"one": "{name}:total"}}\nimport_module(TABLE["one"].partition(":")[0])\n',
    "executed": 'exec("import {name}")\n',
    "put together": 'import_module(".".join(["{package}", "{module}"]))\n',
    "formatted": "import_module(f\"{package}.{{'{module}'}}\")\n",
}
UNSEEN = frozenset(("patched by parts", "registry", "executed", "put together", "formatted"))
SEEN = tuple(way for way in IMPORTS if way not in UNSEEN)
# They take an attribute of the module, which one of a circle does not have while it is imported.
AFTERWARDS = frozenset(("from module", "resolved", "patched", "patched by keyword", "patched by parts"))
# Ways to go through all code below a folder of the workspace: each gives its files, and names none of them.
WALKS: Mapping[str, str] = {
    "rglob": '(ROOT / {folder!r}).rglob("*.py")',
    "glob": '(ROOT / {folder!r}).glob("**/*.py")',
    "by parts": 'ROOT.joinpath(*{parts!r}).rglob("*.py")',
    "glob.glob": 'map(pathlib.Path, glob.glob(f"{{ROOT}}/{folder}/**/*.py", recursive=True))',
    "root_dir": '((ROOT / p) for p in glob.glob("{folder}/**/*.py", root_dir=ROOT, recursive=True))',
    "os.walk": "(pathlib.Path(top) / name for top, _, names in os.walk(ROOT / {folder!r}) for name in names)",
    "os.walk of a text": (
        "(pathlib.Path(top) / name for top, _, names in os.walk(os.path.join(str(ROOT), {folder!r}))"
        ' for name in names if name.endswith(".py"))'
    ),
    "lambda": '(lambda top: sorted(top.rglob("*.py")))(ROOT / {folder!r})',
    "git": '(ROOT / p for p in out("git", "ls-files", "-co", "--", {folder!r}, cwd=ROOT))',
    "git -C": '(ROOT / p for p in out("git", "-C", str(ROOT), "ls-files", "-co", {folder!r}))',
    "find": '(pathlib.Path(p) for p in out("find", str(ROOT / {folder!r}), "-name", "*.py"))',
    "find in a shell": (
        '(ROOT / p for p in out("sh", "-c", f"cd {{ROOT}} && find {folder} -type f -name \'*.py\'"))'
    ),
    "grep": '(pathlib.Path(p) for p in out("grep", "-rl", "VALUE", str(ROOT / {folder!r})))',
    "copied": 'copied(ROOT / {folder!r}).rglob("*.py")',
    "from above": (
        'next(p for p in pathlib.Path(__file__).resolve().parents if (p / ".git").exists())'
        '.joinpath({folder!r}).rglob("*.py")'
    ),
    "asked of git": (
        'pathlib.Path(out("git", "rev-parse", "--show-toplevel")[0]).joinpath({folder!r}).rglob("*.py")'
    ),
    "where it runs": 'pathlib.Path(os.path.relpath(ROOT / {folder!r})).rglob("*.py")',
}
_OUT = """
def out(*command, **words):
    return subprocess.run(command, capture_output=True, text=True, **words).stdout.splitlines()


"""
_COPIED = """
def copied(folder):
    found = pathlib.Path(tempfile.mkdtemp())
    return pathlib.Path(shutil.copytree(folder, found, dirs_exist_ok=True)) if folder.is_dir() else found


"""
_NEEDED = {
    "glob.glob": "import glob\n",
    "subprocess.": "import subprocess\n",
    "shutil.": "import shutil, tempfile\n",
    "os.walk": "import os\n",
    "importlib.resources": "import importlib.resources\n",
    "importlib.util": "import importlib.util\n",
    "os.path": "import os\n",
    "pathlib": "import pathlib\n",
    "pkgutil": "import pkgutil\n",
    "sys": "import sys\n",
    "zlib": "import zlib\n",
    "import_module": "from importlib import import_module\n",
    "patch(": "from unittest.mock import patch\n",
}

# of a file ``stem`` + ``digit`` + ``end`` in a folder, which is a path of its own
READS: Mapping[str, str] = {
    "path": "(ROOT / {path!r})",
    "parts": "ROOT.joinpath(*{parts!r})",
    "f-string": '(ROOT / f"{folder}/{stem}{{{digit}}}{end}")',
    "percent": '(ROOT / "{folder}/{stem}%d{end}" % {digit})',
    "format": '(ROOT / "{folder}/{stem}{{}}{end}".format({digit}))',
    "sum": '(ROOT / ("{folder}/" + "{stem}{digit}" + "{end}"))',
    "suffix": '(ROOT / "{folder}" / "{stem}{digit}").with_suffix("{end}")',
    "glob": 'next((ROOT / "{folder}").glob("{stem}{digit}.*"))',
    "listed": 'next(p for p in (ROOT / "{folder}").iterdir() if p.stem == "{stem}{digit}")',
    "os.path": 'pathlib.Path(os.path.join(ROOT, "{folder}", "{stem}{digit}{end}"))',
}


def walking(folder: str, way: str) -> str:
    """The files of code below a folder in one of :data:`WALKS`, each to be looked at."""
    return WALKS[way].format(folder=folder, parts=folder.split("/"))


def defined_for(text: str) -> str:
    """What the text of a walk takes beside the library."""
    return (_OUT if "out(" in text else "") + (_COPIED if "copied(" in text else "")


def with_head(text: str) -> str:
    """A module with the imports of the library that its text takes."""
    return "".join(line for word, line in _NEEDED.items() if word in text) + text


def import_lines(names: Iterable[str], way: str) -> str:
    """The lines that import dotted names in one of :data:`IMPORTS`."""
    lines = []
    for name in names:
        package, _, module = name.rpartition(".")
        lines.append(IMPORTS[way].format(name=name, package=package, module=module))
    return "".join(lines)


def reading(path: str, way: str) -> str:
    """The path of a data file of the workspace in one of :data:`READS`."""
    folder, name = posixpath.split(path)
    stem, end = posixpath.splitext(name)
    parts = path.split("/")
    return READS[way].format(path=path, parts=parts, folder=folder, stem=stem[:-1], digit=stem[-1], end=end)
