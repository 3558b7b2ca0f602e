"""What a test hears while a module is imported, once, and what that takes of what is set for a while.

``listener.append(…); import late``: where another file comes to import ``late`` before it, nothing is heard.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.run.space import Space
from tests.sampling import Part

from .test_left_behind import failed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone"),
]

IMPORTS = "def test(): import late"
KEEPS = (
    "import logging\nGOT = []\nclass Keeps(logging.Handler):\n"
    "    def emit(self, record): GOT.append(record)\n"
)
LOGS = "import logging\nlogging.getLogger('late').warning('x')"
PROXY = """
import contextvars
_variable = contextvars.ContextVar('v', default=0)
class Proxy:
    def __getattr__(self, name): return _variable.get()
proxy = Proxy()
def push(value): return _variable.set(value)
def pop(token): _variable.reset(token)
"""


def handled(logger: str, adds: str = "logger.addHandler(Keeps())", heard: str = "GOT") -> str:
    """A test that listens to a logger."""
    body = f"    logger = logging.getLogger({logger})\n    {adds}\n    import late\n"
    body += "    logger.handlers[:] = []\n    logger.filters[:] = []\n"
    return f"{KEEPS}import io, logging.handlers, queue\ndef test():\n{body}    assert {heard}"


# what test_a comes to do, what test_b asks for, and what the late module does
ROWS = {
    "handler": (IMPORTS, handled("'late'"), LOGS),
    "filter": (IMPORTS, handled("'late'", "logger.addFilter(lambda r: GOT.append(r) or True)"), LOGS),
    "stream-handler": (
        IMPORTS,
        handled("'late'", "s = io.StringIO(); logger.addHandler(logging.StreamHandler(s))", "s.getvalue()"),
        LOGS,
    ),
    "queue-handler": (
        IMPORTS,
        handled(
            "'late'", "q = queue.Queue(); logger.addHandler(logging.handlers.QueueHandler(q))", "q.qsize()"
        ),
        LOGS,
    ),
    "handler-of-what-is-installed": (
        IMPORTS,
        handled("'lib'"),
        "import lib",
    ),
    "warnings": (
        IMPORTS,
        "import warnings\nGOT = []\ndef test(monkeypatch):\n"
        "    monkeypatch.setattr(warnings, 'showwarning', lambda *a, **k: GOT.append(a))\n"
        "    import late\n    assert GOT",
        "import warnings\nwarnings.warn('x')",
    ),
    "stream-of-its-own": (
        IMPORTS,
        "import sys\nclass Out:\n    got = ''\n    def write(self, text): self.got += text\n"
        "    def flush(self): pass\ndef test(monkeypatch):\n    out = Out()\n"
        "    monkeypatch.setattr(sys, 'stdout', out)\n    import late\n    assert out.got",
        "print('x')",
    ),
    "listener": (
        IMPORTS,
        "import bus\ndef test():\n    got = []\n    bus.listeners.append(got.append)\n    import late\n"
        "    bus.listeners.clear()\n    assert got",
        "import bus\nbus.say('x')",
    ),
    "listener-below-what-it-uses": (
        IMPORTS,
        "import bus\ndef test():\n    got = []\n    bus.listeners.append(got.append)\n    import late\n"
        "    bus.listeners.clear()\n    assert got",
        "import says",
    ),
    "patched-function": (
        IMPORTS,
        "from unittest import mock\ndef test():\n    with mock.patch('bus.say') as say: import late\n"
        "    assert say.called",
        "import bus\nbus.say('x')",
    ),
    "patched-builtin": (
        IMPORTS,
        "from unittest import mock\ndef test():\n    with mock.patch('builtins.print') as p: import late\n"
        "    assert p.called",
        "print('x')",
    ),
    "profiler": (
        IMPORTS,
        "import sys\ndef test():\n    got = []\n"
        "    sys.setprofile(lambda f, e, a: got.append(f.f_code.co_filename))\n"
        "    import late\n    sys.setprofile(None)\n    assert any('late.py' in one for one in got)",
        "def f(): pass\nf()",
    ),
    "while-collected": (
        "import late\ndef test(): pass",
        f"{KEEPS}logger = logging.getLogger('late')\nlogger.addHandler(Keeps())\nimport late\n"
        "logger.handlers.clear()\ndef test(): assert GOT",
        LOGS,
    ),
    "level-of-what-is-installed": (
        "def test(caplog):\n    with caplog.at_level(10, 'lib'): import late",
        "def test():\n    import late\n    assert not late.lib.level",
        "import lib",
    ),
    "stream-of-what-is-installed": (
        "def test(capsys): import late",
        "def test():\n    import late\n    assert late.lib.stream != 'CaptureIO'",
        "import lib",
    ),
    "context-behind-a-proxy": (
        "import context\ndef test():\n    token = context.push(1)\n    import late\n    context.pop(token)",
        "def test():\n    import late\n    assert late.value == 0",
        "from context import proxy\nvalue = proxy.anything",
    ),
    "context-of-what-is-installed": (
        "import other\ndef test():\n    token = other.push(1)\n    import late\n    other.pop(token)",
        "def test():\n    import late\n    assert late.value == 0",
        "from other import proxy\nvalue = proxy.anything",
    ),
    "name-put-together": (
        "import box\ndef test(monkeypatch):\n    monkeypatch.setattr(box, 'value_1', 1)\n    import late",
        "def test():\n    import late\n    assert late.value == 0",
        "import importlib\nvalue = getattr(importlib.import_module('b' + 'ox'), 'value_' + '1')",
    ),
}
SOURCES = {
    "box.py": "value_1 = 0",
    "bus.py": "listeners = []\ndef say(x):\n    for one in listeners: one(x)",
    "says.py": "import bus\nbus.say('x')",
    "context.py": PROXY,
    "site-packages/other.py": PROXY,
    "site-packages/lib.py": "import logging, sys\nlogging.getLogger('lib').warning('x')\n"
    "level, stream = logging.getLogger('lib').isEnabledFor(10), type(sys.stdout).__name__",
}


def test_who_listens_to_an_import_runs_where_another_has_come_to_make_it(tmp_path: Path, part: Part) -> None:
    rows = {name: ROWS[name] for name in part([*ROWS], 3)}
    space = Space(tmp_path / "space")
    ini = "[tool.pytest.ini_options]\npythonpath = ['.', 'site-packages']\n"
    for name, (_, seen, late) in rows.items():
        space.write({f"p/{name}/pyproject.toml": ini, f"p/{name}/tests/test_a.py": "def test(): pass\n"})
        space.write({f"p/{name}/tests/test_b.py": seen, f"p/{name}/late.py": late})
        space.write({f"p/{name}/{path}": text for path, text in SOURCES.items()})
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        first = space.run("--cached", "--workers=1")
        assert first.code == 0, first.out
        assert f"{2 * len(rows)} cached" in space.run("--cached", "--workers=1").out
        for name, (comes, _, _) in rows.items():
            space.write({f"p/{name}/tests/test_a.py": comes})
        run = space.run("--cached", "--workers=1", "-rf", "--cached-explain")
    assert failed(run.out) == set(rows), run.out


@pytest.mark.parametrize(
    "seen", [handled("'other'"), "def test(capsys):\n    import late"], ids=["log", "stream"]
)
def test_what_says_nothing_ties_nobody(tmp_path: Path, seen: str) -> None:
    space = Space(tmp_path / "space")
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n", "late.py": "import os\nvalue = os.sep\n"})
    space.write({"p/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '..'\n"})
    seen = seen.replace("assert GOT", "pass")
    space.write({"p/tests/test_a.py": f"{IMPORTS}\n", "p/tests/test_b.py": seen})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run("--cached", "--workers=1").code == 0
        space.write({"p/tests/test_a.py": f"{IMPORTS}\n# more"})
        assert "1 cached" in space.run("--cached", "--workers=1").lines[-1]
