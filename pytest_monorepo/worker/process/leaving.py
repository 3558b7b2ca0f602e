"""How a pytest that has been started is left in its middle."""

from __future__ import annotations

import warnings
from typing import Sequence


class Leaving(BaseException):
    """Leaves a started pytest. pluggy warns of what passes its hooks, so nothing warns until :meth:`left`."""

    def __init__(self) -> None:
        super().__init__()
        self._silence = warnings.catch_warnings()
        self._silence.__enter__()
        warnings.simplefilter("ignore")

    def left(self) -> None:
        self._silence.__exit__(None, None, None)


class Refused(Leaving):
    """A module that must not be imported for several projects, and why; ``instead`` what it begins with."""

    def __init__(self, module: str, reason: str, instead: Sequence[str] = ()) -> None:
        super().__init__()
        self.module = module
        self.reason = reason
        self.instead = list(instead)
