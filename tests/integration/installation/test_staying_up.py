"""`clientnest run`, whole, after the main job: it survives kills, explains itself, and stops without a trace."""

import json
import signal
import time

import psutil
import pytest

from clientnest.stack import record
from tests.integration.installation.conftest import PATHS, Installation, until

pytestmark = pytest.mark.timeout(1200)


def test_nothing_listens_beyond_this_machine(installation: Installation) -> None:
    ours = installation.processes()
    assert len(ours) > len(PATHS)
    heard = {
        one.laddr.ip
        for process in (*ours, installation.postmaster())
        for one in process.net_connections("inet")
        if one.status == psutil.CONN_LISTEN
    }
    assert heard
    assert heard <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}


def test_the_doctor_finds_it_well(installation: Installation) -> None:
    found = json.loads(installation.clientnest("doctor", "--json").stdout)
    assert [finding for finding in found if finding["level"] == "fail"] == []
    assert {"Database", "Migrations", "Rights", "Running", "api", "Dagster daemon"} <= {one["subject"] for one in found}


def test_a_second_run_says_where_the_first_is(installation: Installation) -> None:
    answer = installation.clientnest("run")
    assert answer.returncode == 0
    assert "already runs" in answer.stdout
    assert installation.noted()["addresses"]["dashboards"] in answer.stdout
    assert not installation.ended


@pytest.mark.parametrize("service", ["api", "code"])
def test_a_killed_service_comes_back_and_the_terminal_says_so(installation: Installation, service: str) -> None:
    before = record.process(installation.noted()["services"][service])
    assert before is not None
    said = len(installation.output)
    before.kill()
    until(lambda: "runs again." in installation.output[said:], 120)
    after = record.process(installation.noted()["services"][service])
    assert after is not None
    assert after.pid != before.pid
    until(lambda: installation.answers("api"), 60)


def test_a_killed_database_comes_back_and_the_api_with_it(installation: Installation) -> None:
    killed = installation.postmaster()
    killed.kill()
    until(lambda: "The database runs again" in installation.output, 120)
    until(lambda: installation.answers("api"), 60)
    assert installation.postmaster().pid != killed.pid


def test_after_a_kill_of_the_supervisor_the_next_start_cleans_up_and_keeps_everything(
    installation: Installation,
) -> None:
    assert installation.run is not None
    services = [record.process(entry) for entry in installation.noted()["services"].values()]
    installation.run.kill()
    installation.run.wait()
    installation.start()
    assert all(service is not None and not service.is_running() for service in services)
    assert "Owner login" in installation.output
    assert "shown this once" not in installation.output  # the owner is the one that was made at the first start
    for service in PATHS:
        assert installation.answers(service), service


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_in_seconds(installation: Installation, number: signal.Signals) -> None:
    """What a supervisor of services sends, and Ctrl-C."""
    if installation.ended:
        installation.start()
    assert installation.run is not None
    database = installation.postmaster()
    began = time.monotonic()
    installation.run.send_signal(number)
    assert installation.run.wait(60) == 0
    assert time.monotonic() - began < 30  # about ten on an idle machine
    assert f"Stopped. Your data is kept in {installation.home}" in installation.output
    assert installation.processes() == []
    assert not database.is_running() or database.status() == psutil.STATUS_ZOMBIE  # until init takes its exit code
    assert installation.clientnest("status").returncode == 1
