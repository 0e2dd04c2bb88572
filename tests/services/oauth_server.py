"""A real OAuth 2 server on a local port, and a network of ClientNest's that speaks to it.

It checks what RFC 6749 and 7636 say a server checks: the client, a code good once and for its redirect address, the
PKCE verifier; and does what networks do besides: rotates refresh tokens or leaves them out, takes grants back, answers
late or with errors.
"""

import json
import secrets
import sys
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from clientnest.accounts import oauth
from clientnest.accounts.asking import ask
from clientnest.accounts.protocol import App, Identity, Renewal, Tokens
from tests.services.answering import answering

NETWORK = "mastodon"  # the package that the network below stands in for
CLIENT_ID, CLIENT_SECRET = "client-of-tests", "secret-of-the-app/with+signs"
Form = Mapping[str, str]


@dataclass
class OAuthServer:
    """What the server knows, how it is to behave, and what it was asked."""

    url: str = ""
    signed_in: tuple[str, str] = ("ext-1", "Acme")  # the account at the network: its id and its name
    lifetime: object = 7200
    rotates: bool = True
    gives_refresh_token: object = True  # False: leaves it out; "": sends an empty one
    scope: str | None = None
    delay: float = 0.0
    drip: float = 0.0  # seconds between two bytes of an answer
    failing: list[tuple[int, Any]] = field(default_factory=list)  # answers to the next token requests, before any check
    headers: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh_tokens: dict[str, tuple[str, str]] = field(default_factory=dict)
    access_tokens: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: list[Form] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def refreshes(self) -> list[Form]:
        return [form for form in self.asked if form["grant_type"] == "refresh_token"]

    def agree(self, url: str) -> tuple[str, str]:
        """The person's browser agrees at an authorisation address: the state and the code that come back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT_ID)
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return query["state"], code

    def take_back_all(self) -> None:
        self.refresh_tokens.clear()
        self.access_tokens.clear()

    def token(self, form: Form) -> tuple[int, Any]:
        if self.delay:
            time.sleep(self.delay)
        with self.lock:
            self.asked.append(form)
            if self.failing:
                return self.failing.pop(0)
            if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
                return _error(401, "invalid_client", "Client authentication failed")
            if form["grant_type"] == "authorization_code":
                return self._exchange(form)
            return self._refresh(form)

    def _exchange(self, form: Form) -> tuple[int, Any]:
        asked = self.codes.pop(form["code"], None)
        if asked is None or asked["redirect_uri"] != form["redirect_uri"]:
            return _error(400, "invalid_grant", "The code is not valid")
        digest = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if digest != asked["code_challenge"]:
            return _error(400, "invalid_grant", "The code verifier is wrong")
        return self._grant(self.signed_in)

    def _refresh(self, form: Form) -> tuple[int, Any]:
        sent = form["refresh_token"]
        account = self.refresh_tokens.get(sent)
        if account is None:
            return _error(400, "invalid_grant", f"Token {sent} has been revoked.")
        if self.rotates and self.gives_refresh_token is True:
            del self.refresh_tokens[sent]
        return self._grant(account)

    def _grant(self, account: tuple[str, str]) -> tuple[int, Any]:
        access = secrets.token_urlsafe(24)
        self.access_tokens[access] = account
        body: dict[str, Any] = {"access_token": access, "token_type": "Bearer", "expires_in": self.lifetime}
        if self.gives_refresh_token is True:
            body["refresh_token"] = secrets.token_urlsafe(24)
            self.refresh_tokens[body["refresh_token"]] = account
        elif self.gives_refresh_token is not False:
            body["refresh_token"] = self.gives_refresh_token
        if self.scope is not None:
            body["scope"] = self.scope
        return 200, body

    def me(self, authorization: str) -> tuple[int, Any]:
        account = self.access_tokens.get(authorization.removeprefix("Bearer "))
        if account is None:
            return _error(401, "invalid_token", "The access token was revoked")
        return 200, {"id": account[0], "name": account[1]}


def _error(status: int, code: str, description: str) -> tuple[int, Any]:
    return status, {"error": code, "error_description": description}


@contextmanager
def running() -> Iterator[OAuthServer]:
    """The server on a free port of this machine."""
    state = OAuthServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode(), keep_blank_values=True)
            self._answer(*state.token({name: values[0] for name, values in sent.items()}))

        def do_GET(self) -> None:
            self._answer(*state.me(self.headers.get("authorization", "")))

        def _answer(self, status: int, body: Any) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**state.headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked did not wait
                for piece in [content] if not state.drip else [bytes([byte]) for byte in content]:
                    self.wfile.write(piece)
                    time.sleep(state.drip)

        def log_message(self, *_: object) -> None:
            """Tests read `asked` instead."""

    with answering(Handler) as state.url:
        yield state


@dataclass
class Standard:
    """A network that follows the RFCs, at the server that the app names."""

    app_page: str = "https://developers.example/apps"
    scopes: Sequence[str] = ("read", "write")
    renewal: Renewal = Renewal.BY_REFRESHING
    renew_ahead: timedelta = timedelta(minutes=10)
    timeout: float = 5.0

    def authorise_url(
        self, app: App, *, state: str, code_challenge: str, redirect_uri: str, scopes: Sequence[str]
    ) -> str:
        return oauth.authorisation_url(
            f"{app.server}/authorize", app, state=state, code_challenge=code_challenge, redirect_uri=redirect_uri,
            scopes=scopes,
        )  # fmt: skip

    def exchange(self, app: App, *, code: str, code_verifier: str, redirect_uri: str) -> Tokens:
        return self._ask(app, grant_type="authorization_code", code=code, code_verifier=code_verifier,
                         redirect_uri=redirect_uri)  # fmt: skip

    def refresh(self, app: App, tokens: Tokens) -> Tokens:
        token = tokens.access_token if self.renewal is Renewal.BY_ITSELF else tokens.refresh_token
        return self._ask(app, grant_type="refresh_token", refresh_token=token or "")

    def who_am_i(self, app: App, tokens: Tokens) -> Identity:
        headers = {"authorization": f"Bearer {tokens.access_token}"}
        answer = ask("Mastodon", "GET", f"{app.server}/me", headers=headers)
        oauth.judge("Mastodon", answer, sent=[tokens.access_token])
        return Identity(answer.body["id"], answer.body["name"])

    def _ask(self, app: App, **form: str) -> Tokens:
        return oauth.request_tokens("Mastodon", f"{app.server}/token", app, form, timeout=self.timeout)


def module(network: Standard) -> tuple[str, ModuleType]:
    """The module that makes it the network's OAuth part, and its name in `sys.modules`."""
    name = f"clientnest.networks.{NETWORK}.connecting"
    made = ModuleType(name)
    made.OAUTH = network  # type: ignore[attr-defined]
    return name, made


def redirected(url: str, **changes: str) -> str:
    """The same authorisation address with other values in its query."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return parts._replace(query=urlencode({**query, **changes})).geturl()


if __name__ == "__main__":
    # Another process that renews what is due: says that it is ready, and begins when told.
    from datetime import UTC, datetime

    from clientnest.accounts import refresh_due

    _name, _module = module(Standard())
    sys.modules[_name] = _module
    print("ready", flush=True)
    sys.stdin.readline()
    print(len(refresh_due(datetime.fromisoformat(sys.argv[1]).astimezone(UTC))), flush=True)
