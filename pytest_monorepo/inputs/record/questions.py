"""Questions to a program whose answer is the input: what it reads for it is its own affair.

The commands are these and no others, whoever has written down that they were asked: what is kept names one,
and holds no words to run. They change nothing, and git takes no locks for them.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from typing import Any, Dict, Mapping, Optional, Tuple

ANSWER = "answer of "
COMMANDS: Tuple[Tuple[str, ...], ...] = (
    ("git", "rev-parse", "HEAD"),
    ("git", "rev-parse", "--short", "HEAD"),
    ("git", "rev-parse", "--abbrev-ref", "HEAD"),
    ("git", "rev-parse", "--show-toplevel"),
    ("git", "rev-parse", "--git-dir"),
    ("git", "rev-parse", "--is-inside-work-tree"),
    ("git", "symbolic-ref", "HEAD"),
    ("git", "symbolic-ref", "--short", "HEAD"),
    ("git", "branch", "--show-current"),
    ("git", "status", "--porcelain"),
    ("git", "status", "--short"),
    ("git", "diff", "--quiet"),
    ("git", "config", "--local", "remote.origin.url"),
    ("git", "config", "--get", "remote.origin.url"),
    ("git", "remote", "get-url", "origin"),
    ("git", "describe", "--always"),
    ("git", "describe", "--tags"),
    ("git", "describe", "--tags", "--always"),
    # as pytest-benchmark asks
    ("git", "describe", "--dirty", "--always", "--long", "--abbrev=40"),
    ("git", "show", "-s", '--pretty=format:"%cI"'),
    ("git", "show", "-s", '--pretty=format:"%aI"'),
    ("git", "--version"),
)
KINDS: Dict[str, Tuple[str, ...]] = {ANSWER + " ".join(words): words for words in COMMANDS}

VARIABLES = (
    *("HOME", "XDG_CONFIG_HOME", "PATH", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_EXEC_PATH"),
    *("GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_CONFIG", "GIT_CONFIG_GLOBAL"),
    *("GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"),
    *("GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE"),
    *("GIT_TRACE", "GIT_TRACE_SETUP", "GIT_TRACE_PERFORMANCE", "GIT_TRACE2", "GIT_DEFAULT_HASH"),
    *("GIT_ATTR_SOURCE", "GIT_ATTR_NOSYSTEM", "GIT_REF_PARANOIA", "GIT_OPTIONAL_LOCKS"),
)
"""What the answer may depend on besides, see ``git help git``."""

OF_NO_MATTER = (
    *("GIT_SSL_", "GIT_SSH", "GIT_TERMINAL_PROMPT", "GIT_ASKPASS", "GIT_AUTHOR_", "GIT_COMMITTER_"),
    *("GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PAGER", "GIT_HTTP_", "GIT_PROTOCOL", "GIT_MERGE_AUTOEDIT"),
)
"""How variables begin that none of the commands looks at."""

_PATIENCE = 10.0
# a daemon that git starts to watch the files is waited for, for a minute (fsmonitor.startTimeout)
_QUIETLY = ("-c", "core.fsmonitor=false")
# nobody is asked for a password where a partial clone fetches what it lacks
_ENVIRON = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


def answer(kind: str, folder: str, variables: Optional[Mapping[str, str]] = None) -> Any:
    """Exit code and digests of what is printed; ``None`` where it cannot be asked.

    What does not come in time is never the same. ``variables`` is the environment, ours unless it is given;
    git's own are left out of it.
    """
    given = os.environ if variables is None else variables
    environ = {name: value for name, value in given.items() if not name.startswith("GIT_")}
    git, *words = KINDS[kind]
    try:
        process = subprocess.Popen(
            [git, *_QUIETLY, *words],
            cwd=folder,
            env={**environ, **_ENVIRON},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    try:
        said = process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        return _late(process)
    return [process.returncode, *(hashlib.sha256(text).hexdigest() for text in said)]


def _late(process: Any) -> Any:
    """Without waiting for what it may have started, which holds its streams."""
    process.kill()
    for stream in (process.stdout, process.stderr):
        stream.close()
    process.wait()
    return ["late", os.urandom(8).hex()]
