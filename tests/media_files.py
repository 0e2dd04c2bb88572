"""Pictures and videos for the tests, made by the libraries that read them elsewhere."""

import io
import struct
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av import AudioFrame, VideoFrame
from PIL import Image

ORIENTATION, CAMERA, GPS = 0x0112, 0x010F, 0x8825
PLACE = b"+48.8577+002.2950/"
_JUNK = np.random.default_rng(7)


def picture(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """Its left half is red, its right half is noise."""
    pixels = _JUNK.integers(0, 255, (height, width, 3), dtype=np.uint8)
    pixels[:, : width // 2] = (250, 10, 10)
    return Image.fromarray(pixels).convert(mode)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """As a file of that format."""
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def located(orientation: int = 1) -> Image.Exif:
    """What a telephone writes into a photo: where it was, and how it was held."""
    exif = Image.Exif()
    exif[CAMERA] = "Telephone of Mine"
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS).update({1: "N", 2: (48.0, 51.0, 30.24), 3: "E", 4: (2.0, 17.0, 40.2)})
    return exif


def gif(pictures: int = 5) -> bytes:
    """Moving, with a comment."""
    frames = [Image.new("P", (64, 48), shade) for shade in range(pictures)]
    return encoded(
        frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0, comment=b"Telephone of Mine"
    )


def png_bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A small file that says it is a picture of billions of pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(10_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def video(
    path: Path, form: str = "mov", *, seconds: float = 2, size: tuple[int, int] = (160, 120), turned: int = 0,
    with_sound: bool = True, codec: str = "libx264",
) -> bytes:  # fmt: skip
    """Its left half is red; it says where it was taken."""
    with av.open(str(path), "w", format=form, options={"movflags": "use_metadata_tags"}) as made:
        made.metadata.update({"location": PLACE.decode(), "title": "Telephone of Mine"})
        stream: Any = made.add_stream(codec, rate=25)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        if turned:
            stream.set_display_rotation(turned)
        sound: Any = made.add_stream("libopus" if form == "webm" else "aac", rate=48_000) if with_sound else None
        for _ in range(round(seconds * 25)):
            made.mux(stream.encode(VideoFrame.from_image(picture(*size))))
        if sound is not None:
            for number in range(round(seconds * 48_000 / 960)):
                noise = (_JUNK.random((2, 960)) * 0.1).astype(np.float32)
                frame = AudioFrame.from_ndarray(noise, format="fltp", layout="stereo")
                frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 960, Fraction(1, 48_000)
                made.mux(sound.encode(frame))
            made.mux(sound.encode(None))
        made.mux(stream.encode(None))
    return path.read_bytes()
