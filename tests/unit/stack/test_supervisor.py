"""Starting, watching and stopping, with real processes that stand in for the services."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from clientnest.errors import PermanentError
from clientnest.stack import record as records
from clientnest.stack import supervisor as supervision
from clientnest.stack.layout import Layout
from clientnest.stack.plan import Plan, Service, Step
from clientnest.stack.record import Record
from clientnest.stack.supervisor import Supervisor


class Told:
    """Keeps what a start tells."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def begin(self, key: str) -> None:
        self.said.append(f"begin {key}")

    def remark(self, key: str, text: str) -> None: ...

    def done(self, key: str, remark: str | None = None) -> None:
        self.said.append(f"done {key}")

    def fail(self, key: str, reason: str) -> None:
        self.said.append(f"fail {key}: {reason}")

    def notice(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"READY_EVERY": 0.02, "ALIVE_EVERY": 0.1, "MISSES": 3, "LONGEST_PAUSE": 0.05}.items():
        monkeypatch.setattr(supervision, name, value)


def service(tmp_path: Path, key: str, code: str = "", **more: object) -> Service:
    """A process that touches a file when it is up, then sleeps. `code` runs before."""
    ready = tmp_path / f"{key}.ready"
    program = f"{code}\nopen({str(ready)!r}, 'w').close()\nimport time; time.sleep(300)"
    options: dict[str, object] = {"ready": ready.exists, "alive": lambda: True, **more}
    return Service(key, key.title(), lambda: [sys.executable, "-c", program], lambda: os.environ, **options)  # type: ignore[arg-type]


@contextmanager
def running(plan: Plan, tmp_path: Path, display: Told) -> Iterator[Supervisor]:
    layout = Layout(tmp_path)
    supervisor = Supervisor(plan, layout, Record(layout.record, {}), display, tmp_path, threading.Event())
    try:
        supervisor.start()
        yield supervisor
    finally:
        supervisor.stop()


def pid_of(tmp_path: Path, key: str) -> int:
    return int((records.read(tmp_path / "run.json") or {})["services"][key]["pid"])


def until(met: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def test_a_service_starts_after_what_it_needs_and_everything_is_stopped_at_the_end(tmp_path: Path) -> None:
    display, finished = Told(), []
    plan = Plan(
        [Step("base", "Base", lambda: None), service(tmp_path, "api", after=("base",))],
        finish=lambda: finished.append(psutil.pid_exists(process.pid) and process.is_running()),
    )
    with running(plan, tmp_path, display):
        process = psutil.Process(pid_of(tmp_path, "api"))
        assert display.said == ["begin base", "done base", "begin api", "done api"]
    assert finished == [False]  # the last step ran once, when nothing else ran any more
    assert not (tmp_path / "run.json").exists()


def test_a_killed_service_is_started_again_and_both_are_said(tmp_path: Path) -> None:
    display = Told()
    with running(Plan([service(tmp_path, "api")]), tmp_path, display):
        first = pid_of(tmp_path, "api")
        os.kill(first, signal.SIGKILL)
        until(lambda: "Api runs again." in display.said)
        assert pid_of(tmp_path, "api") != first
        (told,) = [text for text in display.said if text.startswith("Api stopped")]
        assert "signal 9" in told
        assert str(tmp_path / "logs" / "api.log") in told


def test_a_service_that_stops_answering_is_started_again(tmp_path: Path) -> None:
    display, answers = Told(), iter([True, True] + [False] * 3)
    with running(Plan([service(tmp_path, "api", alive=lambda: next(answers, True))]), tmp_path, display):
        first = pid_of(tmp_path, "api")
        until(lambda: "Api runs again." in display.said)
        assert pid_of(tmp_path, "api") != first
        assert not psutil.pid_exists(first)
        assert any("no longer answered" in text for text in display.said)


def test_silence_of_a_moment_is_no_reason_to_restart(tmp_path: Path) -> None:
    display, asked = Told(), []
    with running(
        Plan([service(tmp_path, "api", alive=lambda: bool(asked.append(1)) or len(asked) % 3 == 0)]), tmp_path, display
    ):
        first = pid_of(tmp_path, "api")
        until(lambda: len(asked) > 8)
        assert pid_of(tmp_path, "api") == first


def test_a_start_goes_on_without_a_service_that_does_not_come_up(tmp_path: Path) -> None:
    display = Told()
    broken = service(tmp_path, "mlflow", code="print('no such table'); raise SystemExit(3)")
    needs_it = Step("demo", "Demo", lambda: None, after=("mlflow",))
    with running(Plan([broken, service(tmp_path, "api"), needs_it]), tmp_path, display) as supervisor:
        assert supervisor.failed == ["mlflow", "demo"]
        assert "fail mlflow: no such table" in display.said
        assert any("ended with code 3" in text for text in display.said)
        assert "done api" in display.said
        until(lambda: sum(text.startswith("Mlflow stopped") for text in display.said) > 3)  # it is tried on


def test_a_step_that_fails_ends_the_start_and_what_was_started(tmp_path: Path) -> None:
    def refuse() -> None:
        until((tmp_path / "api.ready").exists)
        raise PermanentError("the disk is full", advice="Free some.")

    display = Told()
    plan = Plan([Step("base", "Base", refuse), service(tmp_path, "api")])
    before = set(psutil.Process().children(recursive=True))  # helpers of libraries that earlier tests used
    with pytest.raises(PermanentError, match="the disk is full"), running(plan, tmp_path, display):
        pytest.fail("it should not have started")
    left = set(psutil.Process().children(recursive=True)) - before
    assert not [one for one in left if one.status() != psutil.STATUS_ZOMBIE]


def test_services_are_stopped_wave_by_wave(tmp_path: Path) -> None:
    order = str(tmp_path / "order")
    note = (
        "import signal, sys, time\n"
        "def end(*_): time.sleep(0.2); open(ORDER, 'a').write(NAME); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)"
    ).replace("ORDER", repr(order))
    plan = Plan([
        service(tmp_path, "code", code=note.replace("NAME", "'c'"), wave=2),
        service(tmp_path, "api", code=note.replace("NAME", "'a'")),
    ])  # fmt: skip
    with running(plan, tmp_path, Told()):
        pass
    assert (tmp_path / "order").read_text() == "ac"


def test_asking_to_stop_while_it_starts_ends_the_start(tmp_path: Path) -> None:
    never = service(tmp_path, "slow", ready=lambda: False)
    layout = Layout(tmp_path)
    supervisor = Supervisor(Plan([never]), layout, Record(layout.record, {}), Told(), tmp_path, threading.Event())
    threading.Timer(0.5, supervisor.ask_to_stop).start()
    supervisor.start()
    process = psutil.Process(pid_of(tmp_path, "slow"))
    supervisor.stop()
    assert not process.is_running()
