"""Files of which the first has left what all that come later can see: nobody looks what these leave."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.run.space import Space

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

FILES = {
    "pyproject.toml": "[tool.pytest-monorepo]\n",
    "p/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n",
    "p/app.py": "import functools\nvalue = 1\n@functools.lru_cache\ndef twice(number): return 2 * number\n",
    "p/late.py": "import app\nseen = app.value\n",
    "p/tests/test_0.py": "import app\ndef test(): pass\n",
    "p/tests/test_a.py": "import app\ndef test(): assert app.twice(1) == 2\n",
    "p/tests/test_b.py": "import app\ndef test(): pass\n",
    "p/tests/test_c.py": "import app\ndef test():\n    import late\n    assert late.seen == app.value == 1\n",
}
# what test_b comes to do, none of which anybody has looked for
CHANGES = {
    "a variable": "import app\ndef test(): app.value = 2\n",
    "what is imported meanwhile": (
        "import app\ndef test(monkeypatch):\n    monkeypatch.setattr(app, 'value', 2)\n    import late\n"
    ),
}


@pytest.fixture
def space(tmp_path: Path) -> Space:
    space = Space(tmp_path / "space")
    space.write(FILES)
    return space


@pytest.mark.parametrize("start", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_they_are_replayed_together_or_not_at_all(space: Space, tmp_path: Path, start: str) -> None:
    words = ("--cached", "--workers=1", f"--monorepo-start={start}")
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run(*words).code == 0
        assert "4 cached" in space.run(*words).out
        space.write({"p/tests/test_c.py": FILES["p/tests/test_c.py"] + "\ndef test_more(): pass\n"})
        run = space.run(*words)
        assert "1 cached" in run.out, run.out  # the one before them
        assert "5 cached" in space.run(*words).out


@pytest.mark.sampled("change", first=False)
@pytest.mark.parametrize("change", CHANGES)
def test_what_one_comes_to_leave_the_next_sees(space: Space, tmp_path: Path, change: str) -> None:
    words = ("--cached", "--workers=1", "-rf")
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run(*words).code == 0
        space.write({"p/tests/test_b.py": CHANGES[change]})
        run = space.run(*words)
        told = [line.partition(" - ")[0] for line in run.out.splitlines() if line.startswith("FAILED")]
        assert set(told) == {"FAILED p/tests/test_c.py::test"}, run.out
        assert "1 cached" in run.out, run.out
        # and is seen again when only the last one runs
        space.write({"p/tests/test_c.py": FILES["p/tests/test_c.py"] + "\n"})
        again = space.run(*words)
        assert again.code == run.code
