"""Which addresses are public: none that leads back inside, in whatever way it is written."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientnest.outbound import Allowed, is_public

INNER = (
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.9", "169.254.169.254",
    "172.31.255.1", "192.0.0.192", "192.168.1.1", "198.19.0.1", "224.0.0.1", "239.255.255.250", "255.255.255.255",
    "168.63.129.16",
)  # fmt: skip
PRIVATE = st.sampled_from(["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]).flatmap(
    lambda network: st.integers(0, IPv4Network(network).num_addresses - 1).map(
        lambda number: IPv4Network(network)[number]
    )
)


def carried(v4: IPv4Address) -> dict[str, IPv6Address]:
    """All the ways in which an IPv6 address carries an IPv4 one."""
    number = int(v4)
    return {
        "mapped": IPv6Address((0xFFFF << 32) | number),
        "compatible": IPv6Address(number),
        "6to4": IPv6Address((0x2002 << 112) | (number << 80) | 1),
        "teredo": IPv6Address((0x20010000 << 96) | (number ^ 0xFFFF_FFFF)),
        "teredo server": IPv6Address((0x20010000 << 96) | (number << 64) | 0xFFFF_FFFE),
        "nat64": IPv6Address((0x64FF9B << 96) | number),
        "local nat64": IPv6Address((0x64FF9B0001 << 80) | number),
        "translated": IPv6Address((0xFFFF << 48) | number),
    }


@given(st.ip_addresses())
def test_what_is_public_to_us_is_public_to_the_standard_library(address: IPv4Address | IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        special = (address.is_multicast, address.is_loopback, address.is_link_local, address.is_unspecified)
        assert not any(special)


@given(PRIVATE)
def test_an_inner_address_is_refused_however_it_is_carried(v4: IPv4Address) -> None:
    assert not is_public(v4)
    assert {way for way, address in carried(v4).items() if is_public(address)} == set()


@given(st.ip_addresses(v=4))
def test_an_ipv6_only_host_reaches_through_nat64_what_others_reach(v4: IPv4Address) -> None:
    assert is_public(carried(v4)["nat64"]) == is_public(v4)


@pytest.mark.parametrize("address", [*INNER, "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254",
                                     "ff02::1", "2001:db8::1", "3fff::1", "100::1", "fec0::1", "2002:a9fe:a9fe::1",
                                     "64:ff9b::a9fe:a9fe"])  # fmt: skip
def test_no_address_of_a_special_kind_is_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "100.128.0.1", "172.32.0.1", "2606:4700:4700::1111",
                                     "2a00:1450:4001::1", "64:ff9b::101:101"])  # fmt: skip
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(ip_address(address))


def test_an_operator_permits_networks_addresses_and_hosts() -> None:
    allowed = Allowed.of(["10.1.0.0/16", "192.168.1.7", "fd00::/8", "Receiver.LAN"])
    inner = ip_address("10.9.9.9")
    assert allowed.covers("x", ip_address("10.1.2.3"))
    assert allowed.covers("x", ip_address("192.168.1.7"))
    assert allowed.covers("x", ip_address("fd12::1"))
    assert allowed.covers("receiver.lan", inner)
    assert not allowed.covers("x", inner)
    assert not allowed.covers("other.receiver.lan", inner)
    assert not allowed.covers("x", ip_address("::ffff:10.1.2.3"))


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "10.0", "http://receiver", "a b", "300.1.1.1", ""])
def test_what_an_operator_cannot_have_meant_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="is no address, network or host name"):
        Allowed.of([entry])
