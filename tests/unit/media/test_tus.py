"""Headers of the protocol tus: read, or refused as the protocol says, whatever they hold."""

import base64
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from api.media import tus


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.text().filter(lambda said: "\0" not in said)))
def test_metadata_is_read_as_it_was_written(given_values: dict[str, str]) -> None:
    written = ",".join(f"{name} {base64.b64encode(v.encode()).decode()}" for name, v in given_values.items())
    assert tus.metadata(written) == given_values


@given(st.text())
def test_whatever_a_header_holds_it_is_read_or_named(said: str) -> None:
    for read in (lambda: tus.metadata(said), lambda: tus.number(said, "Upload-Length"), lambda: tus.checksum(said)):
        with suppress(tus.Malformed):
            read()
