"""OAuth 2 as RFC 6749 and 7636 have it, for networks that follow them: the address to agree at, and the token endpoint.

On httpx alone. Authlib's client would keep tokens and renew them by itself, outside the lock and the transaction that
make a renewal happen once; what is left of it, a form to post and an answer to judge, is where networks differ most.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from clientnest.accounts.asking import TIMEOUT_SECONDS, Answer, Ask, ask
from clientnest.accounts.protocol import App, AppRefused, GrantRefused, NetworkRefused, Tokens
from clientnest.errors import Unavailable

_LONGEST_WORDS = 300
_AGAIN = "Connect the account again, and agree to everything the network asks."
_APP = "Correct the client id and secret of the app in the settings; they are on the network's developer pages."
_BUSY = frozenset({408, 425, 429})
_SCOPE = re.compile(r"[\x21-\x7e]+")
_TOKEN = re.compile(r"[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*")  # RFC 6749, appendix A.12
_SECRET = frozenset({"code", "code_verifier", "refresh_token", "access_token", "password", "assertion"})


def new_verifier() -> str:
    """A PKCE verifier: 64 random bytes in 86 unreserved characters."""
    return secrets.token_urlsafe(64)


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


def authorisation_url(
    endpoint: str, app: App, *, state: str, code_challenge: str, redirect_uri: str, scopes: Sequence[str],
    **more: str,
) -> str:  # fmt: skip
    """The address to agree at, of an endpoint that may have a query of its own."""
    query = {
        "response_type": "code", "client_id": app.client_id, "redirect_uri": redirect_uri, "scope": " ".join(scopes),
        "state": state, "code_challenge": code_challenge, "code_challenge_method": "S256", **more,
    }  # fmt: skip
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"


def request_tokens(
    label: str, endpoint: str, app: App, form: Mapping[str, str], *, client: Literal["basic", "body"] = "body",
    timeout: float = TIMEOUT_SECONDS, by: Ask = ask,
) -> Tokens:  # fmt: skip
    """Ask a token endpoint. `form` has the grant; the app's id and secret are added in the body or as HTTP Basic.

    Raises as the protocol says, `label` being the network's name for people; nothing that was sent is in an error.
    `by`: `ask_anywhere` where the endpoint is not a network's own.
    """
    identified = {**form, "client_id": app.client_id}
    headers, secret = {}, app.client_secret
    if secret is not None and client == "body":
        identified["client_secret"] = secret
    elif secret is not None:
        pair = f"{urlencode({'': app.client_id})[1:]}:{urlencode({'': secret})[1:]}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    asked = datetime.now(UTC)
    answer = by(label, "POST", endpoint, form=identified, headers=headers, timeout=timeout)
    judge(label, answer, sent=[secret or "", *(value for name, value in form.items() if name in _SECRET)])
    return _tokens(label, answer.body, asked)


def judge(label: str, answer: Answer, *, sent: Iterable[str] = ()) -> None:
    """Raise what an answer's status and error (RFC 6749, section 5.2; RFC 6750, section 3.1) mean.

    Without such an error a refusal is taken for a passing one: gateways and walls before a network answer with pages
    of their own, and nobody should have to connect again for those. `sent` are secrets, cut out of the network's words.
    """
    code = answer.body.get("error")
    if answer.status < 300 and not code:
        return
    words = _words(answer, sent)
    passing = answer.status >= 500 or answer.status in _BUSY or code in {"temporarily_unavailable", "server_error"}
    if passing or not code:
        raise Unavailable(
            f"{label} cannot do this at the moment: {words}.",
            advice="It is tried again by itself; or try later.",
            details={} if answer.retry_after is None else {"retry_after_seconds": answer.retry_after},
        )
    if code in {"invalid_client", "unauthorized_client"}:
        raise AppRefused(f"{label} does not accept the app: {words}.", advice=_APP)
    if code in {"invalid_grant", "invalid_token"} or answer.status == 401:
        raise GrantRefused(f"{label} said: {words}.", advice=_AGAIN)
    raise NetworkRefused(f"{label} said: {words}.", advice=_AGAIN)


def _tokens(label: str, body: Mapping[str, Any], asked: datetime) -> Tokens:
    access = body.get("access_token")
    if not isinstance(access, str) or _TOKEN.fullmatch(access) is None:
        raise Unavailable(f"{label} answered without an access token.", advice="Try again later.")
    refresh, scope = body.get("refresh_token"), body.get("scope")
    return Tokens(
        access_token=access,
        refresh_token=refresh if isinstance(refresh, str) else None,
        scopes=tuple(_SCOPE.findall(scope)) if isinstance(scope, str) and scope.strip() else None,
        expires_at=_after(asked, body.get("expires_in")),
        refresh_expires_at=_after(asked, body.get("refresh_token_expires_in")),
    )


def _after(asked: datetime, seconds: object) -> datetime | None:
    """Counted from before the question, so that an access never ends earlier than we believe. Networks send numbers
    as text too, and 0 for what does not end."""
    try:
        lifetime = float(seconds) if isinstance(seconds, int | float | str) else 0.0
        return asked + timedelta(seconds=lifetime) if lifetime > 0 else None
    except (ValueError, OverflowError):
        return None


def _words(answer: Answer, sent: Iterable[str]) -> str:
    code, description = answer.body.get("error"), answer.body.get("error_description")
    said = [part for part in (description, code) if isinstance(part, str) and part.strip()]
    if not said:
        return f"HTTP status {answer.status}"
    words = f"{said[0].rstrip('. ')} ({said[1]})" if len(said) == 2 else said[0]
    for secret in sent:
        words = words.replace(secret, "[redacted]") if secret else words
    return "".join(sign if sign.isprintable() else " " for sign in words)[:_LONGEST_WORDS].rstrip(". ")
