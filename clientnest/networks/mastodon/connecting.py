"""Connecting accounts of Mastodon and of what speaks its API: to OAuth, each server is a network of its own.

https://docs.joinmastodon.org/client/authorized/, …/methods/apps/ and …/methods/oauth/. An access does not end and is
not renewed; the person or the server takes it back.
"""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from clientnest.accounts import oauth
from clientnest.accounts.asking import Answer, ask_anywhere
from clientnest.accounts.protocol import (
    App,
    AppRefused,
    GrantRefused,
    Identity,
    NetworkRefused,
    Registered,
    Renewal,
    Tokens,
)
from clientnest.errors import BadInput, Unavailable
from clientnest.ids import new_id
from clientnest.networks.mastodon import servers

_NAME = "ClientNest"
_LONGEST_TOLD = 32 * 1024
_VISIBLE = re.compile(r"[\x21-\x7e]{1,500}")
_USERNAME = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_ELSEWHERE = frozenset({301, 302, 303, 307, 308, 404, 405, 410})


@dataclass(frozen=True, slots=True)
class Mastodon:
    """The OAuth part of every server."""

    app_page: str = "https://docs.joinmastodon.org/client/token/#app"
    # No `profile`: servers before 4.3 do not know it, and refuse an app that asks for it.
    scopes: Sequence[str] = (
        "read:accounts", "read:statuses", "read:notifications", "write:statuses", "write:media",
    )  # fmt: skip
    renewal: Renewal = Renewal.NEVER
    renew_ahead: timedelta = timedelta(0)

    def server(self, given: str) -> str:
        return servers.name_of(given)

    def server_of(self, external_id: str) -> str:
        _, at, server = external_id.rpartition("@")
        if not at:
            raise BadInput(
                f"At which server {external_id} is, is not known here.",
                advice="Connect it as a new account, and name its server.",
            )
        return servers.name_of(server)

    def register(self, server: str, *, redirect_uri: str, scopes: Sequence[str]) -> Registered:
        label, asked = _label(server), " ".join(scopes)
        # No `website`: it would stand beside every post, and tell which installation sent it.
        form = {"client_name": _NAME, "redirect_uris": redirect_uri, "scopes": asked}
        try:
            answer = ask_anywhere(label, "POST", f"{servers.address_of(server)}/api/v1/apps", form=form)
        except Unavailable as error:
            raise BadInput(
                error.message, advice="Check the server's address. If it is right, try again later.",
                details={"field": "body.server"},
            ) from error  # fmt: skip
        if answer.status in _ELSEWHERE:
            raise _no_server(server)
        oauth.judge(label, answer)
        made = Registered(_said(answer, "client_id", server), _said(answer, "client_secret", server))
        # Servers before 4.3 forget an app that holds no token after a day; without one it works until then.
        with suppress(NetworkRefused, AppRefused, Unavailable):
            app = App(new_id(), "mastodon", server, made.client_id, made.client_secret)
            self._tokens(app, grant_type="client_credentials", scope=asked)
        return made

    def authorise_url(
        self, app: App, *, state: str, code_challenge: str, redirect_uri: str, scopes: Sequence[str]
    ) -> str:
        # Without `force_login`, who has agreed before is sent back as whoever is signed in, and never asked.
        return oauth.authorisation_url(
            f"{servers.address_of(app.server)}/oauth/authorize", app, state=state, code_challenge=code_challenge,
            redirect_uri=redirect_uri, scopes=scopes, force_login="true",
        )  # fmt: skip

    def exchange(self, app: App, *, code: str, code_verifier: str, redirect_uri: str) -> Tokens:
        return self._tokens(
            app, grant_type="authorization_code", code=code, code_verifier=code_verifier, redirect_uri=redirect_uri
        )

    def refresh(self, app: App, tokens: Tokens) -> Tokens:  # noqa: ARG002 - the protocol's
        raise GrantRefused(f"{_label(app.server)} renews no access.", advice="Connect the account again.")

    def who_am_i(self, app: App, tokens: Tokens) -> Identity:
        """Named as people and exports name it: `name@server`. The server that was asked, not the one it says it is: it
        could say any."""
        label, token = _label(app.server), tokens.access_token
        address = f"{servers.address_of(app.server)}/api/v1/accounts/verify_credentials"
        answer = ask_anywhere(label, "GET", address, headers={"authorization": f"Bearer {token}"})
        oauth.judge(label, answer, sent=[token])
        username, name, url = (answer.body.get(field) for field in ("username", "display_name", "url"))
        if not isinstance(username, str) or _USERNAME.fullmatch(username) is None:
            raise Unavailable(f"{label} did not say whose access it gave.", advice="Try again later.")
        return Identity(
            f"{username}@{servers.host_of(app.server)}".lower(),
            name if isinstance(name, str) else "",
            url if isinstance(url, str) else None,
            self._told(app),
        )

    def _told(self, app: App) -> Mapping[str, Any] | None:
        """What the server allows (…/methods/instance/#v2). One that does not say is as most are."""
        with suppress(NetworkRefused, AppRefused, Unavailable):
            answer = ask_anywhere(_label(app.server), "GET", f"{servers.address_of(app.server)}/api/v2/instance")
            oauth.judge(_label(app.server), answer)
            said = {"configuration": answer.body.get("configuration")}
            if isinstance(said["configuration"], dict) and len(json.dumps(said)) <= _LONGEST_TOLD:
                return said
        return None

    def _tokens(self, app: App, **form: str) -> Tokens:
        try:
            return oauth.request_tokens(
                _label(app.server), f"{servers.address_of(app.server)}/oauth/token", app, form, by=ask_anywhere
            )
        except AppRefused as error:
            raise AppRefused(
                error.message,
                advice="Remove the server's app in the settings and connect again: ClientNest registers itself anew. "
                "Or correct its client id and secret, if you entered them.",
            ) from error


def _said(answer: Answer, field: str, server: str) -> str:
    value = answer.body.get(field)
    if not isinstance(value, str) or _VISIBLE.fullmatch(value) is None:
        raise _no_server(server)
    return value


def _no_server(server: str) -> BadInput:
    return BadInput(
        f"There is no Mastodon server at {servers.host_of(server)}.",
        advice="Give the address at which the account signs in, such as mastodon.social.",
        details={"field": "body.server"},
    )  # fmt: skip


def _label(server: str) -> str:
    return f"Mastodon at {servers.host_of(server)}"


OAUTH = Mastodon()
