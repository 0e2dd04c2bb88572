"""A server that speaks the part of Mastodon's API with which accounts are connected, as its documentation has it:
registering apps, agreeing, tokens, and whose they are. It checks what Mastodon checks, and errs in its shapes."""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.services.answering import answering

Form = Mapping[str, str]
Answer = tuple[int, Any]
GRANT = "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the "
CLIENT = "Client authentication failed due to unknown client, no client authentication included, or unsupported "
_KNOWN_SCOPES = {"read", "write", "read:accounts", "read:statuses", "read:notifications", "write:statuses",
                 "write:media"}  # fmt: skip


@dataclass
class MastodonServer:
    """What the server knows and was asked. `signed_in`: username and display name of whoever sits at the browser.
    `answers`: what a path answers next, before any check."""

    url: str = ""
    signed_in: tuple[str, str] = ("acme", "Acme")
    configuration: dict[str, Any] = field(default_factory=lambda: {"statuses": {"max_characters": 1234}})
    apps: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, tuple[str, str] | None] = field(default_factory=dict)  # None: an app's own
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, Form]] = field(default_factory=list)

    def agree(self, url: str) -> dict[str, str]:
        """A person's browser at an address of /oauth/authorize agrees: what comes back in the query."""
        query = self._checked(url)
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return {"code": code, "state": query["state"]}

    def refuse(self, url: str) -> dict[str, str]:
        """The same, and says no."""
        described = "The resource owner or authorization server denied the request."
        state = self._checked(url)["state"]
        return {"error": "access_denied", "error_description": described, "state": state}

    def _checked(self, url: str) -> dict[str, str]:
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        app = self.apps[query["client_id"]]
        assert (url.startswith(self.url), parts.path) == (True, "/oauth/authorize")
        assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
        assert query["redirect_uri"] == app["redirect_uri"], "The redirect uri included is not valid."
        assert set(query["scope"].split()) <= set(app["scopes"]), "The requested scope is invalid"
        return query

    def answer(self, method: str, path: str, form: Form, bearer: str) -> Answer:
        self.asked.append((path, form))
        if waiting := self.answers.get(path):
            return waiting.pop(0)
        if (method, path) == ("POST", "/api/v1/apps"):
            return self._register(form)
        if (method, path) == ("POST", "/oauth/token"):
            return self._token(form)
        if (method, path) == ("GET", "/api/v1/accounts/verify_credentials"):
            return self._who(bearer)
        if (method, path) == ("GET", "/api/v2/instance"):
            return 200, {"domain": "social.example", "configuration": self.configuration}
        return 404, {"error": "Record not found"}

    def _register(self, form: Form) -> Answer:
        scopes = form.get("scopes", "read").split()
        if not form.get("client_name"):
            return 422, {"error": "Validation failed: Application name can't be blank"}
        if not urlsplit(form.get("redirect_uris", "")).scheme:
            return 422, {"error": "Validation failed: Redirect URI must be an absolute URI."}
        if not set(scopes) <= _KNOWN_SCOPES:
            return 422, {"error": "Validation failed: Scopes doesn't match configured on the server."}
        client_id, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        app = {"id": str(len(self.apps) + 1), "name": form["client_name"], "website": form.get("website"),
               "scopes": scopes, "redirect_uri": form["redirect_uris"], "redirect_uris": [form["redirect_uris"]],
               "client_id": client_id, "client_secret": secret, "client_secret_expires_at": 0}  # fmt: skip
        self.apps[client_id] = app
        return 200, app

    def _token(self, form: Form) -> Answer:
        app = self.apps.get(form.get("client_id", ""))
        if app is None or app["client_secret"] != form.get("client_secret"):
            return 401, {"error": "invalid_client", "error_description": f"{CLIENT}authentication method."}
        if form.get("grant_type") == "client_credentials":
            scope = form.get("scope", "read")
            if not set(scope.split()) <= set(app["scopes"]):
                described = "The requested scope is invalid, unknown, or malformed."
                return 400, {"error": "invalid_scope", "error_description": described}
            return self._given(None, scope)
        query = self.codes.pop(form.get("code", ""), None)
        digest = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if query is None or (query["client_id"], query["redirect_uri"], query["code_challenge"]) != (
            form["client_id"], form.get("redirect_uri"), digest,
        ):  # fmt: skip
            return 400, {"error": "invalid_grant", "error_description": f"{GRANT}authorization request."}
        return self._given(self.signed_in, query["scope"])

    def _given(self, account: tuple[str, str] | None, scope: str) -> Answer:
        token = secrets.token_urlsafe(32)
        self.tokens[token] = account
        return 200, {"access_token": token, "token_type": "Bearer", "scope": scope,
                     "created_at": int(datetime.now(UTC).timestamp())}  # fmt: skip

    def _who(self, bearer: str) -> Answer:
        if bearer not in self.tokens:
            return 401, {"error": "The access token is invalid"}
        account = self.tokens[bearer]
        if account is None:
            return 422, {"error": "This method requires an authenticated user"}
        username, name = account
        return 200, {"id": "14715", "username": username, "acct": username, "display_name": name, "locked": False,
                     "note": "<p>…</p>", "url": f"{self.url}/@{username}", "followers_count": 821,
                     "source": {"privacy": "public", "note": "…"}}  # fmt: skip


@contextmanager
def running() -> Iterator[MastodonServer]:
    """The server on a free port of this machine."""
    state = MastodonServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode(), keep_blank_values=True)
            self._answer({name: values[0] for name, values in sent.items()})

        def do_GET(self) -> None:
            self._answer({})

        def _answer(self, form: Form) -> None:
            bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
            status, body = state.answer(self.command, urlsplit(self.path).path, form, bearer)
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            reset = (datetime.now(UTC) + timedelta(minutes=4)).isoformat(timespec="microseconds")
            self.send_response(status)
            self.send_header("X-RateLimit-Limit", "300")
            self.send_header("X-RateLimit-Remaining", "0" if status == 429 else "299")
            self.send_header("X-RateLimit-Reset", reset.replace("+00:00", "Z"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Tests read `asked` instead."""

    with answering(Handler) as state.url:
        yield state
