"""Images without what is not the picture: the parts of a file are kept or dropped as they are, nothing is encoded anew.

Each `cleaned` takes a whole file and gives the file with only the parts that a picture consists of (its colour profile
included) and what came to less: notes of where it was, comments, anything after its end. `DamagedImage` where the parts
do not fit together.
"""

from collections.abc import Callable, Mapping

from clientnest.media.containers import gif, jpeg, png, webp
from clientnest.media.containers.parts import Cleaned, DamagedImage

CLEANERS: Mapping[str, Callable[[bytes], Cleaned]] = {
    "image/jpeg": jpeg.cleaned, "image/png": png.cleaned, "image/webp": webp.cleaned, "image/gif": gif.cleaned,
}  # fmt: skip

__all__ = ["CLEANERS", "Cleaned", "DamagedImage"]
