"""Which server somebody means, whatever they typed."""

import pytest

from clientnest.errors import BadInput
from clientnest.networks.mastodon import servers
from clientnest.networks.mastodon.connecting import OAUTH


@pytest.mark.parametrize(
    ("typed", "kept", "address"),
    [
        ("Mastodon.Social", "mastodon.social", "https://mastodon.social"),
        (" https://mastodon.social/ ", "mastodon.social", "https://mastodon.social"),
        ("https://mastodon.social:443", "mastodon.social", "https://mastodon.social"),
        ("münchen.social", "xn--mnchen-3ya.social", "https://xn--mnchen-3ya.social"),
        ("http://mastodon.internal:3000", "http://mastodon.internal:3000", "http://mastodon.internal:3000"),
    ],
)
def test_a_server_has_one_name_however_it_was_typed(typed: str, kept: str, address: str) -> None:
    assert servers.name_of(typed) == kept
    assert servers.name_of(kept) == kept
    assert servers.address_of(kept) == address


@pytest.mark.parametrize(
    "typed",
    [
        "", "@acme@mastodon.social", "https://me:secret@mastodon.social", "mastodon.social/@acme", "mastodon.social?x",
        "mastodon.social.", "mast odon.social", "ftp://mastodon.social", 'x.social"onload=',
        "x..social", "mastodon.social:0", "javascript:alert(1)", "mastodon.social\\@x.social", "a" * 300 + ".social",
    ],
)  # fmt: skip
def test_what_is_no_server_alone_is_refused_with_what_to_give(typed: str) -> None:
    with pytest.raises(BadInput) as refused:
        servers.name_of(typed)
    assert refused.value.advice
    assert refused.value.details["field"] == "body.server"


def test_an_accounts_id_names_its_server_where_it_names_one() -> None:
    assert OAUTH.server_of("acme@xn--mnchen-3ya.social") == "xn--mnchen-3ya.social"
    with pytest.raises(BadInput, match="At which server"):
        OAUTH.server_of("acme")
