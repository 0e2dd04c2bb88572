"""Videos of another form: H.264 and AAC in MP4, as every network plays them. Runs in the program apart."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.frame import VideoFrame
from PIL import Image, ImageSequence

from clientnest.media import videos
from clientnest.media.encoders import AUDIO_BITS, PictureEncoder, SoundEncoder
from clientnest.media.images import opened
from clientnest.media.model import Recipe
from clientnest.media.results import Refused

_SLOWEST_BITS = 64_000  # below, nothing but blocks is seen
_RESERVE = 0.92  # of the bytes allowed: what a container adds, and an encoder overshoots
_TRIES = 3
_WRITING = {"fflags": "+bitexact", "movflags": "+faststart"}


def convert_video(source: Path, mime_type: str, target: Path, recipe: Recipe) -> None:
    """Write `target` by the recipe, from a file that was examined: a video, or an image that moves. `Refused` where its
    bytes cannot be had."""
    most = recipe.max_bytes
    share = _RESERVE
    for _ in range(_TRIES):
        if mime_type.startswith("image/"):
            _from_images(source.read_bytes(), mime_type, target, recipe, share)
        else:
            _from_video(source, mime_type, target, recipe, share)
        if most is None or target.stat().st_size <= most:
            return
        share *= 0.9 * most / target.stat().st_size
    raise Refused(f"It cannot be made as small as {most:,} bytes.")


def _from_images(content: bytes, mime_type: str, target: Path, recipe: Recipe, share: float) -> None:
    """Of an image that moves: GIF, or WebP and PNG with several pictures."""
    with opened(content, mime_type) as image:
        durations = [frame.info.get("duration") or 100 for frame in ImageSequence.Iterator(image)]

        def frames() -> Iterator[VideoFrame]:
            at = 0.0
            for picture, milliseconds in zip(ImageSequence.Iterator(image), durations, strict=True):
                ground = Image.new("RGBA", image.size, "white")
                ground.alpha_composite(picture.convert("RGBA"))
                frame = VideoFrame.from_image(ground.convert("RGB"))  # type: ignore[no-untyped-call]
                frame.pts, frame.time_base = round(at), Fraction(1, 1000)
                at += milliseconds
                yield frame

        seconds = sum(durations) / 1000
        with av.open(str(target), "w", format="mp4", options=_WRITING) as made:
            encoder = PictureEncoder(made, image.size, Fraction(round(len(durations) / seconds * 1000), 1000), recipe,
                               _bits(recipe, seconds, share, with_sound=False))  # fmt: skip
            for frame in frames():
                encoder.take(frame)
            encoder.finish()


def _from_video(source: Path, mime_type: str, target: Path, recipe: Recipe, share: float) -> None:
    with videos.reading(source, mime_type) as container:
        stream = container.streams.video[0]
        sound = next(iter(container.streams.audio), None)
        tracks: list[Any] = [stream] if sound is None else [stream, sound]
        seconds = (container.duration or 0) / av.time_base
        bits = _bits(recipe, seconds, share, with_sound=sound is not None)
        with av.open(str(target), "w", format="mp4", options=_WRITING) as made:
            encoder = None
            audio = None if sound is None else SoundEncoder(made)
            for packet in container.demux(*tracks):
                for frame in packet.decode():
                    if isinstance(frame, VideoFrame):
                        encoder = encoder or PictureEncoder(
                            made, videos.upright_size(stream, frame.rotation), stream.average_rate or Fraction(30),
                            recipe, bits, turned=frame.rotation,
                        )  # fmt: skip
                        encoder.take(frame)
                    elif audio is not None:
                        audio.take(frame)
            if encoder is not None:
                encoder.finish()
            if audio is not None:
                audio.finish()


def _bits(recipe: Recipe, seconds: float, share: float, *, with_sound: bool) -> int | None:
    """Bits a second that the picture may take; None where nothing limits them."""
    if recipe.max_bytes is None:
        return None
    bits = int(recipe.max_bytes * 8 * share / max(seconds, 0.1)) - (AUDIO_BITS if with_sound else 0)
    if bits < _SLOWEST_BITS:
        raise Refused(f"{seconds:,.0f} seconds do not fit into {recipe.max_bytes:,} bytes.")
    return bits
