"""For which folders a workflow is there, by its own ``paths``. Pure.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#onpushpull_requestpull_request_targetpathspaths-ignore
"""

from __future__ import annotations

import posixpath
import re

from pytest_monorepo.workspace.files.tree import inside

from .blocks import Node, UnreadableError, as_table, load
from .dialects import run_defaults

_FILTERED = frozenset(("push", "pull_request", "pull_request_target"))
# these start it whatever changed: that it runs the same part has to be said otherwise
_UNFILTERED = frozenset(("schedule", "workflow_dispatch"))


def declared_places(data: bytes | None) -> frozenset[str] | None:
    """The folders whose changes alone start the workflow; ``None`` where it does not say so.

    One that is started by something else as well (each night) has to run in one of these folders, too.
    """
    if data is None:
        return None
    try:
        top = as_table(load(data.decode("utf-8-sig")))
        triggers = as_table(top.get("on", top.get("'on'", "")))
        places = {place for name in triggers if name in _FILTERED for place in _places(triggers[name])}
        folder = run_defaults(top).get("working-directory", "")
    except (UnreadableError, UnicodeDecodeError, RecursionError):
        return None
    others = triggers.keys() - _FILTERED
    kept = isinstance(folder, str) and any(inside(posixpath.normpath(folder), place) for place in places)
    if not places or "" in places or not others <= _UNFILTERED or (others and not kept):
        return None
    return frozenset(places)


def _places(trigger: Node) -> set[str]:
    """The folders of a trigger's ``paths``; an empty text among them is everywhere."""
    filters = as_table(trigger or {})
    patterns = filters.get("paths", "")
    # of a tag's push nobody looks at the paths
    if not isinstance(patterns, list) or "tags" in filters:
        return {""}
    texts = [pattern.strip("'\"") if isinstance(pattern, str) else "" for pattern in patterns]
    # one behind an exclamation mark takes away; the workflow's own file is no place
    return {_folder(text) for text in texts if not text.startswith(("!", ".github/"))} or {""}


def _folder(pattern: str) -> str:
    """The folder that every path of a pattern lies in, empty for the top."""
    literal = re.split(r"[*?\[+\\]", pattern, maxsplit=1)[0]
    return literal.rpartition("/")[0]
