"""Child processes: started clean, logged, stopped with all they started, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from clientnest.errors import PermanentError
from clientnest.stack import child as processes
from clientnest.stack.child import Child

WITH_GRANDCHILD = (
    "import subprocess, sys, time; subprocess.Popen(['sleep', '300']); print('up', flush=True); time.sleep(300)"
)
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(300)"
)


def _python(code: str, tmp_path: Path) -> Child:
    started = Child([sys.executable, "-c", code], os.environ, tmp_path / "logs" / "it.log", tmp_path)
    _until(lambda: processes.last_lines(started.log) == ["up"])
    return started


def _until(met: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not met():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def test_stopping_ends_what_the_child_started_too(tmp_path: Path) -> None:
    started = _python(WITH_GRANDCHILD, tmp_path)
    (grandchild,) = psutil.Process(started.pid).children()
    started.stop(2)
    assert started.exit_code == -signal.SIGTERM
    assert not grandchild.is_running()


def test_a_child_that_does_not_heed_is_killed_after_the_grace(tmp_path: Path) -> None:
    started = _python(STUBBORN, tmp_path)
    began = time.monotonic()
    started.stop(0.5)
    assert started.exit_code == -signal.SIGKILL
    assert 0.4 < time.monotonic() - began < 5


def test_several_children_share_one_grace(tmp_path: Path) -> None:
    started = [_python(STUBBORN, tmp_path / str(number)) for number in range(3) if not (tmp_path / str(number)).mkdir()]
    began = time.monotonic()
    processes.stop_all(started, 1)
    assert time.monotonic() - began < 2.5


def test_an_ignored_interrupt_is_not_inherited(tmp_path: Path) -> None:
    """A shell's `make run &` ignores SIGINT; programs that are stopped by it must still be."""
    code = (
        "import os, sys, time; from pathlib import Path; from clientnest.stack.child import Child\n"
        "Child([sys.executable, '-c', 'import signal; print(signal.getsignal(signal.SIGINT))'], os.environ,"
        f" Path({str(tmp_path / 'out.log')!r}), Path('/')).wait(20)"
    )
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        subprocess.run([sys.executable, "-c", code], check=True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert "default_int_handler" in processes.last_lines(tmp_path / "out.log")[0]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_children_die_with_a_starter_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from clientnest.stack.child import Child\n"
        f"c = Child(['/bin/sleep', '300'], os.environ, Path({str(tmp_path / 'out.log')!r}), Path('/'))\n"
        "print(c.pid, flush=True); time.sleep(300)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    orphan = psutil.Process(int(starter.stdout.readline()))
    _until(lambda: orphan.name() == "sleep")
    starter.kill()
    starter.wait()
    psutil.wait_procs([orphan], timeout=5)
    assert not orphan.is_running()


def test_a_program_that_is_not_there_ends_at_once_and_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    missing = Child(["/no/such/program"], os.environ, tmp_path / "a.log", tmp_path)
    assert missing.wait(10) not in (None, 0)
    with pytest.raises(PermanentError, match="could not be started"):
        Child(["/bin/true"], os.environ, tmp_path / "a.log", tmp_path / "nowhere")


def test_a_long_log_moves_aside_while_its_writer_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOG_BYTES", 1000)
    log = tmp_path / "it.log"
    with log.open("ab", buffering=0) as writer:
        for number in range(6):
            writer.write(b"%d" % number * 1500 + b"\n")
            processes.rotate(log)
        writer.write(b"after\n")
    assert log.read_bytes() == b"after\n"
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["it.log", "it.log.1", "it.log.2", "it.log.3"]
    assert [(tmp_path / name).read_bytes()[:1] for name in kept[1:]] == [b"5", b"4", b"3"]
