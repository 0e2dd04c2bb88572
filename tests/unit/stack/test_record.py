"""`run.json`: ours is what carries our mark or matches number and time of creation; nothing else is ever touched."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from clientnest.stack import record
from clientnest.stack.child import MARK
from clientnest.stack.layout import Layout
from clientnest.stack.record import AlreadyRunning, Record

Sleeper = Callable[[str | None], subprocess.Popen[bytes]]


@pytest.fixture
def sleeper() -> Iterator[Sleeper]:
    """Starts a process that carries an installation's mark, or none."""
    started = []

    def start(mark: str | None) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if name != MARK}
        process = subprocess.Popen(["sleep", "300"], env={**environment, **({MARK: mark} if mark else {})})
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_only_this_installations_leftovers_are_ended(tmp_path: Path, sleeper: Sleeper) -> None:
    ours, another, nobodys = sleeper("this-one"), sleeper("another"), sleeper(None)
    assert record.end_leftovers(tmp_path / "run.json", "this-one", seconds=2) == 1
    assert ours.poll() is not None
    assert another.poll() is None
    assert nobodys.poll() is None


def test_a_process_that_was_noted_is_ended_without_a_mark_but_not_one_that_took_over_its_number(
    tmp_path: Path, sleeper: Sleeper
) -> None:
    noted, reused = sleeper(None), sleeper(None)
    written = Record(tmp_path / "run.json", {})
    written.service("api", noted.pid, 0)
    written.service("mlflow", reused.pid, 0)
    content = json.loads((tmp_path / "run.json").read_text())
    content["services"]["mlflow"]["created"] -= 3600  # the process that had this number an hour ago
    (tmp_path / "run.json").write_text(json.dumps(content))
    assert [one.pid for one in record.leftovers(tmp_path / "run.json", "nothing-has-this-mark")] == [noted.pid]


def test_what_runs_is_read_back_and_a_damaged_file_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    written = Record(path, {"api": "http://127.0.0.1:8000/docs"})
    written.phase("running")
    found = record.read(path)
    assert found is not None
    assert found["phase"] == "running"
    assert record.port_of(found, "api") == 8000
    assert record.process(found["supervisor"]) == psutil.Process()
    path.write_text('{"supervisor": ')
    assert record.read(path) is None
    assert record.leftovers(path, "nothing-has-this-mark") == []


def test_one_supervisor_at_a_time(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with record.only_one(layout), pytest.raises(AlreadyRunning, match="already runs"), record.only_one(layout):
        pass
    with record.only_one(layout):
        pass
