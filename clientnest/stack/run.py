"""`clientnest run`: from a folder to a running installation, and back."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType

from rich.console import Console

from clientnest import secrets, settings
from clientnest.home import ensure, require_room
from clientnest.stack import record as records
from clientnest.stack.addresses import show_addresses
from clientnest.stack.display import TerminalDisplay
from clientnest.stack.layout import Layout
from clientnest.stack.ports import Wish, choose
from clientnest.stack.record import Record, only_one
from clientnest.stack.services import Ports, base_environment, working_folder
from clientnest.stack.supervisor import Supervisor

NEEDED_BYTES = 1024**3
_LABELS = {"api": "the API", "dashboards": "the dashboards", "dagster": "Dagster", "mlflow": "MLflow"}


def run(asked_ports: Mapping[str, int | None], console: Console) -> None:
    """Start everything, show the addresses, stay until a signal, stop everything. What goes wrong is a sentence.

    `asked_ports`: by service, the port that a person gave on the command line.
    """
    layout = Layout(ensure(settings.core().home))
    require_room(layout.home, NEEDED_BYTES, "ClientNest")
    with only_one(layout):
        _run(layout, asked_ports, console)


def _run(layout: Layout, asked_ports: Mapping[str, int | None], console: Console) -> None:
    from clientnest.stack.steps import Start  # loads the database's libraries

    began = time.monotonic()
    stopping = threading.Event()
    display = TerminalDisplay(console)
    installation_id = secrets.load(layout.home).installation_id
    if ended := records.end_leftovers(layout.record, installation_id):
        display.notice(f"An earlier run was killed and left {ended} processes behind; they were ended.")
    ports = _choose_ports(asked_ports, display)
    base = base_environment(layout, ports, installation_id)
    os.environ.update({name: value for name, value in base.items() if name.startswith("CLIENTNEST_")})
    settings.forget()
    start = Start(layout, ports, base, installation_id, display, stopping)
    plan = start.plan()
    record = Record(layout.record, ports.addresses())
    supervisor = Supervisor(plan, layout, record, display, working_folder(), stopping)
    restore = _heed_signals(supervisor, console)
    told = False
    try:
        display.open([(item.key, item.label) for item in plan.items])
        supervisor.start()
        display.close()
        if not supervisor.stopping:
            record.phase("running")
            show_addresses(
                console, layout, ports.addresses(), start.logins,
                took=time.monotonic() - began, training=start.brings_first_results,
            )  # fmt: skip
            told = True
            start.refresh_tables()
            supervisor.watch()
    finally:
        display.close()
        if not told and start.logins and start.logins.owner_password:
            console.print(f"The owner's login: {start.logins.owner_email}, password {start.logins.owner_password}")
        supervisor.stop()
        restore()
    console.print(f"Stopped. Your data is kept in {layout.home}.", soft_wrap=True)


def _choose_ports(asked: Mapping[str, int | None], display: TerminalDisplay) -> Ports:
    configured = settings.stack()
    chosen = choose(
        [
            Wish(
                service, label,
                asked.get(service) or getattr(configured, f"{service}_port"),
                explicit=asked.get(service) is not None or f"CLIENTNEST_{service.upper()}_PORT" in os.environ,
            )
            for service, label in _LABELS.items()
        ],
        display.notice,
    )  # fmt: skip
    with socket.socket() as probe:  # nobody opens this one, so any free port will do
        probe.bind(("127.0.0.1", 0))
        code: int = probe.getsockname()[1]
    return Ports(**chosen, code=code)


def _heed_signals(supervisor: Supervisor, console: Console) -> Callable[[], None]:
    """The first signal stops everything in order, a second one ends it at once, a third this process too."""
    received = 0

    def heed(_number: int, _frame: FrameType | None) -> None:
        nonlocal received
        received += 1
        if received == 1:
            console.print("\nStopping everything; the database last. Ctrl-C again ends it at once.")
            supervisor.ask_to_stop()
        elif received == 2:
            supervisor.kill()
        else:
            os._exit(130)

    before = {number: signal.signal(number, heed) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore
