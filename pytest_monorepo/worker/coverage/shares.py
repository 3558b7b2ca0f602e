"""Tells apart whose doing each measured line is, by coverage.py's own contexts, and takes that out again.

While a job is measured, the context is the user's and, behind a separator, a label that the tracer of inputs
gives. Afterwards the data file holds the user's contexts alone, as it would have without, and a file beside
it says which lines are whose. Runs with coverage >= 6.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, Collection, Dict, Iterator, List, Set, Tuple

from .settings import coverage_errors

_SEPARATOR = "\x1f"
NAME = "shares"
"""How the names of the files begin that say whose the lines are."""


class Labels:
    """``label`` is whose turn it is; ``context`` the one that the user asked for.

    ``told``: coverage.py has been given such a context, which is to be taken out of its data again.
    """

    def __init__(self, cov: Any) -> None:
        self.cov = cov
        self.label = ""
        self.context = ""
        self.told = False

    def switch(self, label: str) -> str:
        """What runs from here on is another's doing; returns whose it was."""
        before = self.label
        if label != before:
            self.label = label
            self.tell()
        return before

    def switch_context(self, context: str) -> None:
        """The user's context is another from here on."""
        self.context = context
        self.tell()

    def tell(self) -> None:
        self.told = True
        try:
            self.cov.switch_context(f"{self.context}{_SEPARATOR}{self.label}")
        except coverage_errors():
            return  # it is paused, for a test that is not to be measured


def split(context: str) -> Tuple[str, str]:
    """(the user's context, the label) of what :meth:`Labels.tell` made, a static context before it or not."""
    if _SEPARATOR not in context:
        return context, ""
    user, _, label = context.rpartition(_SEPARATOR)
    # coverage.py puts the static context and "|" before a dynamic one (collector.py, switch_context)
    return user[:-1] if user.endswith("|") else user, label


@contextlib.contextmanager
def touching() -> Iterator[Set[str]]:
    """The files that coverage.py finds meanwhile in what it is to measure, executed or not.

    When its data is saved it touches them all (control.py, _post_save_work).
    """
    import coverage

    found: Set[str] = set()
    kind: Any = coverage.CoverageData
    before = kind.touch_files

    def touch_files(self: Any, filenames: Collection[str], *args: Any, **kwargs: Any) -> None:
        found.update(filenames)
        before(self, filenames, *args, **kwargs)

    kind.touch_files = touch_files
    try:
        yield found
    finally:
        kind.touch_files = before


def divide(cov: Any, folder: str, counts: Collection[str], *, told: bool = True) -> str:
    """Write whose the lines are into ``folder`` and clean the data file; returns the written file's name.

    In it are ``branch``, and for each label, file and context of the user the lines or arcs. The files in
    ``counts`` are everybody's, executed or not. ``told`` is as :class:`Labels` has it.
    """
    data = cov.get_data()
    branch, found = bool(data.has_arcs()), _found(data, counts)
    if told:
        _clean(data, branch, found)
    # the data file's name, with a random part: on a cluster's nodes two workers may have one process id
    name = f"{NAME}{os.path.basename(str(data.data_filename()))}.json"
    with open(os.path.join(folder, name), "w", encoding="utf-8", errors="surrogateescape") as stream:
        json.dump({"branch": branch, "labels": found}, stream)
    return name


Found = Dict[str, Dict[str, Dict[str, List[Any]]]]


@contextlib.contextmanager
def _opened(data: Any, fresh: bool = False) -> Iterator[None]:
    """coverage.py opens the file for each question and each answer, unless one is being given (sqldata.py).

    That took longer than all that is asked. A ``fresh`` one is known to be there, without files. The method
    is private: without it all is as it was, and slower.
    """
    with contextlib.ExitStack() as stack:
        connect = getattr(data, "_connect", None)
        if connect is not None and (fresh or data.measured_files()):
            stack.enter_context(connect())
        yield


def _found(data: Any, counts: Collection[str]) -> Found:
    with _opened(data):
        return _read(data, counts)


def _read(data: Any, counts: Collection[str]) -> Found:
    found: Found = {}
    for path in data.measured_files():
        data.set_query_contexts(None)
        contexts = {one for many in data.contexts_by_lineno(path).values() for one in many}
        # of an empty file there are arcs without any line
        for context in sorted(contexts or data.measured_contexts()):
            data.set_query_context(context)
            executed = data.arcs(path) if data.has_arcs() else data.lines(path)
            user, label = split(context)
            if executed:
                found.setdefault(label, {}).setdefault(path, {}).setdefault(user, []).extend(executed)
        if path in counts or not any(path in files for files in found.values()):
            found.setdefault("", {}).setdefault(path, {})
    data.set_query_contexts(None)
    return found


def _clean(data: Any, branch: bool, found: Found) -> None:
    """Put a data file in its place that has only the user's contexts."""
    target = str(data.data_filename())
    part = os.path.join(os.path.dirname(target), f"part-{os.path.basename(target)}")
    if any(found.values()):
        write(part, branch, found.values())
        os.replace(part, target)


def write(path: str, branch: bool, groups: Collection[Dict[str, Dict[str, List[Any]]]]) -> None:
    """A data file of what is given for each file and context."""
    import coverage

    made = coverage.CoverageData(basename=path)
    # so it is settled which kind of data it has, where there is none at all, too (sqldata.py)
    (made.add_arcs if branch else made.add_lines)({})
    with _opened(made, fresh=True):
        made.touch_files(sorted({file for files in groups for file in files}))
        for files in groups:
            for file, contexts in files.items():
                for context, executed in contexts.items():
                    made.set_context(context)
                    if branch:
                        made.add_arcs({file: [(start, end) for start, end in executed]})
                    else:
                        made.add_lines({file: executed})
        made.set_context("")
        made.write()
    close = getattr(made, "close", None)
    if close is not None:
        close()
