"""The inputs of one stretch of a process' life, as plain data."""

from __future__ import annotations

from typing import Any, Dict, List, Optional


class Section:
    """What was asked for, and what was answered; ``reasons`` say why that is not all.

    ``asked`` are all variables that were read, also those that the tests had set themselves. ``unseen`` are
    reasons that hold unless a referee was there.
    """

    def __init__(self) -> None:
        self.inputs: Dict[str, Dict[str, Any]] = {}
        self.variables: Dict[str, Optional[str]] = {}
        self.whole_environment = False
        self.lookups: Dict[str, Dict[str, List[str]]] = {}
        self.facts: Dict[str, Any] = {}
        self.reasons: Dict[str, None] = {}
        self.unseen: Dict[str, None] = {}
        self.asked: Dict[str, None] = {}

    def plain(self) -> Dict[str, Any]:
        return {
            "inputs": self.inputs,
            "variables": self.variables,
            "whole_environment": self.whole_environment,
            "lookups": self.lookups,
            "facts": self.facts,
            "reasons": [*self.reasons, *self.unseen],
        }

    def add(self, other: Section) -> None:
        """Take in another one; where both have an answer this one's stands."""
        for mine, theirs in ((self.inputs, other.inputs), (self.lookups, other.lookups)):
            for key, values in theirs.items():
                mine[key] = {**values, **mine.get(key, {})}
        self.variables = {**other.variables, **self.variables}
        self.facts = {**other.facts, **self.facts}
        self.whole_environment = self.whole_environment or other.whole_environment
        self.reasons.update(other.reasons)
        self.unseen.update(other.unseen)
        self.asked.update(other.asked)

    def __bool__(self) -> bool:
        return bool(
            self.inputs
            or self.variables
            or self.whole_environment
            or self.lookups
            or self.facts
            or self.reasons
            or self.unseen
        )
