"""Images lose what is not the picture, and nothing of the picture; whatever the file is, it is cleaned or refused."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageSequence

from clientnest.media.containers import CLEANERS, DamagedImage
from tests.media_files import encoded, gif, located, picture

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
NOTES = {"exif": located(), "icc_profile": PROFILE}
FILES: dict[str, tuple[str, bytes]] = {
    "jpeg": ("image/jpeg", encoded(picture(), "JPEG", comment=b"<script>", **NOTES)),
    "progressive jpeg": ("image/jpeg", encoded(picture(), "JPEG", progressive=True, **NOTES)),
    "jpeg with restarts": ("image/jpeg", encoded(picture(), "JPEG", restart_marker_blocks=1, **NOTES)),
    "cmyk jpeg": ("image/jpeg", encoded(picture(mode="CMYK"), "JPEG", exif=located())),
    "png": ("image/png", encoded(picture(mode="RGBA"), "PNG", **NOTES)),
    "png with a palette": ("image/png", encoded(picture(mode="P"), "PNG", transparency=3, exif=located())),
    "moving png": ("image/png", encoded(picture(), "PNG", save_all=True, append_images=[picture()], **NOTES)),
    "webp": ("image/webp", encoded(picture(), "WEBP", xmp=b"<x>", **NOTES)),
    "webp without loss": ("image/webp", encoded(picture(mode="RGBA"), "WEBP", lossless=True, **NOTES)),
    "moving webp": ("image/webp", encoded(picture(), "WEBP", save_all=True, append_images=[picture()], **NOTES)),
    "gif": ("image/gif", gif()),
}
files = pytest.mark.parametrize("name", FILES)


def _pictures(content: bytes) -> list[Any]:
    with Image.open(io.BytesIO(content)) as image:
        return [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)]


@files
def test_the_pictures_stay_as_they_are_and_the_notes_go(name: str) -> None:
    mime_type, content = FILES[name]
    cleaned = CLEANERS[mime_type](content + b"PK\x03\x04 <html>")
    assert all(np.array_equal(*both) for both in zip(_pictures(content), _pictures(cleaned.content), strict=True))
    with Image.open(io.BytesIO(cleaned.content)) as image:
        assert not dict(image.getexif())
        assert image.info.get("comment") is None
        with Image.open(io.BytesIO(content)) as before:
            assert image.info.get("icc_profile") == before.info.get("icc_profile")
    assert (cleaned.behind, cleaned.dropped > 0) == (11, True)
    for words in (b"Telephone of Mine", b"<script>", b"<html>", b"<x>"):
        assert words not in cleaned.content
    again = CLEANERS[mime_type](cleaned.content)
    assert (again.content, again.dropped, again.behind) == (cleaned.content, 0, 0)


@files
@given(data=st.data())
def test_a_damaged_file_is_cleaned_or_refused_and_never_grows(name: str, data: st.DataObject) -> None:
    mime_type, content = FILES[name]
    damaged = bytearray(content[: data.draw(st.integers(0, len(content)))])
    for at in data.draw(st.lists(st.integers(0, max(0, len(damaged) - 1)), max_size=5)) if damaged else []:
        damaged[at] = data.draw(st.integers(0, 255))
    try:
        cleaned = CLEANERS[mime_type](bytes(damaged))
    except DamagedImage:
        return
    assert len(cleaned.content) <= len(damaged)
    assert CLEANERS[mime_type](cleaned.content).content == cleaned.content
