"""What modules of the standard library have found out once: nobody's doing, as long as it is still found so.

``platform`` keeps what it made while a test had its functions patched, and tells it to all who ask later.
"""

from __future__ import annotations

import time
from typing import Any, Dict, List, Set, Tuple

_HELD: Dict[str, str] = {"_platform_cache": "platform", "_sys_version_cache": "_sys_version"}
"""What it keeps, each with the function that makes it of the key (3.8 to 3.13; no public name tells)."""
_SO: Set[Tuple[str, str]] = set()
_OTHERWISE: Set[Tuple[str, str]] = set()


def of_platform(platform: Any) -> Any:
    """Nothing as long as all is as it would be found now."""
    found = []
    for name, made_by in _HELD.items():
        held = getattr(platform, name, None)
        for key, value in list(held.items()) if isinstance(held, dict) else ():
            if not _is_so(held, key, value, getattr(platform, made_by, None)):
                found.append((name, repr(key), repr(value)))
    return found


def _is_so(held: Any, key: Any, value: Any, make: Any) -> bool:
    told = repr(key), repr(value)
    if told not in _SO and told not in _OTHERWISE:
        (_SO if _made_anew(held, key, make) == value else _OTHERWISE).add(told)
    return told in _SO


def _made_anew(held: Dict[Any, Any], key: Any, make: Any) -> Any:
    before = held.pop(key)
    try:
        return make(*key) if type(key) is tuple else make(key)
    except Exception:  # somebody has patched what it is made of
        return None
    finally:
        held[key] = before


def offsets() -> List[Any]:
    """How far the zone is from UTC in the course of a century: two may have the same names."""
    return [(one.tm_gmtoff, one.tm_zone) for one in map(time.localtime, _TIMES)]


# every 13 years and some months, in summer and winter: from 1915 on
_TIMES = range(-1_735_000_000, 2_000_000_000, 107_000_000)
