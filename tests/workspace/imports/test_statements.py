"""Imports read line by line: what all of a file's text tells, whichever lines were met before."""

from __future__ import annotations

import contextlib
import sysconfig
from pathlib import Path

import pytest

from pytest_monorepo.workspace.imports.one_file.lookalikes import Tangled, statements
from pytest_monorepo.workspace.imports.one_file.statements import modules


def _whole(source: bytes) -> set[str]:
    return {module for _, named in statements(source) for module in named}


_CASES = [
    "import a\nimport b",
    "from a import (b,\n  c)\nimport d",
    "from a import (b,  # why (\n  # import x\n  c,\n)\nimport d",
    "from a import (\n    b,\n    import_module,\n    c)",
    "from a import (b,\\\n c)\n",
    "from a \\\n import b\nimport c",
    "from a \\\r\n import b\r\nimport c\r\n",
    "from a import b, \\\n  c\nfrom d import e",
    "import \\\n  a\nimport b",
    "import a \\",
    "x = 1; import a; from b import c  # import d, e",
    "import (a)\nimport (a #\n, b)",
    "import (a) import (b,\n c)",
    "# import (\n# from x import (y,\nz)\n",
    "'''import of goods from others\nfrom there import to here'''",
    "from a import b\rfrom c import d\r",
    "from a import (  # why\r  b,\r)\rimport c\rx = 1; import d\r",
    "import a\r\nfrom a import (  # why\r  b,\r)\rimport c",
    "\ufeffimport a\n\ufefffrom b import c",
    "import a\f\x0bimport b",
    "from . import (\n)\nfrom .. import a",
    "import (",
    "import",
    "from a import (b\n" * 50,
    "# import (\n" * 50,
]


@pytest.mark.parametrize("text", _CASES)
@pytest.mark.parametrize("end", ["", "\n", " \\\nimport z\n", "import (\n y)\n"])
def test_lines_tell_what_the_whole_text_tells(text: str, end: str) -> None:
    source = (text + end).encode()
    with contextlib.suppress(Tangled):
        whole = _whole(source)
        assert [modules(source) for _ in range(2)] == [whole] * 2


def test_lines_tell_of_the_library_and_our_tests_what_the_whole_texts_tell() -> None:
    library = Path(sysconfig.get_paths()["stdlib"])
    files = [*library.glob("*.py"), *library.glob("email/*.py"), *Path(__file__).parents[2].rglob("*.py")]
    for source in (file.read_bytes() for file in files):
        with contextlib.suppress(Tangled):
            whole = _whole(source)
            assert modules(source) == whole


@pytest.mark.parametrize("unit", ["# import (\n", "# from a import (b,\n", "import (a #\n", "import a, "])
def test_lists_that_never_end_are_not_read_to_the_end_for_each(unit: str) -> None:
    with contextlib.suppress(Tangled):
        modules(unit.encode() * 50_000)
