"""``python -m app.main FILE --limit 0.5``"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from . import scoring

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="common-ml", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=float, default=0.5)
    options = parser.parse_args(arguments)
    with options.file.open(encoding="utf-8", newline="") as lines:
        try:
            above = scoring.score(scoring.read(lines), options.limit)
        except ValueError as error:
            log.error("%s: %s", options.file.name, error)
            return 1
    print(*above)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
