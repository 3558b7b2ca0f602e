"""Whether tests can be run with this interpreter."""

from __future__ import annotations

import re
import shlex
import sys
from typing import Optional

OLDEST_PYTEST = (6, 2)


def complaint() -> Optional[str]:
    """Why no test can be run with this interpreter, and what mends it; ``None`` where all is well."""
    try:
        import pytest
    except ImportError as error:
        if error.name == "pytest":
            return f"pytest is not installed there; to mend it: {_install('')}"
        return f"its pytest cannot be imported ({error}); to mend it: {_install('--force-reinstall ')}"
    except Exception as error:
        return f"its pytest cannot be imported ({error!r}); to mend it: {_install('--force-reinstall ')}"
    version = str(getattr(pytest, "__version__", "0"))
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < OLDEST_PYTEST:
        return f"its pytest is {version}, and the oldest that works is 6.2; to mend it: {_install('')}"
    return None


def _install(option: str) -> str:
    from importlib.util import find_spec

    python = shlex.quote(sys.executable)
    # environments that uv makes have no pip
    command = f"{python} -m pip install" if find_spec("pip") else f"uv pip install --python {python}"
    return f'{command} {option}"pytest>=6.2"'
