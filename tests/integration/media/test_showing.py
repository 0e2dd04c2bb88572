"""Files shown by signed addresses: to whoever has one, for a while, in parts, and so that nothing in them runs."""

import base64
import time
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st

from clientnest.ids import new_id
from clientnest.media import addresses
from clientnest.media.addresses import address
from clientnest.media.files import File
from tests.integration.media.conftest import CLIENT, Place
from tests.media_files import encoded, picture

CONTENT = encoded(picture(300, 200), "PNG")


@pytest.fixture
def shown(place: Place) -> dict[str, Any]:
    return place.make(CONTENT, "Märkte; 'now'.png")


def _get(url: str, method: str = "GET", **headers: str) -> httpx.Response:
    return CLIENT.request(method, url.removeprefix("http://localhost:8000"), headers=headers)


def test_whoever_has_the_address_sees_the_file_and_nothing_runs(shown: dict[str, Any]) -> None:
    original = _get(shown["addresses"]["original"])
    assert (original.status_code, original.content) == (200, CONTENT)
    headers = original.headers
    assert headers["content-type"] == "image/png"
    assert headers["content-length"] == str(len(CONTENT))
    assert headers["content-disposition"] == "inline; filename*=UTF-8''M%C3%A4rkte%3B%20%27now%27.png"
    assert (headers["x-content-type-options"], "sandbox" in headers["content-security-policy"]) == ("nosniff", True)
    assert headers["cache-control"].startswith("private, max-age=")
    for size in ("small", "large"):
        preview = _get(shown["addresses"][size])
        assert preview.headers["content-type"] == "image/webp"
        assert (preview.content[:4], len(preview.content)) == (b"RIFF", int(preview.headers["content-length"]))
    asked = _get(shown["addresses"]["original"], "HEAD")
    assert (asked.content, asked.headers["content-length"]) == (b"", str(len(CONTENT)))


@of_hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(start=st.integers(0, len(CONTENT) - 1), length=st.integers(1, len(CONTENT)))
def test_a_part_is_what_it_says(shown: dict[str, Any], start: int, length: int) -> None:
    part = _get(shown["addresses"]["original"], Range=f"bytes={start}-{start + length - 1}")
    assert part.content == CONTENT[start : start + length]
    assert part.status_code == (206 if len(part.content) < len(CONTENT) else 200)


def test_ranges_as_browsers_ask_for_them(shown: dict[str, Any]) -> None:
    url, size = shown["addresses"]["original"], len(CONTENT)
    whole = _get(url)
    for wanted, content, status in (
        ("bytes=-5", CONTENT[-5:], 206), (f"bytes={size - 3}-", CONTENT[-3:], 206), ("bytes=0-", CONTENT, 200),
        (f"bytes={size}-", b"", 416), ("bytes=-0", b"", 416), ("bytes=0-1,5-6", CONTENT, 200),
        ("lines=1-", CONTENT, 200),
        ("bytes=5-2", CONTENT, 200), ("bytes=-", CONTENT, 200),
    ):  # fmt: skip
        answer = _get(url, Range=wanted)
        assert answer.status_code == status, wanted
        if status == 416:
            assert answer.headers["content-range"] == f"bytes */{size}"
        else:
            assert answer.content == content, wanted
    assert _get(url, Range="bytes=0-0").headers["content-range"] == f"bytes 0-0/{size}"
    assert _get(url, Range="bytes=0-0", **{"If-Range": '"another"'}).status_code == 200
    assert _get(url, **{"If-None-Match": whole.headers["etag"]}).status_code == 304


def test_addresses_that_are_over_forged_or_of_others_show_nothing(
    place: Place, shown: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = shown["addresses"]["original"]
    token = good.rpartition("/")[2]
    packed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    flipped = [
        base64.urlsafe_b64encode(bytes(b ^ (i == at) for i, b in enumerate(packed))).rstrip(b"=").decode()
        for at in range(len(packed))
    ]
    elsewhere = address(new_id(), UUID(shown["id"]), File.ORIGINAL).rpartition("/")[2]
    answers = [_get(f"/v1/media/{one}") for one in (*flipped, elsewhere, "nonsense", "a" * 200, token[:-1])]
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr(addresses.time, "time", lambda: now + 2 * 3600 + 1)
        answers.append(_get(good))
    assert place.ask("DELETE", shown["id"]).status_code == 204
    answers.append(_get(good))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["detail"] for answer in answers}) == 1


def test_an_address_stays_the_same_for_a_while_so_that_it_can_be_kept(place: Place) -> None:
    media_id = new_id()
    assert address(place.workspace_id, media_id, File.SMALL) == address(place.workspace_id, media_id, File.SMALL)
