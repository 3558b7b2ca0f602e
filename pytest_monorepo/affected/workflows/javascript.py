"""Whether a script of JavaScript may start anything. Pure but for what ``read`` reads."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from pytest_monorepo.workspace.model import ROOT

from .tools import JAVASCRIPT_BUILT_IN, JAVASCRIPT_STARTS

_DEEP = 4


def javascript_starts(
    text: str, read: Callable[[str], bytes | None], folder: str = ROOT, depth: int = 0
) -> bool:
    """Also by what it requires; a path, and no name of a package, begins with a dot."""
    if not text or re.search(JAVASCRIPT_STARTS, text) or depth > _DEEP:
        return True
    for quoted in re.findall(r"\brequire\s*(\(.*)", text):
        found = re.match(r"\(\s*['\"`](?:node:)?([^'\"`]+)['\"`]\s*\)", quoted)
        if found is None:
            return True
        if found[1] in JAVASCRIPT_BUILT_IN:
            continue
        name = re.sub(r"^\$\{process\.env\.GITHUB_WORKSPACE\}/", "./", found[1])
        path = posixpath.normpath(posixpath.join(folder, name))
        ends = ("", ".js", ".cjs", "/index.js")
        files = (read(f"{path}{end}") for end in ends if name.startswith("."))
        data = next((file for file in files if file is not None), None)
        script = None if data is None else data.decode("utf-8", "replace")
        if script is None or javascript_starts(script, read, posixpath.dirname(path) or ROOT, depth + 1):
            return True
    return False
