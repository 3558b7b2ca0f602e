"""What installed files hold, read once by a test process for all of its runs with ``--cached``.

A user's store knows it since some day before. That of each test is a new one, and its first run would read
46 MB for nothing that the test is about: a seventh of what a small run takes.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

FOLDERS = tuple({sys.prefix, sys.base_prefix, *(os.path.realpath(one) for one in ("/usr", "/lib", "/etc"))})


@contextlib.contextmanager
def known(environ: Mapping[str, str]) -> Iterator[None]:
    """What earlier runs have read is known to one with these variables, and what it reads to later ones."""
    there = Path(environ["XDG_CACHE_HOME"], "pytest-monorepo", "v1", "digests.json")
    ours = _file()
    if ours.exists() and not there.exists():
        with contextlib.suppress(OSError):  # a test may keep the store from being made
            there.parent.mkdir(parents=True, exist_ok=True)
            os.link(ours, there)  # who has something to add writes another file
    yield
    if not ours.exists() and there.exists():
        read = json.loads(there.read_bytes())
        kept = {path: value for path, value in read.items() if path.startswith(FOLDERS)}
        ours.write_text(json.dumps(kept))


@cache
def _file() -> Path:
    folder = tempfile.mkdtemp(prefix="installed-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder, "digests.json")
