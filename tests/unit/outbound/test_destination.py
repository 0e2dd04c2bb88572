"""Addresses that people enter: what cannot be used is refused by name, and so is what leads inside."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientnest.errors import BadInput
from clientnest.outbound import Allowed, IPAddress, Refused, admit, destination, is_public
from clientnest.outbound.destination import Resolve, check

PUBLIC = ip_address("93.184.216.34")


def leads_to(*addresses: str) -> Resolve:
    def resolve(host: str, port: int, seconds: float) -> Sequence[IPAddress]:
        if not addresses:
            raise OSError("unknown")
        return [ip_address(address) for address in addresses]

    return resolve


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("receiver.example/x", "no web address"), ("ftp://receiver.example/x", "no web address"),
        ("https://", "no web address"), ("https:///x", "no web address"), ("javascript:alert(1)", "no web address"),
        ("https://receiver.example:99999/", "does not exist"), ("https://receiver.example:0/", "does not exist"),
        ("https://me:secret@receiver.example/", "user name or password"),
        ("https://receiver.example/#part", "never sent"), ("https://receiver.example/a b", "blanks"),
        ("https://receiver.example\\@inner/", "backslashes"), ("https://receiver.example/\n", "blanks"),
        ("https://receiver.example/" + "x" * 2048, "longer than 2048"),
        ("http://receiver.example/", "encrypted only"), ("https://receiver.example:22/", "Port 22"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_refused_and_the_field_named(url: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        admit(url, field="body.url", allowed=Allowed(), resolve=leads_to("93.184.216.34"))
    assert refused.value.details == {"field": "body.url"}
    assert refused.value.advice


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("93.184.216.34", "10.0.0.1"), ("::ffff:169.254.169.254",), ("fd00::1",)]
)
def test_a_name_that_leads_inside_is_refused_without_saying_where(addresses: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="not on the public internet") as refused:
        admit("https://receiver.example/", allowed=Allowed(), resolve=leads_to(*addresses))
    assert not any(address in str(refused.value) + str(refused.value.details) for address in addresses)


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://[::1]/", "https://0x7f.1/", "https://2130706433/",
                                 "https://169.254.169.254/", "https://[::ffff:7f00:1]/"])  # fmt: skip
def test_an_inner_address_is_refused_in_every_spelling_that_the_system_takes(url: str) -> None:
    with pytest.raises(BadInput, match="not on the public internet"):
        admit(url, allowed=Allowed())


def test_a_name_that_is_not_known_yet_may_be_entered() -> None:
    admit("https://soon.example/", allowed=Allowed(), resolve=leads_to())


@pytest.mark.parametrize("url", ["http://receiver.lan/", "https://receiver.lan:22/", "http://receiver.lan:8080/x?y=1"])
def test_what_an_operator_permits_may_be_unencrypted_and_at_any_port(url: str) -> None:
    admit(url, allowed=Allowed.of(["receiver.lan"]), resolve=leads_to("10.0.0.1"))
    admit(url, allowed=Allowed.of(["10.0.0.0/24"]), resolve=leads_to("10.0.0.1"))
    with pytest.raises(BadInput):
        admit(url, allowed=Allowed.of(["10.0.0.0/24"]), resolve=leads_to("10.0.0.1", "10.0.1.1"))


@given(st.lists(st.ip_addresses(), min_size=1, max_size=4))
def test_one_inner_address_among_several_is_enough_to_refuse(addresses: list[IPAddress]) -> None:
    given = destination("https://receiver.example/")
    if all(is_public(address) for address in addresses):
        check(given, addresses, Allowed())
    else:
        with pytest.raises(Refused):
            check(given, [PUBLIC, *addresses], Allowed())


def test_a_host_in_letters_of_any_language_and_a_path_keep_their_meaning() -> None:
    taken = destination("https://Bücher.example:8443/täglich?a=b&c=d%20e")
    assert taken.host == "xn--bcher-kva.example"
    assert taken.authority == "xn--bcher-kva.example:8443"
    assert taken.target == "/t%C3%A4glich?a=b&c=d%20e"
    assert destination("https://[2606:4700::1]/").authority == "[2606:4700::1]"
