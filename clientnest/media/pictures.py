"""Images of another type, size or shape. Runs in the program apart."""

import io

from PIL import Image, ImageOps

from clientnest.media.images import FORMATS, in_srgb, opened
from clientnest.media.model import Fit, Recipe
from clientnest.media.results import Refused

_QUALITIES = (90, 60)
_SMALLER, _SMALLEST = 0.85, 64


def converted_image(content: bytes, mime_type: str, recipe: Recipe) -> bytes:
    """By the recipe, from a file that was examined. `Refused` where its bytes cannot be had."""
    with opened(content, mime_type) as image:
        image.load()
        shown = in_srgb(image)
    if recipe.mime_type == "image/jpeg" and shown.mode == "RGBA":
        ground = Image.new("RGBA", shown.size, "white")
        ground.alpha_composite(shown)
        shown = ground.convert("RGB")
    shown = framed(shown, recipe)
    written = _written(shown, recipe.mime_type, _QUALITIES[0])
    if recipe.max_bytes is None or len(written) <= recipe.max_bytes:
        return written
    return _within(shown, recipe.mime_type, recipe.max_bytes)


def framed(image: Image.Image, recipe: Recipe) -> Image.Image:
    """In the recipe's frame. `scale` never makes it larger."""
    size = (recipe.width or image.width, recipe.height or image.height)
    if recipe.fit is Fit.CROP:
        return ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    if recipe.fit is Fit.PAD:
        return ImageOps.pad(image, size, Image.Resampling.LANCZOS, color="white")
    smaller = image.copy()
    smaller.thumbnail(size, Image.Resampling.LANCZOS)
    return smaller


def _within(image: Image.Image, mime_type: str, most: int) -> bytes:
    """The best quality that fits, then smaller pictures."""
    low, high = (_QUALITIES[1], _QUALITIES[0]) if mime_type == "image/jpeg" else (0, 0)
    while True:
        best, down, up = None, low, high
        while down <= up:
            quality = (down + up) // 2
            written = _written(image, mime_type, quality)
            if len(written) <= most:
                best, down = written, quality + 1
            else:
                up = quality - 1
        if best is not None:
            return best
        size = (round(image.width * _SMALLER), round(image.height * _SMALLER))
        if min(size) < _SMALLEST:
            raise Refused(f"It cannot be made as small as {most:,} bytes.")
        image = image.resize(size, Image.Resampling.LANCZOS)


def _written(image: Image.Image, mime_type: str, quality: int) -> bytes:
    written = io.BytesIO()
    image.info = {}
    image.save(written, FORMATS[mime_type], quality=quality, optimize=True, progressive=True)
    return written.getvalue()
