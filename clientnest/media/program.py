"""A program of its own: opens a file that somebody sent, and writes what it is and its cleaned form into a folder.

    python -m clientnest.media.program JOB

It runs apart from the rest because a crafted picture or video can make its decoder ask for any amount of memory or
time, or crash it; here that ends this process and nothing else. JOB is JSON: `source`, `folder`, `bounds`, and for a
conversion `recipe` and `mime_type`. `result.json` in the folder holds what was found, or why it was refused.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from clientnest.media.model import Recipe
from clientnest.media.results import Bounds, Found, Refused
from clientnest.media.sniffing import CALLED, real_type

MEMORY_BYTES = 3 * 1024**3
CPU_SECONDS, CONVERSION_CPU_SECONDS = 900, 7200


def main(job: dict[str, Any]) -> None:
    """See the module."""
    _limit(CONVERSION_CPU_SECONDS if "recipe" in job else CPU_SECONDS)
    folder = Path(job["folder"])
    said: dict[str, Any]
    try:
        said = {"found": _done(job, folder, Bounds(**job["bounds"])).as_json()}
    except Refused as refused:
        said = {"refused": str(refused)}
    (folder / "result.json").write_text(json.dumps(said), encoding="ascii")


def _done(job: dict[str, Any], folder: Path, bounds: Bounds) -> Found:
    source = Path(job["source"])
    if "recipe" in job:
        source = _converted(source, job["mime_type"], folder / "converted", Recipe.of(job["recipe"]))
    return examine(source, folder, bounds)


def _converted(source: Path, mime_type: str, target: Path, recipe: Recipe) -> Path:
    if recipe.mime_type.startswith("video/"):
        from clientnest.media.transcoding import convert_video

        convert_video(source, mime_type, target, recipe)
    else:
        from clientnest.media.pictures import converted_image

        target.write_bytes(converted_image(source.read_bytes(), mime_type, recipe))
    return target


def examine(source: Path, folder: Path, bounds: Bounds) -> Found:
    """What the file is, with `original` and the previews written. `Refused` names what it really is."""
    mime_type, called = real_type(source)
    if mime_type is None:
        taken = ", ".join(name.partition(" ")[2] for name in CALLED.values())
        raise Refused(f"This is {called}. What can be used is: {taken}.")
    if mime_type.startswith("image/"):
        from clientnest.media import images

        return images.examine(source, folder, mime_type, bounds)
    from clientnest.media import videos

    return videos.examine(source, folder, mime_type, bounds)


def _limit(cpu_seconds: int) -> None:
    """Bound memory and time where the system can (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)  # whoever answers people goes first


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
