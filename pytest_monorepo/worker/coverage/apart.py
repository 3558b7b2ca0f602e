"""Nobody else measures: pytest-cov's own plugin object stays away from a process of ours."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator

NAME = "_cov"
"""What pytest-cov registers its plugin object as (7.1: plugin.py, pytest_load_initial_conftests)."""


class _Taken:
    """Stands where pytest-cov's plugin object would."""


@contextlib.contextmanager
def kept(manager: Any) -> Iterator[None]:
    """While the first plugins are loaded ``manager`` has a plugin of that name.

    pytest-enabler (3.4, by default for each project of an environment with pytest-cov) adds ``--cov`` to the
    words after pytest-cov has read them, and calls its hook once more, unless the name is taken. The words
    are left as they are: they ask for coverage as those of the command line do.
    """
    if manager.has_plugin(NAME):
        yield
        return
    taken = _Taken()
    manager.register(taken, NAME)
    try:
        yield
    finally:
        manager.unregister(taken)
