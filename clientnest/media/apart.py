"""Opening files that people sent, in a process of its own (`clientnest.media.program`)."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from clientnest import settings
from clientnest.errors import Unavailable
from clientnest.log import get_logger
from clientnest.media.model import Recipe
from clientnest.media.results import Found, Refused

LONGEST_SECONDS, LONGEST_CONVERSION_SECONDS = 1_800, 4 * 3_600
_KEPT_VARIABLES = ("PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH")  # nothing of the installation's secrets
_log = get_logger(__name__)


def examined(source: Path, folder: Path) -> Found:
    """Look at a file; the empty `folder` holds `original` and the previews afterwards. `Refused` says why not."""
    return _said({"source": str(source), "folder": str(folder)}, LONGEST_SECONDS)


def converted(source: Path, mime_type: str, folder: Path, recipe: Recipe) -> Found:
    """The same of what is made of a file by a recipe."""
    job = {"source": str(source), "folder": str(folder), "mime_type": mime_type, "recipe": recipe.as_json()}
    return _said(job, LONGEST_CONVERSION_SECONDS)


def _said(job: dict[str, Any], seconds: int) -> Found:
    limits = settings.media()
    bounds = {"image_bytes": limits.media_max_image_bytes, "pixels": limits.media_max_pixels}
    command = [sys.executable, "-I", "-m", "clientnest.media.program", json.dumps({**job, "bounds": bounds})]
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, stdin=subprocess.DEVNULL, env=kept, timeout=seconds
        )
    except subprocess.TimeoutExpired as error:
        raise Refused("It takes too long to open; it may be damaged.") from error
    if done.returncode != 0:
        raise _failure(done.returncode, done.stderr.decode(errors="replace"))
    said = json.loads((Path(job["folder"]) / "result.json").read_text(encoding="ascii"))
    if "refused" in said:
        raise Refused(said["refused"])
    return Found.of(said["found"])


def _failure(status: int, said: str) -> Exception:
    """What the end of the process means: a disk that is full may be emptied, all else is the file's fault."""
    last = said.strip().splitlines()[-1] if said.strip() else ""
    _log.warning("a file could not be opened", status=status, said=last[:300])
    if "No space left" in said:
        return Unavailable("The disk of media is full.", advice="Make room.")
    if "MemoryError" in said or "Cannot allocate memory" in said or "std::bad_alloc" in said:
        return Refused("It takes more memory to open than a picture or video needs.")
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return Refused("It takes too long to open; it may be damaged.")
    return Refused("It is damaged: opening it failed.")
