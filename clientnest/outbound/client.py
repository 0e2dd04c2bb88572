"""One request to an address that somebody gave, on httpcore alone.

No redirects, cookies or proxies; the whole exchange has one time limit, however slowly a byte at a time comes; and the
network backend below connects to the addresses it has looked at itself, so that a name cannot change in between.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpcore
import httpx

from clientnest import __version__
from clientnest.errors import TransientError
from clientnest.outbound.addresses import Allowed
from clientnest.outbound.destination import Destination, Resolve, check, destination, look_up, operators

TIMEOUT_SECONDS = 15.0
MOST_BYTES = 64 * 1024
LONGEST_PAUSE_SECONDS = 86_400.0
_CONNECT_SECONDS = 5.0  # for one of several addresses


class Unreachable(TransientError):
    """There was no answer: the name is not known, nobody listens, the connection broke or took too long."""

    code = "unreachable"


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by their names in lower case; `body`: its beginning, as it came, and `whole` whether that is all."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, a day at most, as either form of Retry-After says."""
        return retry_after(self.headers.get("retry-after"))


def send(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"",
    seconds: float = TIMEOUT_SECONDS, most_bytes: int = MOST_BYTES, allowed: Allowed | None = None,
    resolve: Resolve | None = None, tls: ssl.SSLContext | None = None,
) -> Answer:  # fmt: skip
    """Send one request and read the beginning of its answer, whatever its status.

    `Refused` where the address may not be reached, `BadInput` where it is none, `Unreachable` (in words for people)
    where there was no answer within `seconds`. `allowed`, `resolve`, `tls`: instead of the installation's own.
    """
    given = destination(url)
    backend = _Backend(given, operators(allowed), resolve or look_up, _Deadline(seconds))
    target = httpcore.URL(
        scheme=given.scheme.encode(), host=given.host.encode(), port=given.port, target=given.target.encode()
    )
    try:
        with (
            httpcore.ConnectionPool(ssl_context=tls or _trust(), network_backend=backend) as pool,
            pool.stream(method, target, headers=_headers(given, headers or {}, body), content=body) as response,
        ):
            read, whole = _beginning(response, most_bytes)
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise Unreachable(f"{given.host} did not answer within {seconds:g} seconds.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise Unreachable(_in_words(given, error)) from error
    named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    return Answer(response.status, named, read, whole)


def retry_after(header: str | None) -> float | None:
    """The seconds of a Retry-After header in either form, between 0 and a day; None where it says nothing."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            at = parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if seconds < LONGEST_PAUSE_SECONDS else LONGEST_PAUSE_SECONDS


def _headers(given: Destination, more: Mapping[str, str], body: bytes) -> list[tuple[bytes, bytes]]:
    named = {
        "host": given.authority, "user-agent": f"ClientNest/{__version__}", "accept": "*/*",
        "accept-encoding": "identity", "connection": "close", "content-length": str(len(body)),
        **{name.lower(): value for name, value in more.items()},
    }  # fmt: skip
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in named.items()]


def _beginning(response: httpcore.Response, most: int) -> tuple[bytes, bool]:
    """Up to `most` bytes of the body. One that breaks off or stalls does not undo the status that came before it."""
    read = bytearray()
    try:
        for piece in response.iter_stream():
            read += piece
            if len(read) > most:
                return bytes(read[:most]), False
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        return bytes(read), False
    return bytes(read), True


def _in_words(given: Destination, error: BaseException) -> str:
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(cause)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate of {given.host} cannot be trusted: {cause.verify_message}."
        if isinstance(cause, ssl.SSLError):
            return f"{given.host} does not speak TLS as it should ({cause.reason or 'no reason given'})."
        if isinstance(cause, socket.gaierror):
            return f"No address is known for {given.host}."
        if isinstance(cause, ConnectionRefusedError):
            return f"{given.host} does not take connections on port {given.port}."
    return f"The connection to {given.host} broke before there was an answer ({type(error).__name__})."


@cache
def _trust() -> ssl.SSLContext:
    """Mozilla's certificate authorities, or those of SSL_CERT_FILE and SSL_CERT_DIR."""
    return httpx.create_ssl_context()


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, at_most: float | None = None) -> float:
        """Seconds that are left; never none, for that would mean "do not wait" to a socket."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the time for the whole exchange is over")
        return seconds if at_most is None else min(seconds, at_most)


class _Backend(httpcore.NetworkBackend):
    """Connects to the destination it was made for, at addresses that it has looked up and found good."""

    def __init__(self, given: Destination, allowed: Allowed, resolve: Resolve, deadline: _Deadline) -> None:
        self._given, self._allowed, self._resolve, self._deadline = given, allowed, resolve, deadline
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        addresses = self._resolve(self._given.host, self._given.port, self._deadline.left())
        check(self._given, addresses, self._allowed)
        failed: Exception = socket.gaierror("no address")
        for address in addresses:
            try:
                return _Stream(
                    self._system.connect_tcp(
                        str(address), self._given.port, timeout=self._deadline.left(_CONNECT_SECONDS),
                        local_address=local_address, socket_options=socket_options,
                    ),
                    self._deadline,
                )  # fmt: skip
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise NotImplementedError("only what has an address of the internet is reached from here")


class _Stream(httpcore.NetworkStream):
    """A connection on which nothing waits beyond the deadline of the whole exchange."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, timeout=self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout=self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, timeout=self._deadline.left(timeout))
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
