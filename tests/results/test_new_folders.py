"""A new test file puts its folder on ``sys.path``, and may have another's name: the others run, too."""

from __future__ import annotations

import sys

import pytest

from tests.run.space import Space, replayed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

PASSES = "def test(): pass\n"
NEEDS = "import util\ndef test(): assert util.right\n"


def test_a_new_test_file_lets_those_run_that_it_can_hide_something_from(space: Space) -> None:
    space.write(
        {
            "libs/name/pytest.ini": "[pytest]\n",
            "libs/known/pytest.ini": "[pytest]\n",
            "libs/helper/pytest.ini": "[pytest]\npythonpath = .\n",
            "libs/name/one/test_a.py": PASSES,
            "libs/name/two/test_b.py": PASSES,
            "libs/helper/util.py": "right = True\n",
            "libs/helper/b/test_b.py": NEEDS,
            "libs/known/one/test_a.py": PASSES,
            "libs/known/one/test_b.py": PASSES,
        }
    )
    words = ("--cached", "--cached-explain", "--workers=1", "--continue-on-collection-errors")
    assert space.run(*words).counts == {"passed": 5}
    space.write(
        {
            # pytest imports one of them under the name of both, and complains
            "libs/name/three/test_a.py": PASSES,
            # collected before the other: its folder comes first
            "libs/helper/a/util.py": "right = False\n",
            "libs/helper/a/test_new.py": PASSES,
            "libs/known/one/test_c.py": PASSES,
        }
    )
    plain = space.run("--no-cached", "--workers=1", "--continue-on-collection-errors")
    run = space.run(*words)
    assert (run.counts, replayed(run)) == (plain.counts, 2), run.out
    assert run.counts == {"passed": 6, "failed": 1, "error": 1}
    run.has(r"^libs/known/one/test_a.py cached", r"^libs/known/one/test_c.py runs")
