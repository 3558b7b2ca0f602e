"""The files of time zones, which the C library reads by itself: at ``tzset``, but at ``mktime`` as well."""

from __future__ import annotations

import os
from typing import Callable, Iterator, Optional

__tracebackhide__ = True

DEFAULT = "/etc/localtime"
_FOLDERS = ("/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/share/zoneinfo", "/etc/zoneinfo")
"""Where glibc, older ones and musl look."""

VARIABLES = ("TZ", "TZDIR")


def files(variable: Callable[[str], Optional[str]]) -> Iterator[str]:
    """Those that may be read with these variables; a rule such as ``EST5EDT`` may be a file's name, too."""
    zone = variable("TZ")
    if zone is None:
        yield DEFAULT
        return
    # tzset(3): a colon says that a file follows, and is not needed
    zone = zone[1:] if zone.startswith(":") else zone
    if zone.startswith("/"):
        yield zone
    elif zone:
        for folder in filter(None, (variable("TZDIR"), *_FOLDERS)):
            yield os.path.join(folder, zone)
            # a rule without dates of its own (EST5EDT) takes those of this file
            yield os.path.join(folder, "posixrules")
