"""The command line: quick to answer, errors as sentences, surprises kept in a log."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from clientnest import __version__, settings
from clientnest.cli import _Commands, app
from clientnest.errors import PermanentError

HEAVY = {"sqlalchemy", "pydantic_settings", "rich.live", "dagster", "mlflow", "polars", "psycopg2", "fastapi"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLIENTNEST_HOME", str(tmp_path))
    monkeypatch.delenv("CLIENTNEST_DATABASE_URL", raising=False)
    settings.forget()
    return tmp_path


def failing(error: Exception) -> typer.Typer:
    """A command line of one command that raises `error`."""
    built = typer.Typer(cls=_Commands, callback=lambda: None)

    @built.command("try")
    def attempt() -> None:
        raise error

    return built


def test_help_loads_nothing_heavy() -> None:
    """Measured by what is loaded: seconds depend on the machine. Every room's commands are in the list."""
    code = (
        "import sys, json\nfrom clientnest.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\nprint(json.dumps(sorted(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert set(json.loads(said.splitlines()[-1])) & HEAVY == set()
    for command in ("run", "stop", "status", "doctor", "migrate", "psql", "import", "simulate", "password"):
        assert f" {command} " in said


def test_version() -> None:
    assert CliRunner().invoke(app, ["--version"]).output.strip() == f"clientnest {__version__}"


def test_an_error_of_ours_is_its_message_and_advice() -> None:
    answer = CliRunner().invoke(failing(PermanentError("Row 3 has no date.", advice="Add one.")), ["try"])
    assert answer.exit_code == 1
    assert answer.stderr.splitlines() == ["Row 3 has no date.", "  Add one."]


def test_a_surprise_is_one_sentence_and_its_traceback_is_in_the_log(home: Path) -> None:
    answer = CliRunner().invoke(failing(ZeroDivisionError("division by zero")), ["try"])
    assert answer.exit_code == 1
    assert "Traceback" not in answer.stderr
    assert "ZeroDivisionError: division by zero" in answer.stderr
    log = home / "logs" / "errors.log"
    assert str(log) in answer.stderr.replace("\n", "")
    assert "raise error" in log.read_text()


def test_a_wrong_option_is_a_usage_error() -> None:
    assert CliRunner().invoke(app, ["run", "--api-port", "99999"]).exit_code == 2


def test_a_setting_that_does_not_fit_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENTNEST_API_PORT", "eighty")
    settings.forget()
    answer = CliRunner().invoke(app, ["run"])
    settings.forget()
    assert answer.exit_code == 1
    assert answer.stderr.startswith("CLIENTNEST_API_PORT is set to 'eighty'")


def test_commands_about_an_installation_that_was_never_started(home: Path) -> None:
    assert "does not run" in CliRunner().invoke(app, ["status"]).output
    assert CliRunner().invoke(app, ["stop"]).output.strip() == "Nothing runs."
    answer = CliRunner().invoke(app, ["doctor", "--json"])
    found = {finding["subject"]: finding["level"] for finding in json.loads(answer.output)}
    assert found["Database"] == "skip"
    assert found["Running"] == "skip"
    assert "fail" not in found.values()
    assert list(home.iterdir()) == []  # looking changes nothing
