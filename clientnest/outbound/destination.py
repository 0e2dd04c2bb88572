"""An address that somebody gave, taken apart and judged: once where it is entered, and again at each connection."""

import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

import httpx

from clientnest import settings
from clientnest.errors import BadInput, PermanentError
from clientnest.log import get_logger
from clientnest.outbound.addresses import Allowed, IPAddress, is_public

LONGEST_URL = 2048
_LOOK_UP_SECONDS = 3.0
_OTHER_SERVICES_END = 1024  # below it, ports belong to services that are not ours to talk to
_PORTS = {"http": 80, "https": 443}
_FORM = "Give it the form https://host/path."
_log = get_logger(__name__)

Resolve = Callable[[str, int, float], Sequence[IPAddress]]
"""Gives the addresses of a host (with a port) within that many seconds; `OSError` where there are none."""


class Refused(PermanentError):
    """The address leads where nobody may send us."""

    code = "address-refused"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request goes. `host` as it is looked up, `authority` as the Host header has it, `target` what it asks."""

    scheme: str
    host: str
    port: int
    authority: str
    target: str


def destination(url: str, *, field: str = "url") -> Destination:
    """The parts of a web address. `BadInput`, naming `field`, for anything else."""
    parsed = _parsed(url, field)
    if parsed.scheme not in _PORTS or not parsed.host:
        raise _unusable(field, "is no web address")
    if parsed.userinfo:
        raise _unusable(field, "holds a user name or password", "Leave them out; requests carry a signature.")
    if parsed.fragment:
        raise _unusable(field, "has a part behind #, which is never sent", "Leave it out.")
    port = _PORTS[parsed.scheme] if parsed.port is None else parsed.port
    if not 1 <= port <= 65535:
        raise _unusable(field, f"names port {port}, which does not exist")
    host = parsed.raw_host.decode("ascii").lower()
    return Destination(parsed.scheme, host, port, parsed.netloc.decode("ascii"), parsed.raw_path.decode("ascii"))


def admit(url: str, *, field: str = "url", allowed: Allowed | None = None, resolve: "Resolve | None" = None) -> None:
    """Look at an address where it is entered: `BadInput`, naming `field`, where no request could go there.

    A host whose name is not known (yet) passes. Looks names up, so it belongs outside transactions.
    """
    given = destination(url, field=field)
    try:
        addresses = (resolve or look_up)(given.host, given.port, _LOOK_UP_SECONDS)
    except OSError:
        addresses = ()
    try:
        check(given, addresses, operators(allowed))
    except Refused as refused:
        raise BadInput(refused.message, advice=refused.advice, details={"field": field}) from refused


def check(given: Destination, addresses: Sequence[IPAddress], allowed: Allowed) -> None:
    """`Refused` unless every address that a host leads to may be reached, and so by this scheme and port."""
    if not addresses and given.host.rstrip(".") not in allowed.hosts:
        _check_manner(given)
    for address in addresses:
        if allowed.covers(given.host, address):
            continue
        _check_manner(given)
        if not is_public(address):
            # Which one is for the operator: a stranger could draw a map of the network here from the answers.
            _log.warning("a request to an inner address was refused", host=given.host, address=str(address))
            raise Refused(
                f"{given.host} leads to an address that is not on the public internet.",
                advice="Use a public address. Who runs this installation can permit others with "
                "CLIENTNEST_OUTBOUND_ALLOWED.",
            )


def _check_manner(given: Destination) -> None:
    if given.scheme != "https":
        raise Refused("Requests leave encrypted only.", advice="Use an address that begins with https://.")
    if given.port != _PORTS["https"] and given.port < _OTHER_SERVICES_END:
        raise Refused(
            f"Port {given.port} belongs to another kind of service.", advice="Use port 443, or one from 1024 on."
        )


def operators(allowed: Allowed | None) -> Allowed:
    """What is permitted here: as given, or as the operator says."""
    return Allowed.of(settings.outbound().outbound_allowed) if allowed is None else allowed


def look_up(host: str, port: int, seconds: float) -> Sequence[IPAddress]:
    """Ask the system's resolver, which knows no time limit of its own that one could rely on."""
    found: list[IPAddress] = []
    failed: list[OSError] = []

    def ask() -> None:
        try:
            for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                found.append(ip_address(address[0]))
        except (OSError, UnicodeError) as error:
            failed.append(error if isinstance(error, OSError) else socket.gaierror(str(error)))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    if asking.is_alive():
        raise TimeoutError(f"no answer about {host} within {seconds:.0f} seconds")
    if failed:
        raise failed[0]
    return tuple(dict.fromkeys(found))


def _parsed(url: str, field: str) -> httpx.URL:
    if len(url) > LONGEST_URL:
        raise _unusable(field, f"is longer than {LONGEST_URL} characters")
    if re.search(r"[\s\\]", url):
        raise _unusable(field, "has blanks or backslashes in it")
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise _unusable(field, "is no web address") from error


def _unusable(field: str, why: str, advice: str = _FORM) -> BadInput:
    return BadInput(f"The address {why}.", advice=advice, details={"field": field})
