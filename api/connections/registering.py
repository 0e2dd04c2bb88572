"""Registering this installation at a server of a network, as an account there is first connected."""

from api.deps import Door
from clientnest import accounts
from clientnest.audit import CHANGED, Action, Change


def ensure_app(door: Door, network: str, server: str) -> None:
    """Make sure that there is an app to connect with, where the network makes one for whoever asks.

    The server is asked between two transactions, so nothing waits for it.
    """
    with door.open() as (connection, _):
        if not accounts.needs_registering(connection, door.workspace_id, network, server):
            return
    made = accounts.register(network, server)
    with door.open() as (connection, _):
        kept = accounts.keep_registered(connection, door.workspace_id, network, server, made)
        if kept is not None:
            door.record(connection, Action.NETWORK_APP_CHANGED, "network_app", kept.id, network=Change(after=network),
                        client_id=Change(after=kept.client_id), client_secret=CHANGED)  # fmt: skip
