"""GIF: a screen, then blocks, each in parts of up to 255 bytes (CompuServe's GIF89a)."""

from clientnest.media.containers.parts import Cleaned, DamagedImage, cut, joined

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPING = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def cleaned(content: bytes) -> Cleaned:
    """See the package."""
    if content[:6] not in (b"GIF87a", b"GIF89a"):
        raise DamagedImage("it does not begin as a GIF image does")
    at = 13 + _colours(cut(content, 10, 1)[0])
    kept = [cut(content, 0, at)]
    while True:
        code = cut(content, at, 1)[0]
        if code == _TRAILER:
            kept.append(b"\x3b")
            return joined(content, kept, at + 1)
        if code == _IMAGE:
            end = _parts(content, at + 11 + _colours(cut(content, at + 9, 1)[0]))
            kept.append(content[at:end])
        elif code == _EXTENSION:
            end = _parts(content, at + 2)
            if _is_kept(content[at:end]):
                kept.append(content[at:end])
        else:
            raise DamagedImage(f"there is no block at byte {at:,}")
        at = end


def _colours(flags: int) -> int:
    """Bytes of the table of colours that flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _parts(content: bytes, at: int) -> int:
    """Where the parts that begin here end."""
    while length := cut(content, at, 1)[0]:
        at += 1 + length
    return at + 1


def _is_kept(block: bytes) -> bool:
    return block[1] == _GRAPHIC_CONTROL or (block[1] == _APPLICATION and block[3:14] in _LOOPING)
