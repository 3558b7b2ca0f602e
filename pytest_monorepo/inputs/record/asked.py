"""What somebody asks for by its name, as traces have it, and entries: who does not ask cannot see it."""

from __future__ import annotations

from typing import Collection, Iterable

VARIABLE = "environment variable "
LOADED = "whether it is loaded: "
BELOW = "whether it is there: "
FIXTURE = "value of the fixture "
SAID = "what is set otherwise: "
SEARCHED = "folder on the search path: "
SHARED_FILES = "files that fixtures share"
NUMBERED = "number of the folders called "
CURRENT = "current event loop"
"""Of asyncio, where none runs; it is asked for as a variable of the environment is."""
LINES = "lines of what is no file"
"""That ``linecache`` remembers all the same, since somebody has put them there."""
CHILDREN = "processes left running"
"""By who waits for any of them."""
AT_EXIT = "calls at the interpreter's end"
"""By who counts them, or calls them before."""
OVERLOADS = "overloads"
"""By who asks :mod:`typing` for them."""
LOGGER = "state of the logger "
"""By who asks for it, or for one below it, by its name, and has not imported the module of that name."""
ANSWERS = "what installed functions have been asked"
"""By who looks at what functions remember, by ``cache_info``."""
FLAGS = "flags of decimal contexts"
"""That each calculation raises; by who looks at them, in code of the workspace."""
GIVEN = "names that were asked of the module "
"""By who looks at what it has as a whole, where it keeps what it was asked for."""
FOR_CHILDREN = "variables that packages set for children"
"""By who starts any."""
ANYTHING = "anything that others leave"
"""By whom nobody knows what he asks for, since no other file was there."""
LISTINGS = ("names", "types")
"""How those kinds of inputs begin that say what is in a folder."""


_NAMED = {CURRENT, SHARED_FILES, LINES, CHILDREN, AT_EXIT, OVERLOADS, FOR_CHILDREN, ANSWERS, FLAGS}


def sees(facets: Iterable[str], asked: Collection[str]) -> bool:
    """Whether who has asked for these names, ``*`` for all variables, sees that a facet is another.

    What is not asked for by its name concerns everybody.
    """
    return any(
        not name or name in asked or ("*" in asked and facet.startswith(VARIABLE))
        for facet, name in ((facet, asked_for(facet)) for facet in facets)
    )


def asked_for(facet: str) -> str:
    """What somebody must ask for to see that it is another; empty where everybody can see it."""
    named = facet in _NAMED or facet.startswith((FIXTURE, NUMBERED, LOGGER, GIVEN))
    return facet if named else facet.partition(VARIABLE)[2]
