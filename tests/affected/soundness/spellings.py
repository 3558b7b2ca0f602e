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
_NEEDED = {
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
