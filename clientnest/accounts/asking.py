"""One request to a network: answered whole and in time, or not at all. Redirects are not followed: they would carry
secrets elsewhere."""

import json
import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlencode

import httpx

from clientnest import outbound
from clientnest.errors import Unavailable

TIMEOUT_SECONDS = 15.0
_LARGEST_ANSWER = 256 * 1024
_LATER = "It is tried again by itself; or try later."
_ACCEPT = {"accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A network's answer: the HTTP status, its JSON object (empty where it sent none), and when to ask again."""

    status: int
    body: Mapping[str, Any]
    retry_after: int | None = None


class Ask(Protocol):
    """How a network is asked. `label` is its name for people; `Unavailable` where there was no whole answer."""

    def __call__(
        self, label: str, method: str, url: str, *, form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None, timeout: float = TIMEOUT_SECONDS,
    ) -> Answer: ...  # fmt: skip


def ask(
    label: str, method: str, url: str, *, form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None, timeout: float = TIMEOUT_SECONDS,
) -> Answer:  # fmt: skip
    """Ask an address of a network's own, within `timeout` seconds and 256 KiB."""
    end = time.monotonic() + timeout
    body = bytearray()
    try:
        with (
            httpx.Client(timeout=timeout) as client,
            client.stream(method, url, data=form, headers={**_ACCEPT, **(headers or {})}) as answer,
        ):
            for piece in answer.iter_bytes():
                body += piece
                if time.monotonic() > end or len(body) > _LARGEST_ANSWER:
                    raise httpx.ReadTimeout("too slow or too long")
    except httpx.TimeoutException as error:
        raise Unavailable(f"{label} did not answer within {timeout:g} seconds.", advice=_LATER) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(
            f"{label} cannot be reached ({type(error).__name__}).", advice="Check the network connection and try again."
        ) from error
    return Answer(answer.status_code, _object(bytes(body)), _pause(answer.status_code, answer.headers))


def ask_anywhere(
    label: str, method: str, url: str, *, form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None, timeout: float = TIMEOUT_SECONDS,
) -> Answer:  # fmt: skip
    """The same for a server that somebody named: it may be any, so nothing of ours is reached through it
    (`outbound.Refused`)."""
    body = b"" if form is None else urlencode(form).encode()
    kind = {} if form is None else {"content-type": "application/x-www-form-urlencoded"}
    try:
        answer = outbound.send(
            method, url, headers={**_ACCEPT, **kind, **(headers or {})}, body=body, seconds=timeout,
            most_bytes=_LARGEST_ANSWER,
        )  # fmt: skip
    except outbound.Unreachable as error:
        raise Unavailable(error.message, advice=_LATER) from error
    if not answer.whole:
        raise Unavailable(f"{label} did not answer within {timeout:g} seconds.", advice=_LATER)
    return Answer(answer.status, _object(answer.body), _pause(answer.status, answer.headers))


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _pause(status: int, headers: Mapping[str, str]) -> int | None:
    """Whole seconds, a day at most, from either form of Retry-After; where one asked too often also until the instant
    in X-RateLimit-Reset, which some networks send in its place."""
    pause = outbound.retry_after(headers.get("retry-after"))
    if pause is None and status == 429:
        with suppress(ValueError, TypeError, OverflowError):
            pause = _until(headers.get("x-ratelimit-reset", ""))
    return None if pause is None else math.ceil(pause)


def _until(written: str) -> float:
    left = (datetime.fromisoformat(written) - datetime.now(UTC)).total_seconds()
    return min(max(0.0, left), outbound.LONGEST_PAUSE_SECONDS)
