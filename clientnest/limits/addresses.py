"""Which addresses count as one caller."""

from ipaddress import IPv6Address, ip_address, ip_network

UNKNOWN = "unknown"
_ONE_HOUSEHOLD = 64  # what providers hand out: whoever has one address of it has all of them


def network_of(address: str) -> str:
    """What an address is counted under: IPv4 as it is, IPv6 by its /64.

    Anything else (a Unix socket, nothing at all) counts as one and the same caller.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, _ONE_HOUSEHOLD), strict=False))
