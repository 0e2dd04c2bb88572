"""Images opened: checked, cleaned, shown small. Runs in the program apart."""

import io
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, ImageSequence, JpegImagePlugin

from clientnest.media.containers import CLEANERS, DamagedImage
from clientnest.media.model import Facts, MediaKind
from clientnest.media.results import LARGE, SMALL, Bounds, Found, Refused

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
_ORIENTATION, _UPRIGHT = 0x0112, 1
_QUALITY = 95
_UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError)  # what Pillow says to damaged files


def examine(source: Path, folder: Path, mime_type: str, bounds: Bounds) -> Found:
    """Decode all of it, and write `original` without what is not the picture, and the previews."""
    if source.stat().st_size > bounds.image_bytes:
        raise Refused(f"An image may have {bounds.image_bytes:,} bytes; this has {source.stat().st_size:,}.")
    Image.MAX_IMAGE_PIXELS = None  # checked below, before anything is decoded
    content, notes = source.read_bytes(), []
    try:
        turned = _orientation(content, mime_type, bounds)
        cleaned = CLEANERS[mime_type](content)
        kept = cleaned.content if turned == _UPRIGHT else _upright(cleaned.content, mime_type, turned)
        (folder / "original").write_bytes(kept)
        found = _decoded(kept, mime_type)
        colour = previews(found[1], folder)
    except DamagedImage as fault:
        raise Refused(f"The image is damaged: {fault}.") from fault
    except _UNREADABLE as fault:
        raise Refused("The image is damaged: it cannot be decoded.") from fault
    if cleaned.behind:
        notes.append(f"{cleaned.behind:,} bytes behind the end of the image were removed.")
    if cleaned.dropped:
        notes.append("Notes within the file (place, camera, comments) were removed.")
    if turned != _UPRIGHT:
        notes.append("It was turned upright.")
    return Found(found[0], colour, notes)


def opened(content: bytes, mime_type: str) -> Image.Image:
    """By the reader of that type alone."""
    return Image.open(io.BytesIO(content), formats=(FORMATS[mime_type],))


def _orientation(content: bytes, mime_type: str, bounds: Bounds) -> int:
    """How the camera was held, after a look at how large the picture says it is."""
    with opened(content, mime_type) as image:
        if image.width * image.height > bounds.pixels:
            raise Refused(
                f"The image is {image.width:,} × {image.height:,} pixels; {bounds.pixels:,} pixels are the most."
            )
        said = image.getexif().get(_ORIENTATION, _UPRIGHT)
        return said if said in range(2, 9) and not getattr(image, "is_animated", False) else _UPRIGHT


def _upright(content: bytes, mime_type: str, turned: int) -> bytes:
    """Encoded anew, as there is no other way to turn it. Its colour profile stays."""
    with opened(content, mime_type) as image:
        sampling = JpegImagePlugin.get_sampling(image) if mime_type == "image/jpeg" else -1
        profile = image.info.get("icc_profile")
        image.getexif()[_ORIENTATION] = turned
        shown = ImageOps.exif_transpose(image)
        written = io.BytesIO()
        shown.save(
            written, FORMATS[mime_type], icc_profile=profile, quality=_QUALITY, subsampling=max(sampling, 0),
            qtables=getattr(image, "quantization", None), lossless=b"VP8L" in content[:64],
        )  # fmt: skip
    return CLEANERS[mime_type](written.getvalue()).content


def _decoded(content: bytes, mime_type: str) -> tuple[Facts, Image.Image]:
    """Its facts and its first picture; every other one was decoded too."""
    with opened(content, mime_type) as image:
        durations: list[float] = []
        first: Image.Image | None = None
        for frame in ImageSequence.Iterator(image):
            frame.load()
            durations.append(frame.info.get("duration") or 100)  # what browsers do with none
            first = first or frame.copy()
        assert first is not None  # noqa: S101  # an image has a picture
        first.info = dict(image.info)
        seconds = sum(durations) / 1000 if len(durations) > 1 else None
        facts = Facts(
            MediaKind.IMAGE, mime_type, len(content), image.width, image.height, seconds,
            None if seconds is None else round(len(durations) / seconds, 3),
        )  # fmt: skip
    return facts, first


def previews(image: Image.Image, folder: Path) -> str:
    """Write the previews as WebP in sRGB, and give the average colour."""
    shown = in_srgb(image)
    for name, longest in (("large", LARGE), ("small", SMALL)):
        shown.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        shown.save(folder / f"{name}.webp", "WEBP", quality=80, exif=b"", icc_profile=b"")
    ground = Image.new("RGBA", shown.size, "white")
    ground.alpha_composite(shown.convert("RGBA"))
    average = ground.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return "#{:02x}{:02x}{:02x}".format(*average)  # type: ignore[misc]  # of RGB: three numbers


def in_srgb(image: Image.Image) -> Image.Image:
    """The picture in the colours every screen understands, in RGB or RGBA."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "CMYK"}:
        try:
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            ours = ImageCms.createProfile("sRGB")
            changed = ImageCms.profileToProfile(image, theirs, ours, outputMode="RGB")
            if changed is not None:
                return changed
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that is no good: the colours are taken as they are
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda level: level / 256).convert("L").convert("RGB")
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")
