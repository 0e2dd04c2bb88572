"""The servers of a network: one, or many that each know apps of their own.

Where there are many, this installation registers itself as it first connects an account at one. The server is asked
between transactions; what it gave belongs to the workspace that asked.
"""

from uuid import UUID

from sqlalchemy import Connection

from clientnest import registry, settings
from clientnest.accounts.apps import REGISTERED_FOR, KeptApp, add_app, app_at, replace_app
from clientnest.accounts.protocol import FederatedNetwork, Registered, oauth_network
from clientnest.errors import BadInput, Conflict

CALLBACK = "/connect/callback"


def redirect_uri() -> str:
    """Where networks send people back to: this installation's public address, whatever a request calls it."""
    return settings.mail().public_url.rstrip("/") + CALLBACK


def federated(network: str) -> FederatedNetwork | None:
    """The network's part for its many servers; None where it has one. Raises as `oauth_network`."""
    part = oauth_network(network)
    return part if isinstance(part, FederatedNetwork) else None


def server_named(network: str, given: str) -> str:
    """The server that somebody names, as it is kept; "" for a network that has one. `BadInput` where it fits not."""
    part = federated(network)
    if part is not None:
        return part.server(given)
    if given.strip():
        label = registry.network(network).label
        raise BadInput(f"{label} has one server.", advice="Leave the server out.", details={"field": "body.server"})
    return ""


def needs_registering(connection: Connection, workspace_id: UUID, network: str, server: str) -> bool:
    """Whether this installation has to register itself at the server before an account can be connected there: there
    is no app, or one of its own making that knows another address or other scopes."""
    if federated(network) is None:
        return False
    app = app_at(connection, workspace_id, network, server)
    if app is None:
        return True
    known = app.extra.get(REGISTERED_FOR)
    return known is not None and known != _terms(network)


def register(network: str, server: str) -> Registered:
    """Ask a server to make an app for this installation. Raises as `FederatedNetwork.register`."""
    part = federated(network)
    if part is None:
        raise BadInput(f"{registry.network(network).label} takes no apps by itself.")
    return part.register(server, redirect_uri=redirect_uri(), scopes=oauth_network(network).scopes)


def keep_registered(
    connection: Connection, workspace_id: UUID, network: str, server: str, made: Registered
) -> KeptApp | None:
    """Keep what a server made, as the workspace's app; None where somebody else was faster, and theirs is kept."""
    if not needs_registering(connection, workspace_id, network, server):
        return None
    former = app_at(connection, workspace_id, network, server)
    extra = {REGISTERED_FOR: _terms(network)}
    try:
        if former is None:
            return add_app(
                connection, workspace_id=workspace_id, network=network, server=server, client_id=made.client_id,
                client_secret=made.client_secret, extra=extra,
            )  # fmt: skip
        return replace_app(
            connection, workspace_id, former.id, client_id=made.client_id, client_secret=made.client_secret,
            extra=extra, revision=former.revision,
        )  # fmt: skip
    except Conflict:
        return None


def _terms(network: str) -> dict[str, object]:
    return {"redirect_uri": redirect_uri(), "scopes": list(oauth_network(network).scopes)}
