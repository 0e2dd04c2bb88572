"""Which ports to listen on: those asked for, or the next free one where a default is taken by somebody else."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from clientnest.errors import Conflict

_TRIES = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """A port that a service would like; `explicit` when a person chose it, so that no other will do."""

    service: str
    label: str
    port: int
    explicit: bool

    @property
    def flag(self) -> str:
        return f"--{self.service}-port"

    @property
    def variable(self) -> str:
        return f"CLIENTNEST_{self.service.upper()}_PORT"


def choose(wishes: list[Wish], notice: Callable[[str], None]) -> dict[str, int]:
    """A free port for each service. Tells `notice` where it differs from the default; refuses where a person chose."""
    chosen: dict[str, int] = {}
    for wish in wishes:
        if wish.port not in chosen.values() and is_free(wish.port):
            chosen[wish.service] = wish.port
            continue
        taken = f"Port {wish.port} is in use by {_taker(wish.port, chosen)}"
        if wish.explicit:
            raise Conflict(
                f"{taken}; {wish.label} cannot listen there.",
                advice=f"Free it, or choose another with {wish.flag} or {wish.variable}.",
            )
        others = {other.port for other in wishes} | set(chosen.values())
        free = next(
            (
                port
                for port in range(wish.port + 1, min(wish.port + _TRIES, 65536))
                if port not in others and is_free(port)
            ),
            None,
        )
        if free is None:
            raise Conflict(
                f"{taken}, and none of the next {_TRIES} is free for {wish.label}.",
                advice=f"Choose one with {wish.flag} or {wish.variable}.",
            )
        chosen[wish.service] = free
        notice(f"{taken}, so {wish.label} uses {free}. Choose another with {wish.flag} or {wish.variable}.")
    return chosen


def is_free(port: int) -> bool:
    """Whether a server may listen on that port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: closed connections do not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def holder(port: int) -> str | None:
    """Who listens on that port, as far as this user may know: a program's name and process number."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return None
    for connection in connections:
        local = connection.laddr
        if connection.status == psutil.CONN_LISTEN and local and local.port == port and connection.pid:
            try:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
            except psutil.Error:
                return f"process {connection.pid}"
    return None


def _taker(port: int, chosen: dict[str, int]) -> str:
    ours = [service for service, other in chosen.items() if other == port]
    return f"our own {ours[0]}" if ours else holder(port) or "another program"
