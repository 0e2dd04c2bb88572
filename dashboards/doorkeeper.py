"""Signing in through the API, the one place that checks passwords, codes and how often somebody tries."""

from dataclasses import dataclass
from typing import Any

import httpx

from clientnest import settings
from clientnest.errors import PermanentError, TransientError, Unauthenticated
from clientnest.identity import AccessToken, verify_token

_TIMEOUT = 20


@dataclass(frozen=True, slots=True)
class CodeNeeded:
    """The password was right; a code of the authenticator app comes next, with this token."""

    token: str


def with_password(email: str, password: str, address: str | None) -> AccessToken | CodeNeeded:
    """The proof of who signed in. `Unauthenticated`, or what else the API says, in its words. `address`: the
    visitor's, so that the API does not count all of them as one."""
    answer = _post("/v1/auth/token", {"email": email, "password": password}, address)
    if answer.status_code == 401 and answer.json().get("code") == "second-factor-needed":
        return CodeNeeded(answer.json()["second_factor_token"])
    return _proof(answer)


def with_code(token: str, code: str, address: str | None) -> AccessToken:
    """The second step: a code of the app, or a recovery code."""
    return _proof(_post("/v1/auth/second-factor", {"token": token, "code": code}, address))


def _post(path: str, body: dict[str, Any], address: str | None) -> httpx.Response:
    headers = {"X-Forwarded-For": address} if address else {}
    try:
        return httpx.post(settings.stack().api_address + path, json=body, headers=headers, timeout=_TIMEOUT)
    except httpx.HTTPError as error:
        raise TransientError(
            "Signing in is not possible just now: the API does not answer.", advice="Try again in a moment."
        ) from error


def _proof(answer: httpx.Response) -> AccessToken:
    if answer.is_success:
        return verify_token(answer.json()["access_token"])
    try:
        said = answer.json()
        message, advice = str(said["detail"]), str(said["advice"])
    except (ValueError, KeyError, TypeError):
        message, advice = f"The API answered {answer.status_code}.", "Tell whoever runs this installation."
    if answer.status_code == 401:
        raise Unauthenticated(message, advice=advice)
    raise (TransientError if answer.status_code >= 500 else PermanentError)(message, advice=advice)
