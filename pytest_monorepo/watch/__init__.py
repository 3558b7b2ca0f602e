"""``--watch``: rounds of tests, started by changed files and by keys."""

from __future__ import annotations

import os
from typing import Any

ROUND = "PYTEST_MONOREPO_WATCH"
"""Set in the rounds' environment: ``--watch`` from an ini file means nothing there."""


def watching(option: Any) -> bool:
    """Whether this process is to watch, and not one of its rounds."""
    return bool(option.watch) and ROUND not in os.environ
