"""Which networks' accounts can be connected here, and what an app for each needs."""

from dataclasses import dataclass

from clientnest import registry
from clientnest.accounts.protocol import OAuthNetwork, oauth_network
from clientnest.accounts.servers import federated, redirect_uri
from clientnest.errors import BadInput


@dataclass(frozen=True, slots=True)
class Offered:
    """One network. `has_servers`: it is many servers, at each of which this installation registers itself.
    `redirect_uri`, `scopes`, `app_page` (where people register an app): nothing where it cannot be connected."""

    network: str
    label: str
    can_connect: bool
    has_servers: bool
    redirect_uri: str | None
    scopes: tuple[str, ...]
    app_page: str | None


def offered() -> list[Offered]:
    """Every network, in the order of the registry."""
    return [_offered(network) for network in registry.networks()]


def _offered(network: registry.Network) -> Offered:
    part = _part(network.name)
    if part is None:
        return Offered(network.name, network.label, False, False, None, (), None)
    many = federated(network.name) is not None
    return Offered(network.name, network.label, True, many, redirect_uri(), tuple(part.scopes), part.app_page)


def _part(name: str) -> OAuthNetwork | None:
    try:
        return oauth_network(name)
    except BadInput:
        return None
