"""PNG: chunks of a length, a type, content and a checksum (W3C PNG, third edition)."""

from clientnest.media.containers.parts import Cleaned, DamagedImage, cut, joined

_BEGINNING = b"\x89PNG\r\n\x1a\n"
_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cICP cHRM gAMA iCCP sBIT sRGB mDCV cLLI bKGD pHYs acTL fcTL fdAT".split()
)  # fmt: skip


def cleaned(content: bytes) -> Cleaned:
    """See the package."""
    if not content.startswith(_BEGINNING):
        raise DamagedImage("it does not begin as a PNG image does")
    kept, at = [_BEGINNING], len(_BEGINNING)
    while True:
        length = int.from_bytes(cut(content, at, 4), "big")
        chunk = cut(content, at, length + 12)
        at += len(chunk)
        if chunk[4:8] in _KEPT:
            kept.append(chunk)
        if chunk[4:8] == b"IEND":
            return joined(content, kept, at)
