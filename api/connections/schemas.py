"""Connections, apps and networks as the API shows them. No secret is ever among them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.body import Body
from api.insights.queries import NetworkName

_VISIBLE = r"^[\x20-\x7e]*$"  # what RFC 6749, appendix A, lets ids, secrets and codes be made of
ServerName = Annotated[
    str,
    Field(
        max_length=300,
        description="Of a network that is many servers: which one, as `mastodon.social`. Else empty.",
        examples=["social.example"],
    ),
]
State = Literal["connected", "expiring", "needs_reconnect", "disconnected"]


class ConnectionOut(BaseModel):
    """An account that is or was connected: whether it works, what is wrong or will be, and what to do about it."""

    account_id: UUID
    network: str = Field(examples=["mastodon"])
    display_name: str = Field(examples=["Acme"])
    state: State
    is_usable: bool = Field(description="Whether posts can go out now.")
    problem: str | None = Field(examples=["The access to Acme on Mastodon ended at 2026-03-31 18:05 UTC."])
    advice: str | None = Field(examples=["Connect the account again."])
    missing_scopes: list[str] = Field(description="Rights that the network was asked for and did not give.")
    expires_at: datetime | None = Field(description="Null: the access does not end by itself.")
    last_refreshed_at: datetime | None
    last_checked_at: datetime | None = Field(description="When the network last said yes or no to this access.")
    connected_by: UUID | None = Field(description="Shown to those who may manage accounts.")


class ConnectionList(BaseModel):
    """Accounts with a problem come first. `total` and `with_problem` count beyond `limit`."""

    items: list[ConnectionOut]
    total: int
    with_problem: int


class ConnectionsQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    network: NetworkName | None = None
    limit: int = Field(200, ge=1, le=1000)


class ConnectIn(Body):
    """The network an account of which is to be connected, and its server where there are many."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"network": "mastodon", "server": "social.example"}]})

    network: NetworkName
    server: ServerName = ""


class BegunOut(BaseModel):
    """Where to send the person's browser. It comes back to the `redirect_uri` of GET /v1/networks."""

    url: str = Field(examples=["https://social.example/oauth/authorize?response_type=code&client_id=…&state=…"])
    expires_at: datetime = Field(description="By when it has to be back.")


class FinishIn(Body):
    """What the network sent back with the browser: a code, or an error. Whoever began it sends it, once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "Zk3…", "code": "qDF…"}]})

    state: str = Field(min_length=1, max_length=200)
    code: str | None = Field(None, min_length=1, max_length=4000, pattern=_VISIBLE)
    error: str | None = Field(None, min_length=1, max_length=200, pattern=_VISIBLE)
    error_description: str | None = Field(None, max_length=1000)

    @model_validator(mode="after")
    def _one(self) -> "FinishIn":
        if (self.code is None) == (self.error is None):
            raise ValueError("give either the code or the error that came back")
        return self

    @property
    def refusal(self) -> str | None:
        """Why there is no code, in the network's words."""
        described = "".join(sign if sign.isprintable() else " " for sign in self.error_description or "").strip(" .")
        return f"{described[:300]} ({self.error})" if described and self.error else self.error


class ConnectedOut(BaseModel):
    """An account that is connected now; `is_new`: the workspace did not have it before."""

    workspace_id: UUID
    account_id: UUID
    network: str = Field(examples=["mastodon"])
    external_id: str = Field(description="The network's own id.", examples=["acme@social.example"])
    display_name: str = Field(examples=["Acme"])
    is_new: bool


class AppIn(Body):
    """What a network gave for an app that was registered there. It replaces what is kept, the secret too."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"client_id": "TWhM-tNS", "client_secret": "ZEaFUFmF"}]})

    client_id: str = Field(min_length=1, max_length=2000, pattern=r"^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$")
    client_secret: str | None = Field(None, max_length=4000, pattern=_VISIBLE, description="Null: a public client.")


class NewAppIn(AppIn):
    """An app that was registered at a network, or at one of its servers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "network": "mastodon",
                    "server": "social.example",
                    "client_id": "TWhM-tNS",
                    "client_secret": "ZEaFUFmF",
                }
            ]
        }
    )

    network: NetworkName
    server: ServerName = ""


class AppOut(BaseModel):
    """An app of the workspace. Its secret is never shown."""

    id: UUID
    network: str = Field(examples=["mastodon"])
    server: str = Field(description="Empty for a network that has one.", examples=["social.example"])
    client_id: str = Field(examples=["TWhM-tNS"])
    has_secret: bool
    registered_itself: bool = Field(description="ClientNest registered it as an account was connected there.")
    created_at: datetime
    updated_at: datetime


class AppList(BaseModel):
    items: list[AppOut]


class NetworkOut(BaseModel):
    """A network, and what an app for it needs. Whoever runs the installation may have entered one for everybody."""

    network: str = Field(examples=["mastodon"])
    label: str = Field(examples=["Mastodon"])
    can_connect: bool = Field(description="Else its analytics exports are imported.")
    has_servers: bool = Field(description="It is many servers; at each, ClientNest registers an app by itself.")
    redirect_uri: str | None = Field(
        description="To enter where an app is registered.", examples=["https://clientnest.example/connect/callback"]
    )
    scopes: list[str] = Field(description="The rights that the app asks for.", examples=[["read:accounts"]])
    app_page: str | None = Field(
        description="Where apps are registered, or how.", examples=["https://docs.joinmastodon.org/client/token/#app"]
    )


class NetworkList(BaseModel):
    items: list[NetworkOut]
