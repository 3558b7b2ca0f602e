from __future__ import annotations

from tests.run.conftest import space

__all__ = ["space"]
