"""What a file is by its first bytes, never by its name."""

from pathlib import Path

import filetype  # type: ignore[import-untyped]  # it has no types

_HEAD = 4096
_IMAGES = {
    b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF87a": "image/gif", b"GIF89a": "image/gif",
}  # fmt: skip
_MP4 = frozenset(
    b"isom iso2 iso3 iso4 iso5 iso6 iso7 iso8 iso9 mp41 mp42 avc1 hvc1 dash MSNV M4V  M4VH M4VP f4v ".split()
)
_OTHER_BRANDS = {
    b"hei": "a HEIC image", b"hev": "a HEIC image", b"mif": "a HEIF image", b"msf": "a HEIF image",
    b"avi": "an AVIF image", b"M4A": "sound without a picture", b"M4B": "sound without a picture",
    b"3gp": "a 3GPP video", b"3g2": "a 3GPP video", b"crx": "a raw photo of a camera",
}  # fmt: skip
_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})  # how QuickTime began before `ftyp`
_TEXTS = (
    (b"<svg", "an SVG drawing, which can hold programs"), (b"<!doctype html", "a web page"), (b"<html", "a web page"),
    (b"<script", "a web page"), (b"<?xml", "XML"), (b"#!", "a program"), (b"#extm3u", "a playlist"),
    (b"%pdf", "a PDF document"),
)  # fmt: skip


def real_type(path: Path) -> tuple[str | None, str]:
    """Its type, where it is one that is taken, and what to call it."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    for beginning, mime_type in _IMAGES.items():
        if head.startswith(beginning):
            return mime_type, CALLED[mime_type]
    if head[:4] == b"RIFF":
        return ("image/webp", CALLED["image/webp"]) if head[8:12] == b"WEBP" else (None, _named(head))
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[4:8] in _ATOMS:
        return "video/quicktime", CALLED["video/quicktime"]
    if head[:4] == b"\x1aE\xdf\xa3":
        is_webm = b"webm" in head[:64]
        return ("video/webm", CALLED["video/webm"]) if is_webm else (None, "a Matroska video")
    return None, _named(head)


CALLED = {
    "image/jpeg": "a JPEG image", "image/png": "a PNG image", "image/gif": "a GIF image", "image/webp": "a WebP image",
    "video/mp4": "an MP4 video", "video/quicktime": "a QuickTime video", "video/webm": "a WebM video",
}  # fmt: skip


def _by_brand(head: bytes) -> tuple[str | None, str]:
    brand = head[8:12]
    if brand == b"qt  ":
        return "video/quicktime", CALLED["video/quicktime"]
    if brand.strip() in _MP4:
        return "video/mp4", CALLED["video/mp4"]
    return None, _OTHER_BRANDS.get(brand[:3], f"a file of the brand {brand.decode('ascii', 'replace').strip()!r}")


def _named(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for beginning, called in _TEXTS:
        if text.startswith(beginning) or (beginning in (b"<svg", b"<script") and beginning in text):
            return called
    guessed = filetype.guess(head)
    if guessed is not None:
        return f"a file of the type {guessed.mime}"
    return "text" if head and all(byte >= 32 or byte in b"\t\r\n" for byte in head) else "of no type known here"
