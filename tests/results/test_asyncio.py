"""Files with coroutines: asyncio makes none of them one with the others, a loop that is left does."""

from __future__ import annotations

import re
import sys

import pytest

from tests.run.space import Space

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

COROUTINE = "import asyncio, pytest\n@pytest.mark.asyncio\nasync def test(): await asyncio.sleep(0)\n"
RUNS = "import asyncio\ndef test(): asyncio.run(asyncio.sleep(0))\n"
PLAIN = "def test(): pass\n"
SETS = "import asyncio\ndef test(): asyncio.set_event_loop(asyncio.new_event_loop())\n"
ASKS = "import asyncio\ndef test(): assert not asyncio.get_event_loop().is_closed()\n"
NONE_LEFT = (
    "import asyncio, pytest\ndef test():\n    with pytest.raises(RuntimeError): asyncio.get_event_loop()\n"
)
OTHER = (
    "import asyncio\nclass Policy(asyncio.DefaultEventLoopPolicy): pass\n"
    "def test(): asyncio.set_event_loop_policy(Policy())\n"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "changed", "runs"),
    [
        ((COROUTINE, COROUTINE, PLAIN), 1, {1}),
        ((COROUTINE, COROUTINE, PLAIN), 2, {2}),
        ((COROUTINE, RUNS, COROUTINE), 2, {2}),
        ((RUNS, RUNS, PLAIN), 1, {1}),
        ((COROUTINE, COROUTINE, PLAIN), 3, {3}),
        ((SETS, PLAIN, ASKS), 1, {1, 3}),
        ((COROUTINE, PLAIN, NONE_LEFT), 1, {1, 3}),
        ((OTHER, PLAIN, PLAIN), 1, {1, 2, 3}),
    ],
)
def test_who_runs_beside_coroutines(
    space: Space, files: tuple[str, ...], changed: int, runs: set[int]
) -> None:
    names = {number: f"libs/a/tests/test_{number}.py" for number in range(1, len(files) + 1)}
    ini = "[tool.pytest.ini_options]\naddopts = '-p pytest_asyncio.plugin'\n"
    space.write({"libs/a/pyproject.toml": f"{ini}asyncio_default_fixture_loop_scope = 'function'\n"})
    space.write({names[number]: text for number, text in enumerate(files, 1)})
    words = ("--cached", "--cached-explain", "--workers=1")
    assert space.run(*words).code == 0
    (space.root / names[changed]).write_text(files[changed - 1] + "# changed\n")
    run = space.run(*words)
    assert run.code == 0, run.out
    found = {int(one) for one in re.findall(r"^libs/a/tests/test_(\d)\.py runs:", run.out, re.MULTILINE)}
    assert (found or set(names)) == runs, run.out
