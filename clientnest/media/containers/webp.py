"""WebP: chunks in a RIFF container (RFC 9649)."""

from clientnest.media.containers.parts import Cleaned, DamagedImage, cut

_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_EXIF, _XMP = 0x08, 0x04  # what VP8X says there is


def cleaned(content: bytes) -> Cleaned:
    """See the package."""
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise DamagedImage("it does not begin as a WebP image does")
    end = 8 + int.from_bytes(content[4:8], "little")
    kept, at = [], 12
    while at < end:
        length = int.from_bytes(cut(content, at + 4, 4), "little")
        padded = length + length % 2
        chunk = cut(content, at, 8 + length) + cut(content, at + 8 + length, padded - length)
        if chunk[:4] == b"VP8X":
            chunk = chunk[:8] + bytes((cut(chunk, 8, 1)[0] & ~(_EXIF | _XMP),)) + chunk[9:]
        if chunk[:4] in _KEPT:
            kept.append(chunk)
        at += 8 + padded
    body = b"WEBP" + b"".join(kept)
    whole = b"RIFF" + len(body).to_bytes(4, "little") + body
    return Cleaned(whole, max(0, at - len(whole)), max(0, len(content) - at))
