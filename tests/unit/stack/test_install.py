"""Installing from the lock: once, again when something changed, and in sentences when it cannot be done."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "clientnest" / "stack" / "install.py"
UV = """#!/bin/sh
[ "$1" = --version ] && { echo "uv VERSION (fake)"; exit 0; }
echo "$@" >> "$LOG"
[ -n "$FAIL" ] && { echo "no route to pypi.org" >&2; exit 1; }
mkdir -p "$UV_PROJECT_ENVIRONMENT/bin" && touch "$UV_PROJECT_ENVIRONMENT/bin/python"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout in a folder with a space in its name."""
    folder = tmp_path / "my project"
    (folder / "clientnest" / "stack").mkdir(parents=True)
    shutil.copy(SCRIPT, folder / "clientnest" / "stack" / "install.py")
    (folder / "uv.lock").write_text("lock 1")
    (folder / "pyproject.toml").write_text("project 1")
    return folder


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the script with a stand-in for uv first on the path; its calls are in `calls`."""
    (tmp_path / "bin").mkdir()

    def run(project: Path, *arguments: str, uv: str | None = "0.9.1", **more: str) -> subprocess.CompletedProcess[str]:
        program = tmp_path / "bin" / "uv"
        if uv is None:
            program.unlink(missing_ok=True)
        else:
            program.write_text(UV.replace("VERSION", uv))
            program.chmod(0o755)
        path = f"{tmp_path / 'bin'}:/usr/bin:/bin"
        environment = {"PATH": path, "HOME": str(tmp_path), "LOG": str(tmp_path / "calls"), **more}
        script = project / "clientnest" / "stack" / "install.py"
        return subprocess.run(
            [sys.executable, str(script), *arguments], env=environment, capture_output=True, text=True, check=False
        )

    return run


def calls(tmp_path: Path) -> list[str]:
    log = tmp_path / "calls"
    return log.read_text().splitlines() if log.exists() else []


def test_it_installs_once_and_again_only_when_the_lock_or_the_place_changed(
    project: Path, install: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    assert install(project).returncode == 0
    (call,) = calls(tmp_path)
    assert call.startswith("sync --locked --no-default-groups")
    again = install(project)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert len(calls(tmp_path)) == 1

    (project / "uv.lock").write_text("lock 2")
    install(project)
    assert len(calls(tmp_path)) == 2

    moved = project.rename(project.with_name("moved"))
    install(moved)
    assert len(calls(tmp_path)) == 3

    (moved / ".venv" / "bin" / "python").unlink()  # the system's Python was upgraded and the link leads nowhere
    install(moved)
    assert len(calls(tmp_path)) == 4


def test_groups_that_developers_installed_stay(
    project: Path, install: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    install(project)
    install(project, "--dev")
    install(project)
    assert [call.count("--group dev") for call in calls(tmp_path)] == [0, 1]
    (project / "uv.lock").write_text("lock 2")
    install(project)
    assert calls(tmp_path)[-1].endswith("--group dev")


def test_an_interrupted_installation_is_not_taken_for_a_complete_one(
    project: Path, install: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    failed = install(project, FAIL="1")
    assert failed.returncode == 1
    assert "no route to pypi.org" in failed.stderr
    assert "HTTPS_PROXY" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert install(project).returncode == 0
    assert len(calls(tmp_path)) == 2
    assert json.loads((project / ".venv" / ".installed.json").read_text())["root"] == str(project)


def test_without_uv_and_without_a_way_to_get_it_there_is_a_sentence(
    project: Path, install: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    for uv in (None, "0.4.0"):  # missing, or too old to read this lock
        answer = install(project, uv=uv, PIP_NO_INDEX="1", **nowhere)
        assert answer.returncode == 1
        assert "uv could not be fetched from PyPI" in answer.stderr
        assert "Traceback" not in answer.stderr


def test_a_checkout_that_may_not_be_written_is_a_sentence(
    project: Path, install: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (project / ".cache").write_text("a file where a folder has to be")
    answer = install(project)
    assert answer.returncode == 1
    assert "cannot be written" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_old_python_can_read_the_script() -> None:
    """Nothing newer than Python 3.6 is evaluated, so that it can say what it needs."""
    import ast

    ast.parse(SCRIPT.read_text(), feature_version=(3, 6))
