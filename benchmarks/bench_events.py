"""Ten thousand clients listen to one brand over two API processes: how soon an event reaches them, and what they take.

250 members listen with 40 clients each, the most that all of them may connect within a minute. Events are told at an
even pace by a process of their own, as the worker does; an event's time runs from just before its commit.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

import psutil
from sqlalchemy import text

from benchmarks.brands import owner, workspace
from benchmarks.harness import Figure, at_least, installation, median, report
from benchmarks.load import percentile
from benchmarks.servers import product
from clientnest import events
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import issue_token
from clientnest.ids import new_id

MEMBERS = 250
PROCESSES = 2
PAUSE_SECONDS = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=20)
    options = parser.parse_args()
    _allow_files(options.clients + 1_000)
    with installation(), ExitStack() as stack:
        _make_team()
        servers = [stack.enter_context(product()) for _ in range(PROCESSES)]
        time.sleep(2)
        empty = [_pss(server.pid) for server in servers]
        plan = {
            "ports": [server.port for server in servers], "workspace_id": str(workspace(0)),
            "tokens": [issue_token(owner(number)) for number in range(MEMBERS)], "clients": options.clients,
        }  # fmt: skip
        clients = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.listeners"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert clients.stdin is not None
        assert clients.stdout is not None
        clients.stdin.write(json.dumps(plan) + "\n")
        clients.stdin.flush()
        ready = json.loads(clients.stdout.readline())
        print(f"  {options.clients:,} clients listen after {ready['seconds']:.1f} s", file=sys.stderr, flush=True)
        time.sleep(5)
        full = [_pss(server.pid) for server in servers]
        for number in range(options.events):
            _tell(number)
            time.sleep(PAUSE_SECONDS)
        clients.stdin.write("\n")
        clients.stdin.flush()
        told = json.loads(clients.stdout.readline())
        clients.wait()
    heard = {int(number): sorted(times) for number, times in told["heard"].items()}
    shares = [sum(taken <= 1 for taken in heard.get(n, [])) / options.clients for n in range(options.events)]
    slowest = [percentile(heard.get(n, []), 0.99) for n in range(options.events)]
    kilobytes = sum(after - before for after, before in zip(full, empty, strict=True)) / options.clients / 1024
    how = f"{options.clients:,} clients over {PROCESSES} processes, the worst of {options.events} events"
    report(
        "events",
        [
            at_least("clients that an event reaches within 1 s", 100 * min(shares), "%", 99, how),
            Figure("… the time in which it reaches 99% of them", median(slowest), "s",
                   how=f"median of {options.events} events"),
            Figure("memory of the API for each client", kilobytes, "KB", how="PSS of both processes, over those without"),
            Figure("clients that connect", options.clients / ready["seconds"], "/s", how="token, membership, last event"),
            Figure("the clients' own time on a processor", 100 * told["cpu"], "%", how="one process for all"),
        ],
        {
            "shares": shares, "p99": slowest, "p50": [percentile(heard.get(n, []), 0.5) for n in range(options.events)],
            "megabytes": {"empty": [one / 1024**2 for one in empty], "full": [one / 1024**2 for one in full],
                          "clients": ready["bytes"] / 1024**2}, "connecting": ready["seconds"],
        },
    )  # fmt: skip


def _make_team() -> None:
    """One workspace of many members."""
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("INSERT INTO app.workspace (id, name, slug) VALUES (:id, 'Brand', 'brand')"), {"id": workspace(0)}
        )
        connection.execute(
            text("INSERT INTO app.person (id, email, name) VALUES (:id, :email, 'Member')"),
            [{"id": owner(number), "email": f"member{number}@example.org"} for number in range(MEMBERS)],
        )
        connection.execute(
            text("INSERT INTO app.membership (workspace_id, person_id, role) VALUES (:workspace, :person, 'editor')"),
            [{"workspace": workspace(0), "person": owner(number)} for number in range(MEMBERS)],
        )


def _tell(number: int) -> None:
    with session.tenant(Role.WORKER, workspace_id=workspace(0)) as connection:
        payload: dict[str, Any] = {"number": number, "sent": time.time()}
        events.tell(connection, workspace(0), "account.connected", new_id(), payload)


def _pss(pid: int) -> int:
    return int(psutil.Process(pid).memory_full_info().pss)


def _allow_files(number: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(number, hard), hard))


if __name__ == "__main__":
    main()
