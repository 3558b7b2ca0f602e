"""Which settings a source may look at that code at work changes."""

from __future__ import annotations

import pytest

from pytest_monorepo.inputs.owners.peers import asked_by
from pytest_monorepo.inputs.record.asked import ANSWERS, FLAGS

ROWS = {
    "assert found.cache_info().hits == 1": {ANSWERS},
    "from decimal import getcontext as context": {FLAGS},
    "with decimal.localcontext() as context: pass": {FLAGS},
    "def rounded(context): return context.flags[Inexact]": {FLAGS},
    "context.clear_flags()": {FLAGS},
    "Decimal(1) / 3": set(),
    "my_flags_of_it = 1": set(),
}


@pytest.mark.parametrize("source", ROWS)
def test_what_a_source_asks_for_by_its_words(source: str) -> None:
    assert set(asked_by(source)) == ROWS[source]
