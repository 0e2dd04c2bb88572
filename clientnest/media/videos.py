"""Videos opened: checked, copied without notes, shown small. Runs in the program apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from clientnest.media.images import previews
from clientnest.media.model import Facts, MediaKind
from clientnest.media.results import Bounds, Found, Refused

_DEMUXERS = {"video/mp4": "mov", "video/quicktime": "mov", "video/webm": "matroska"}
_MUXERS = {"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm"}
_OF_ITS_OWN = {"protocol_whitelist": "file"}  # a video that names other files or addresses gets none
_MOST_DECODED = 300  # pictures between two that stand alone
_WRITING = {"fflags": "+bitexact", "movflags": "+faststart"}


def examine(source: Path, folder: Path, mime_type: str, bounds: Bounds) -> Found:
    """Copy picture and sound as they are to `original`, without notes and other tracks; decode one for previews."""
    try:
        had_notes = _copy(source, folder / "original", mime_type, bounds)
        with reading(folder / "original", mime_type) as copy:
            facts = _facts(copy, mime_type, (folder / "original").stat().st_size)
            shown = _picture(copy, copy.streams.video[0])
    except (av.error.FFmpegError, ValueError) as fault:
        raise Refused("The video is damaged: it cannot be decoded.") from fault
    colour = previews(shown, folder)
    return Found(facts, colour, ["Notes within the file (place, camera, comments) were removed."] if had_notes else [])


@contextmanager
def reading(path: Path, mime_type: str) -> Iterator[InputContainer]:
    """The video, by the reader of its type alone."""
    with av.open(str(path), format=_DEMUXERS[mime_type], options=_OF_ITS_OWN) as container:
        yield container


def upright_size(stream: VideoStream, rotation: int) -> tuple[int, int]:
    """Width and height as shown."""
    ratio = stream.sample_aspect_ratio
    width = round(stream.width * ratio) if ratio else stream.width
    return (stream.height, width) if rotation % 180 else (width, stream.height)


def _copy(source: Path, target: Path, mime_type: str, bounds: Bounds) -> bool:
    """Gives whether there was anything that is not copied."""
    with reading(source, mime_type) as container:
        video = container.streams.best("video")
        if not isinstance(video, VideoStream) or not video.width or not video.height:
            raise Refused("There is no picture in the video.")
        if video.width * video.height > bounds.pixels:
            raise Refused(f"The video is {video.width:,} × {video.height:,} pixels; {bounds.pixels:,} are the most.")
        wanted = [video, *(one for one in container.streams.audio if one.codec_context is not None)]
        with av.open(str(target), "w", format=_MUXERS[mime_type], options=_WRITING) as made:
            streams: dict[int, Any] = {one.index: made.add_stream_from_template(one) for one in wanted}
            for packet in container.demux(wanted):
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    made.mux(packet)
        ordinary = {"major_brand", "minor_version", "compatible_brands", "encoder"}
        return bool(container.metadata.keys() - ordinary) or len(wanted) < len(container.streams)


def _facts(copy: InputContainer, mime_type: str, size: int) -> Facts:
    stream = copy.streams.video[0]
    sound = next(iter(copy.streams.audio), None)
    first = next(copy.decode(stream), None)
    if first is None:
        raise Refused("There is no picture in the video.")
    width, height = upright_size(stream, first.rotation)
    seconds = copy.duration / av.time_base if copy.duration else None
    if not seconds or seconds <= 0:
        raise Refused("The video has no duration.")
    rate = stream.average_rate or stream.guessed_rate
    return Facts(
        MediaKind.VIDEO, mime_type, size, width, height, round(seconds, 3), round(float(rate), 3) if rate else None,
        stream.codec_context.name, None if sound is None else sound.codec_context.name,
    )  # fmt: skip


def _picture(copy: InputContainer, stream: VideoStream) -> Image.Image:
    """One from a tenth of the video: the first is often black."""
    wanted = (copy.duration or 0) // 10
    copy.seek(wanted)
    frames = islice(copy.decode(stream), _MOST_DECODED)
    found = next((frame for frame in frames if (frame.time or 0) * av.time_base >= wanted), None)
    if found is None:
        copy.seek(0)
        found = next(copy.decode(stream))
    return upright(found, stream)


def upright(frame: VideoFrame, stream: VideoStream) -> Image.Image:
    """The picture as it is shown."""
    image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    shown = upright_size(stream, frame.rotation)
    turned = image.rotate(frame.rotation, expand=True) if frame.rotation else image
    return turned if turned.size == shown else turned.resize(shown)
