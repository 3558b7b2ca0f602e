"""The program that the kernel runs at each call of a worker (seccomp(2)): whether somebody is told of it."""

from __future__ import annotations

import struct
from typing import List, Tuple

from .calls import CALLS
from .machines import Machine

_LOAD, _EQUAL, _AT_LEAST, _ANY_OF, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # linux/bpf_common.h
_NUMBER, _ARCH, _FIRST = 0, 4, 16  # struct seccomp_data
ALLOW, NOTIFY = 0x7FFF0000, 0x7FC00000
NAMESPACES = 0x7E020080
"""``CLONE_NEWNS`` and its like, see clone(2)."""

Step = Tuple[int, int, int, int]
"""(code, how many steps to leave out where it holds, and where it does not, operand)."""


def program(machine: Machine) -> List[Step]:
    """Tell of each call that has a name in it, and of all that are not known to be of this machine."""
    numbers = sorted(machine.numbers[name] for name in CALLS if name in machine.numbers and name != "clone")
    clone = machine.numbers["clone"]
    steps: List[Step] = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, machine.arch), (_RETURN, 0, 0, NOTIFY)]
    steps.append((_LOAD, 0, 0, _NUMBER))
    if machine.foreign:
        steps += [(_AT_LEAST, 0, 1, machine.foreign), (_RETURN, 0, 0, NOTIFY)]
    # threads are made by it, too, and as often as processes
    steps += [(_EQUAL, 0, 4, clone), (_LOAD, 0, 0, _FIRST), (_ANY_OF, 0, 1, NAMESPACES)]
    steps += [(_RETURN, 0, 0, NOTIFY), (_RETURN, 0, 0, ALLOW)]
    for index, number in enumerate(numbers):
        steps.append((_EQUAL, len(numbers) - index, 0, number))
    return [*steps, (_RETURN, 0, 0, ALLOW), (_RETURN, 0, 0, NOTIFY)]


def packed(steps: List[Step]) -> bytes:
    """As the kernel reads it (``struct sock_filter``)."""
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
