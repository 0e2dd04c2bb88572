"""What becomes of files that people send, opened by the program apart."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from PIL import Image

from clientnest import settings
from clientnest.media import apart
from clientnest.media.apart import converted, examined
from clientnest.media.model import Facts, Fit, MediaKind, Recipe
from clientnest.media.results import Found, Refused
from tests.media_files import PLACE, encoded, gif, located, picture, png_bomb, video

Examine = Callable[[bytes], tuple[Found, Path]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "made"
    made.mkdir()
    return made


@pytest.fixture
def examine(tmp_path: Path, folder: Path) -> Examine:
    def _examine(content: bytes) -> tuple[Found, Path]:
        source = tmp_path / "source"
        source.write_bytes(content)
        return examined(source, folder), folder

    return _examine


def _convert(tmp_path: Path, folder: Path, content: bytes, mime_type: str, recipe: Recipe) -> Facts:
    source = tmp_path / "source"
    source.write_bytes(content)
    return converted(source, mime_type, folder, recipe).facts


def test_a_photo_is_turned_upright_and_does_not_say_where_it_was(examine: Examine) -> None:
    found, folder = examine(encoded(picture(400, 200), "JPEG", exif=located(orientation=6), quality=90))
    assert (found.facts.mime_type, found.facts.width, found.facts.height) == ("image/jpeg", 200, 400)
    kept = (folder / "original").read_bytes()
    assert b"Telephone of Mine" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert not dict(image.getexif())
        red = image.convert("RGB").getpixel((100, 50))  # the left half is above now
        assert isinstance(red, tuple)
        assert red[0] > 200 > 60 > red[1]
    for name, longest in (("small.webp", 320), ("large.webp", 400)):
        with Image.open(folder / name) as preview:
            assert (max(preview.size), preview.format) == (longest, "WEBP")
    assert found.notes[-1] == "It was turned upright."


def test_pictures_of_every_kind_of_colour_are_shown_small(examine: Examine) -> None:
    for mode, kind in (("CMYK", "JPEG"), ("L", "JPEG"), ("P", "PNG"), ("RGBA", "PNG"), ("I;16", "PNG"), ("1", "PNG"),
                       ("LA", "PNG"), ("RGBA", "WEBP")):  # fmt: skip
        base = picture(mode="RGB").convert("L").convert("I") if mode == "I;16" else picture(mode="RGB")
        found, folder = examine(encoded(base.convert(mode), kind))
        assert found.facts.kind is MediaKind.IMAGE
        with Image.open(folder / "small.webp") as preview:
            assert preview.size == (64, 48)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "an SVG drawing"),
        (b"<?xml version='1.0'?><svg/>", "an SVG drawing"),
        (b"  <!DOCTYPE html><img src=x onerror=alert(1)>", "a web page"),
        (b"%PDF-1.7 \n", "a PDF document"),
        (b"PK\x03\x04" + bytes(60), "application/zip"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "a playlist"),
        (b"\0\0\0\x18ftypheic" + bytes(60), "a HEIC image"),
        (b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x82\x88matroska", "a Matroska video"),
        (b"hello there", "text"),
        (b"\x7fELF" + bytes(60), "application/x-executable"),
        (png_bomb(), "60,000 × 60,000 pixels"),
        (encoded(picture(), "JPEG")[:-400], "damaged"),
        (encoded(picture(), "PNG")[:-40], "damaged"),
        (gif()[:-100], "damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(60), "damaged"),
        (b"GIF89a<script>alert(1)</script>" + bytes(9), "damaged"),
        (b"\0\0\0\x18ftypmp42" + os.urandom(4000), "damaged"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_cannot_be_used_is_called_by_its_real_name(examine: Examine, content: bytes, said: str) -> None:
    with pytest.raises(Refused) as refused:
        examine(content)
    assert said in str(refused.value)


def test_what_hangs_behind_a_picture_or_in_its_notes_is_gone(examine: Examine) -> None:
    hidden = b"PK\x03\x04<html><script>alert(1)</script>"
    for content in (
        encoded(picture(), "JPEG", comment=hidden) + hidden, encoded(picture(), "PNG") + hidden,
        encoded(picture(), "WEBP", xmp=hidden) + hidden, gif() + hidden,
    ):  # fmt: skip
        found, folder = examine(content)
        assert b"script" not in (folder / "original").read_bytes()
        assert f"{len(hidden)} bytes behind the end of the image were removed." in found.notes


@pytest.mark.parametrize(("form", "codec"), [("mov", "libx264"), ("mp4", "libx264"), ("webm", "libvpx-vp9")])
def test_a_video_keeps_picture_and_sound_and_not_where_it_was(
    examine: Examine, tmp_path: Path, form: str, codec: str
) -> None:
    content = video(tmp_path / "given", form, codec=codec)
    assert PLACE[1:8] in content
    found, folder = examine(content)
    kept = (folder / "original").read_bytes()
    assert PLACE[1:8] not in kept
    assert b"Telephone" not in kept
    facts = found.facts
    assert (facts.kind, facts.width, facts.height, facts.frame_rate) == (MediaKind.VIDEO, 160, 120, 25.0)
    assert (facts.video_codec, facts.audio_codec) == (("vp9", "opus") if form == "webm" else ("h264", "aac"))
    assert facts.duration_seconds == pytest.approx(2, abs=0.1)
    with av.open(io.BytesIO(content)) as before, av.open(io.BytesIO(kept)) as after:
        packets = [[bytes(p) for p in one.demux(one.streams.video[0]) if p.size] for one in (before, after)]
    assert packets[0] == packets[1], "the picture is copied, not encoded anew"


def test_a_turned_video_is_shown_upright(examine: Examine, tmp_path: Path) -> None:
    found, folder = examine(video(tmp_path / "given", "mov", turned=-90))
    assert (found.facts.width, found.facts.height) == (120, 160)
    with Image.open(folder / "large.webp") as preview:
        above = preview.convert("RGB").getpixel((60, 30))
        assert isinstance(above, tuple)
        assert above[0] > 180 > 90 > above[1]


def test_a_file_that_asks_for_too_much_ends_its_own_process_only(
    examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENTNEST_MEDIA_MAX_PIXELS", str(10**10))  # the guard before it is gone
    settings.forget()
    try:
        with pytest.raises(Refused, match="more memory"):
            examine(png_bomb())
    finally:
        monkeypatch.undo()
        settings.forget()


def test_the_bounds_of_the_program_are_real() -> None:
    begin = "from clientnest.media.program import _limit; _limit(1);"
    for work, said in (("[0 for _ in iter(int, 1)]", "too long"), ("bytes(4 * 1024**3)", "more memory")):
        ended = subprocess.run([sys.executable, "-c", begin + work], capture_output=True, check=False)
        assert said in str(apart._failure(ended.returncode, ended.stderr.decode()))


@pytest.mark.parametrize(
    ("recipe", "size"),
    [
        (Recipe("image/jpeg", max_bytes=20_000), (400, 300)),
        (Recipe("image/jpeg", width=100, height=100), (100, 75)),
        (Recipe("image/jpeg", width=100, height=100, fit=Fit.CROP), (100, 100)),
        (Recipe("image/png", width=100, height=100, fit=Fit.PAD), (100, 100)),
    ],
)
def test_an_image_becomes_what_the_recipe_says(
    tmp_path: Path, folder: Path, recipe: Recipe, size: tuple[int, int]
) -> None:
    facts = _convert(tmp_path, folder, encoded(picture(400, 300, "RGBA"), "PNG"), "image/png", recipe)
    assert facts.mime_type == recipe.mime_type
    assert facts.size_bytes <= (recipe.max_bytes or 10**9)
    assert facts.width / facts.height == pytest.approx(size[0] / size[1], rel=0.01)
    assert (facts.width, facts.height) == size or recipe.max_bytes


@pytest.mark.parametrize(
    ("recipe", "size"),
    [
        (Recipe("video/mp4", max_bytes=90_000), (120, 160)),
        (Recipe("video/mp4", width=90, height=160, fit=Fit.PAD, frame_rate=10), (90, 160)),
        (Recipe("video/mp4", width=100, height=100, fit=Fit.CROP), (100, 100)),
    ],
)
def test_a_video_becomes_what_the_recipe_says(
    tmp_path: Path, folder: Path, recipe: Recipe, size: tuple[int, int]
) -> None:
    content = video(tmp_path / "given", "mov", turned=-90)
    facts = _convert(tmp_path, folder, content, "video/quicktime", recipe)
    assert (facts.mime_type, facts.video_codec, facts.audio_codec) == ("video/mp4", "h264", "aac")
    assert (facts.width, facts.height) == size
    assert facts.size_bytes <= (recipe.max_bytes or 10**9)
    assert facts.frame_rate == pytest.approx(recipe.frame_rate or 25, rel=0.05)
    assert facts.duration_seconds == pytest.approx(2, abs=0.15)


def test_images_that_move_become_videos(tmp_path: Path, folder: Path) -> None:
    facts = _convert(tmp_path, folder, gif(pictures=10), "image/gif", Recipe("video/mp4"))
    assert (facts.kind, facts.width, facts.height, facts.has_audio) == (MediaKind.VIDEO, 64, 48, False)
    assert facts.duration_seconds == pytest.approx(1, abs=0.11)


def test_a_video_that_cannot_be_so_small_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(Refused, match="do not fit into 9,000 bytes"):
        _convert(tmp_path, folder, video(tmp_path / "given", "mp4"), "video/mp4", Recipe("video/mp4", max_bytes=9_000))
