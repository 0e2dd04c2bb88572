"""What a network supplies so that its accounts can be connected with OAuth 2.

A network that supports it has a module `connecting` in its package, with an object `OAUTH` of this protocol, loaded
when first asked for. Its methods talk to the network and touch no database. They raise `Unavailable` where trying again
may help, `GrantRefused` where the person has to connect again, `AppRefused` where the app's id or secret is wrong, and
`NetworkRefused` for anything else that the network says no to; `clientnest.accounts.oauth` does so for networks that
follow RFC 6749.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from importlib import import_module
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from clientnest import registry
from clientnest.errors import BadInput, PermanentError
from clientnest.words import on_one_line

_LONGEST_NAME = 200
_WEB_ADDRESS = re.compile(r"https?://[\x21-\x7e]{1,2000}")


class NetworkRefused(PermanentError):
    """The network said no, in its own words; saying the same again gives the same answer."""

    code = "network-refused"


class GrantRefused(NetworkRefused):
    """The code or token is not good any more: used, ended, or taken back at the network."""

    code = "grant-refused"


class AppRefused(PermanentError):
    """The network does not accept the app's id or secret; no account connected through it can be renewed."""

    code = "app-refused"


class Renewal(StrEnum):
    """How a network renews an access."""

    BY_REFRESHING = "refresh"
    BY_ITSELF = "itself"  # the access token, before it ends
    NEVER = "never"  # the person connects again


@dataclass(frozen=True, slots=True)
class App:
    """An OAuth app as the network knows it. `server`: of a network that has many, else ""; `client_secret` None: a
    public client."""

    id: UUID
    network: str
    server: str
    client_id: str
    client_secret: str | None = field(repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a network gave. `scopes` None: as asked for; instants None: it does not end by itself, or is not said.

    A blank refresh token is none: some networks send one, and it must never replace a good one.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] | None = None
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.refresh_token is not None and not self.refresh_token.strip():
            object.__setattr__(self, "refresh_token", None)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an access token stands for: the network's own id of the account, and its name for people.

    Names are what people at the network typed: kept on one line, and the id stands in for one that says nothing. Of
    addresses only those of the web are kept: they become links. `told` is what the network says that this account may
    publish, as its rules read it (`clientnest.rules.Rules.limits_from`); None where it does not say.
    """

    external_id: str
    display_name: str
    url: str | None = None
    told: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        name = on_one_line(self.display_name)[:_LONGEST_NAME].rstrip()
        object.__setattr__(self, "display_name", name or self.external_id)
        if self.url is not None and _WEB_ADDRESS.fullmatch(self.url) is None:
            object.__setattr__(self, "url", None)


@dataclass(frozen=True, slots=True)
class Registered:
    """An app that a server has just made for this installation."""

    client_id: str
    client_secret: str | None = field(repr=False)


class OAuthNetwork(Protocol):
    """A network's part. `renew_ahead`: how long before its end an access is renewed. `app_page`: where people register
    an app, or read how."""

    @property
    def app_page(self) -> str: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def renewal(self) -> Renewal: ...
    @property
    def renew_ahead(self) -> timedelta: ...

    def authorise_url(
        self, app: App, *, state: str, code_challenge: str, redirect_uri: str, scopes: Sequence[str]
    ) -> str:
        """Where the person's browser goes to agree. `code_challenge` is S256 of RFC 7636."""
        ...

    def exchange(self, app: App, *, code: str, code_verifier: str, redirect_uri: str) -> Tokens: ...

    def refresh(self, app: App, tokens: Tokens) -> Tokens:
        """Fresh tokens for those stored. Without a refresh token in the answer, the stored one stays good."""
        ...

    def who_am_i(self, app: App, tokens: Tokens) -> Identity: ...


@runtime_checkable
class FederatedNetwork(Protocol):
    """What a network of many servers supplies besides. Each server knows apps of its own, and takes new ones."""

    def server(self, given: str) -> str:
        """The name under which a server is kept, from what somebody typed; `BadInput` where that names none."""
        ...

    def server_of(self, external_id: str) -> str:
        """The server of an account, from its id. `BadInput` where the id names none."""
        ...

    def register(self, server: str, *, redirect_uri: str, scopes: Sequence[str]) -> Registered:
        """Make an app at a server. Besides what the others raise: `BadInput` where there is none at that name."""
        ...


def oauth_network(name: str) -> OAuthNetwork:
    """The OAuth part of a network. `BadInput` where there is no such network, or it has none."""
    label = registry.network(name).label
    module = f"clientnest.networks.{name}.connecting"
    try:
        found: OAuthNetwork = import_module(module).OAUTH
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise BadInput(
            f"{label} accounts cannot be connected yet.", advice="Import the network's analytics export instead."
        ) from error
    return found
