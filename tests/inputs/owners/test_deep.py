"""Sources that Python refuses because they are nested too deeply: nobody who reads them ends with that."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.inputs.owners import attributes, loaded, looked
from pytest_monorepo.results.values.clock import clock_in
from pytest_monorepo.worker.plugins import mainprocess
from pytest_monorepo.workspace.files.tree import Tree, UnreadableError
from pytest_monorepo.workspace.manifests.legacy import read_setup_py

# ends the parser with MemoryError in CPython 3.8 to 3.13; a long sum with RecursionError, or not at all
REFUSED = f"import sys, random\nsys.modules\n# xdist_config workerinput\nx = {'-' * 100_000}1\n"
LONG = f"import sys, random\nsys.modules\n# xdist_config workerinput\nx = 1{' + 1' * 5_000}\n"


@pytest.mark.parametrize("source", [REFUSED, LONG], ids=["refused", "long"])
def test_nobody_ends_with_it(tmp_path: Path, source: str) -> None:
    file = tmp_path / "code.py"
    file.write_text(source)
    assert loaded.looks_at_all(source)
    assert not looked.looked_at(source)
    assert attributes.named(source, "") in (None, {"sys": {"modules"}, "random": set()})
    assert mainprocess.asked_by(source) is None
    assert clock_in(file.read_bytes(), str(file)) in (None, "what cannot be parsed")


def test_a_setup_py_says_what_it_is() -> None:
    tree = Tree(Path("/w"), ("setup.py",), lambda path: REFUSED.encode())
    with pytest.raises(UnreadableError, match=r"^setup\.py is not valid Python: \S"):
        read_setup_py(tree, "setup.py")
