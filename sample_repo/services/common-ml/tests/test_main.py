import io
import logging
import sys
from pathlib import Path

import pytest
from telemetry import Recorder

from app import scoring
from app.main import main


def test_rows_above_the_limit_are_printed(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(table)]) == 0
    assert capsys.readouterr().out == "1 2\n"


def test_the_limit_is_an_option(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(table), "--limit", "0.75"]) == 0
    assert capsys.readouterr().out == "1\n"


def test_a_bad_line_is_named(table: Path, caplog: pytest.LogCaptureFixture) -> None:
    table.write_text("a,b\n1,2\n1,two\n", encoding="utf-8")
    with caplog.at_level(logging.ERROR):
        assert main([str(table)]) == 1
    assert caplog.messages == [
        "table.csv: line 3: could not convert string to float: 'two'"
    ]


def test_the_gpu_computes_where_there_is_one() -> None:
    fake = sys.modules["cupy"]
    before = fake.calls
    assert scoring.score([[1.0, 0.0], [1.0, 1.0]], 0.75) == [1]
    assert fake.calls == before + 2


def test_no_rows_no_scores(recorder: Recorder) -> None:
    recorder.finished.clear()
    assert scoring.score(scoring.read(io.StringIO("a,b\n")), 0.5) == []
    assert [span.name for span in recorder.finished] == ["common-ml.score"]


@pytest.mark.skipif(sys.platform == "win32", reason="names with a colon are for POSIX")
def test_odd_file_names(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = table.rename("no: 1.csv")
    assert main([str(odd)]) == 0
    assert capsys.readouterr().out == "1 2\n"
