"""JPEG: segments, and between them the picture's own coded bytes (ITU-T T.81, annex B)."""

import re

from clientnest.media.containers.parts import Cleaned, DamagedImage, cut, joined

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_COMMENT, _APPLICATION = 0xFE, range(0xE0, 0xF0)
# Of what applications add, the picture needs how it is measured, its colour profile, and how its colours are coded.
_KEPT = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]", re.DOTALL)


def cleaned(content: bytes) -> Cleaned:
    """See the package."""
    if content[:2] != b"\xff\xd8":
        raise DamagedImage("it does not begin as a JPEG image does")
    kept, at = [content[:2]], 2
    while True:
        at = _marker(content, at)
        code = content[at - 1]
        if code == _END:
            kept.append(b"\xff\xd9")
            return joined(content, kept, at)
        if code == _START:
            raise DamagedImage("a second image begins within it")
        if code in _ALONE:
            continue
        length = int.from_bytes(cut(content, at, 2), "big")
        segment = cut(content, at, max(2, length))
        if _is_kept(code, segment[2:]):
            kept += [bytes((0xFF, code)), segment]
        at += len(segment)
        if code == _SCAN:
            coded = _NEXT_MARKER.search(content, at)
            if coded is None:
                raise DamagedImage("it ends in the middle of the picture")
            kept.append(content[at : coded.start()])
            at = coded.start()


def _marker(content: bytes, at: int) -> int:
    """Behind the marker that begins here; fill bytes before its code are passed over."""
    if cut(content, at, 1) != b"\xff":
        raise DamagedImage(f"there is no segment at byte {at:,}")
    while cut(content, at, 1) == b"\xff":
        at += 1
    return at + 1


def _is_kept(code: int, content: bytes) -> bool:
    if code in _APPLICATION:
        return code in _KEPT and content.startswith(_KEPT[code])
    return code != _COMMENT
