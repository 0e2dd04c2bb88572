"""The short table: what is where, who may sign in, how to go on."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from clientnest.stack.display import summary
from clientnest.stack.layout import Layout

if TYPE_CHECKING:
    from clientnest.identity.setup import Logins

_LABELS = {"dashboards": "Dashboards", "api": "API docs", "dagster": "Dagster", "mlflow": "MLflow"}


def show_addresses(
    console: Console,
    layout: Layout,
    addresses: Mapping[str, str],
    logins: "Logins | None",
    *,
    took: float,
    training: bool,
) -> None:
    """Print it. `took`: seconds that the start needed; `training`: whether the first models are being trained."""
    command = command_name()
    rows = [(label, addresses[key]) for key, label in _LABELS.items() if key in addresses]
    if logins and logins.demo_email:
        rows.append(("Demo login", f"{logins.demo_email}  password {logins.demo_password}   (generated demo data)"))
    if logins:
        password = logins.owner_password
        shown = f"password {password}   (shown this once)" if password else f"(forgotten? {command} password EMAIL)"
        rows.append(("Owner login", f"{logins.owner_email}  {shown}"))
    rows += [
        ("Data", str(layout.home)),
        ("Logs", str(layout.logs)),
        ("Import", f"{command} import FILE..."),
        ("Stop", "Ctrl-C here, or `make stop` in another terminal"),
    ]
    notes = []
    if training:
        notes.append("The first models are being trained in the background; until then predictions say there is none.")
    if "SSH_CONNECTION" in os.environ:
        ports = " ".join(
            f"-L {address.split(':')[2].split('/')[0]}:{address.split('/')[2]}" for address in addresses.values()
        )
        notes.append(f"You are on another machine? Open the addresses there through: ssh {ports} THIS-MACHINE")
    summary(console, f"ClientNest is up after {took:.0f} s", rows, notes)


def command_name() -> str:
    """How a person calls `clientnest` from where they are."""
    script = Path(sys.executable).with_name("clientnest")
    if shutil.which("clientnest") == str(script):
        return "clientnest"
    here = Path.cwd()
    shown = script.relative_to(here) if script.is_relative_to(here) else script
    return shlex.quote(str(shown))
