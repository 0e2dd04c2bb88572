"""Which addresses anybody may be reached at: public unicast, and what an operator permits besides.

Written out, and not left to `ipaddress.is_global`: what that says has changed between releases of Python, and it takes
the addresses in which IPv6 carries an IPv4 one for public.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

IPAddress = IPv4Address | IPv6Address
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,62}[a-z0-9_])?)*\.?")

# What IANA's registries of special-purpose addresses keep from the internet, and multicast.
_CLOSED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # looks public, and is the host of every machine at Azure
    )
)  # fmt: skip
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # of protocols: Teredo carries an IPv4 address
        "2001:db8::/32", "3fff::/20",  # of documentation
        "2002::/16",  # 6to4: carries an IPv4 address
    )
)  # fmt: skip
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: IPAddress) -> bool:
    """Whether it is an address of the public internet, for one machine."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    if address.scope_id is not None:
        return False
    if address in _NAT64:  # how an IPv6-only host reaches IPv4: as good as what it stands for
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an operator permits although it is not public: networks, and hosts by their names."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, entries: Iterable[str]) -> "Allowed":
        """From addresses, networks in CIDR notation and host names; `ValueError` names what is neither."""
        networks, hosts = [], set()
        for entry in entries:
            try:
                networks.append(ip_network(entry.strip("[]")))
            except ValueError as error:
                if re.fullmatch(r"[0-9.:/]+", entry) or not HOST.fullmatch(entry.lower()):
                    raise ValueError(f"{entry!r} is no address, network or host name: {error}") from error
                hosts.add(entry.lower().rstrip("."))
        return cls(tuple(networks), frozenset(hosts))

    def covers(self, host: str, address: IPAddress) -> bool:
        """Whether a connection to that host, at that address, is permitted."""
        return host.rstrip(".") in self.hosts or any(address in network for network in self.networks)
