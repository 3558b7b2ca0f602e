"""Which shell a step's text is for, and whether what reads it as bash's would read it wrongly. Pure.

A quote that ends for one shell elsewhere than for another hides what stands behind it.
https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .blocks import Node, as_table

# a backslash is part of a path there and hides nothing ("C:\"), @" begins a text of lines, <# a comment; a
# typographic quote is one, too (about_Quoting_Rules)
_POWERSHELL = re.compile(r"\\[^\w.*-]|@['\"]|<#|\"\"|[\u2018-\u201e]")
# an apostrophe is a letter there, # too, and ^ hides; what is quoted ends with the line
_CMD = re.compile(r"['#^]|\\[^\w.*-]|(?m:^[^\"\n]*\"(?:[^\"\n]*\"[^\"\n]*\")*[^\"\n]*$)")
_MAY_BE_WINDOWS = re.compile(r"windows|fromJSON|\b(?:inputs|vars|needs|env)\.", re.I)


def shell_of(job: Mapping[str, Node], top: Mapping[str, Node]) -> str:
    """The shell of steps that name none: the job's, the workflow's, else what the machine has."""
    for defaults in (run_defaults(job), run_defaults(top)):
        shell = defaults.get("shell", "")
        if isinstance(shell, str) and shell:
            return shell
    # which machine is often one of a matrix: what PowerShell reads otherwise is not told then
    where = repr(job.get("runs-on", ""))
    if "runs-on" not in job or "${{" in where:
        where += repr(job.get("strategy", ""))
    return "pwsh" if _MAY_BE_WINDOWS.search(where) else "bash"


def reads_otherwise(shell: str, text: str) -> bool:
    """Whether this shell tells the commands of a text apart by other rules than bash does."""
    name = shell.split()[0].rpartition("/")[2].removesuffix(".exe")
    if name == "cmd":
        return _CMD.search(text) is not None
    return name in ("pwsh", "powershell") and _POWERSHELL.search(text) is not None


def run_defaults(table: Mapping[str, Node]) -> Mapping[str, Node]:
    """What a workflow or a job says of all its steps (``defaults.run``)."""
    defaults = table.get("defaults", "")
    run = as_table(defaults).get("run", "") if defaults else ""
    return as_table(run) if run else {}
