"""Names of Mastodon's servers, as they are kept: `mastodon.social`.

What an operator permits besides the public internet (`clientnest.outbound`) may have a port, and be reached
unencrypted: `http://mastodon.internal:3000`.
"""

import re

from clientnest import outbound
from clientnest.errors import BadInput

_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def name_of(given: str) -> str:
    """The name of the server that somebody typed, as a name or an address: in lower case and Punycode. `BadInput` for
    anything that names more than a server, or none."""
    typed = given.strip()
    if "@" in typed:
        raise _unusable("names an account, or holds a password")
    found = outbound.destination(typed if "://" in typed else f"https://{typed}", field="body.server")
    if found.target != "/" or _HOST.fullmatch(found.host) is None:
        raise _unusable("names more than a server, or none")
    return found.authority.lower() if found.scheme == "https" else f"http://{found.authority.lower()}"


def host_of(server: str) -> str:
    """The server as it stands behind the @ of its accounts' names."""
    return server.removeprefix("http://")


def address_of(server: str) -> str:
    """Where the server's API begins, without a slash at the end."""
    return server if server.startswith("http://") else f"https://{server}"


def _unusable(why: str) -> BadInput:
    return BadInput(
        f"The address {why}.", advice="Give the server alone, such as mastodon.social.",
        details={"field": "body.server"},
    )  # fmt: skip
