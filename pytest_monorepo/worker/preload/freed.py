"""Memory that tests free stays with their process, for what they make next."""

from __future__ import annotations

_BLOCK = 4 << 20


def keep() -> None:
    """Let glibc keep up to 8 MB that have been freed, instead of giving them back to the system each time.

    Its ``malloc`` gives back what is more than twice the largest block that was ever freed (mallopt(3),
    ``M_MMAP_THRESHOLD``, which is dynamic), and one that nobody has written to counts. Tests that make and
    free a frame of pandas each got the same pages anew: 36,000 page faults a project, a quarter of its time.
    With other libraries for memory, or where a variable says when to give it back, nothing changes.
    """
    bytes(_BLOCK)
