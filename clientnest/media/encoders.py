"""Encoders of pictures and of sound, for `clientnest.media.transcoding`."""

from fractions import Fraction
from typing import Any

import av
from av.audio.resampler import AudioResampler
from av.container import OutputContainer
from av.filter import Graph
from av.video.frame import VideoFrame

from clientnest.media.model import Fit, Recipe

AUDIO_BITS = 128_000
"""A second, of sound."""
_AUDIO_RATE = 48_000
_TURNS = {90: "cclock", -270: "cclock", -90: "clock", 270: "clock"}


class PictureEncoder:
    """H.264 of pictures in the recipe's frame, as every network plays it."""

    def __init__(
        self, made: OutputContainer, size: tuple[int, int], rate: Fraction, recipe: Recipe, bits: int | None, *,
        turned: int = 0,
    ) -> None:  # fmt: skip
        self._made, self._turned = made, turned
        self._filters, (width, height) = _filters(size, recipe)
        if recipe.frame_rate is not None and rate > Fraction(recipe.frame_rate):
            rate = Fraction(recipe.frame_rate).limit_denominator(1001)
            self._filters.append(("fps", str(rate)))
        self._stream: Any = made.add_stream("libx264", rate=rate)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.options = {"crf": "21", "preset": "medium", "profile": "high"}
        if bits is not None:
            self._stream.options |= {"maxrate": str(bits), "bufsize": str(bits)}
        self._graph: Graph | None = None

    def take(self, frame: VideoFrame) -> None:
        if self._graph is None:
            self._graph = self._linked(frame)
        self._graph.push(frame)
        self._pull()

    def finish(self) -> None:
        if self._graph is not None:
            self._graph.push(None)
            self._pull()
        self._made.mux(self._stream.encode(None))

    def _linked(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format,
                                  time_base=frame.time_base)  # fmt: skip
        turns = [("transpose", _TURNS[self._turned])] if self._turned in _TURNS else []
        if self._turned in (180, -180):
            turns = [("hflip", ""), ("vflip", "")]
        steps = [*turns, *self._filters, ("setsar", "1"), ("format", "yuv420p"), ("buffersink", "")]
        graph.link_nodes(source, *(graph.add(name, said or None) for name, said in steps)).configure()
        self._stream.codec_context.time_base = frame.time_base
        return graph

    def _pull(self) -> None:
        assert self._graph is not None  # noqa: S101  # made by whoever pushes
        while True:
            try:
                frame: Any = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            frame.pict_type = 0  # the encoder chooses anew
            self._made.mux(self._stream.encode(frame))


def _filters(size: tuple[int, int], recipe: Recipe) -> tuple[list[tuple[str, str]], tuple[int, int]]:
    """FFmpeg's filters for the recipe's frame, and its size in even numbers, as H.264 needs them."""
    wanted = (recipe.width or size[0], recipe.height or size[1])
    across, down = wanted[0] / size[0], wanted[1] / size[1]
    if recipe.fit is Fit.SCALE:
        factor = min(across, down, 1.0)
        width, height = (max(2, round(side * factor / 2) * 2) for side in size)
        return [("scale", f"{width}:{height}")], (width, height)
    width, height = (max(2, side // 2 * 2) for side in wanted)
    if recipe.fit is Fit.CROP:
        scaled = f"{width}:{height}:force_original_aspect_ratio=increase"
        return [("scale", scaled), ("crop", f"{width}:{height}")], (width, height)
    scaled = f"{width}:{height}:force_original_aspect_ratio=decrease"
    return [("scale", scaled), ("pad", f"{width}:{height}:(ow-iw)/2:(oh-ih)/2")], (width, height)


class SoundEncoder:
    """AAC in stereo."""

    def __init__(self, made: OutputContainer) -> None:
        self._made = made
        self._stream: Any = made.add_stream("aac", rate=_AUDIO_RATE)
        self._stream.bit_rate = AUDIO_BITS
        self._stream.layout = "stereo"
        self._resampler = AudioResampler("fltp", "stereo", _AUDIO_RATE, 1024)

    def take(self, frame: Any) -> None:
        for resampled in self._resampler.resample(frame):
            self._made.mux(self._stream.encode(resampled))

    def finish(self) -> None:
        self.take(None)
        self._made.mux(self._stream.encode(None))
