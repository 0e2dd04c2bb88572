"""`clientnest history`: what an operator types and reads."""

from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from clientnest import settings
from clientnest.cli import app
from tests.integration.warehouse.captures import post, query, write


def _run(*arguments: str) -> str:
    answer = CliRunner().invoke(app, ["history", *arguments])
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_an_operator_exports_looks_and_archives(
    workspace: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENTNEST_HISTORY_URL", str(tmp_path / "elsewhere"))
    settings.core.cache_clear()
    write(workspace, [post("1", days=days / 10, likes=days) for days in range(40)])
    assert "It is empty" in _run("status")
    assert "41 changed rows written into 2 partitions; the history now holds 41 rows in 2 files" in _run("export")
    assert "0 changed rows" in _run("export")
    status = _run("status")
    assert str(tmp_path / "elsewhere") in status
    assert "post_snapshot                 40 rows      1 files" in status
    assert "2026-03 to 2026-03" in status
    assert "nothing was dropped" in _run("archive", "--before", "2026-03-31")
    assert (
        "2026-03-01 to 2026-04-01: 40 snapshots verified in the history and dropped; 5 of them kept for the marts."
        in _run("archive", "--before", "2026-04-01")
    )
    assert query("SELECT count(*) FROM raw.post_snapshot") == [(0,)]
    settings.core.cache_clear()
