"""`/v1/media/{token}`: the files themselves, for whoever has an address that was signed for them.

They come from here for every kind of store: a bucket need not be reachable from outside, and what makes browsers
careful is the same. Nothing in an answer can run: types are those of pictures and videos, found by decoding.
"""

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import StreamingResponse

from api.errors import problem_response
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import NotFound
from clientnest.media.addresses import Shown, nothing_there, shown_at
from clientnest.media.files import File, file_key
from clientnest.media.model import Media, MediaState
from clientnest.media.reading import find
from clientnest.media.store import store

router = APIRouter(prefix="/v1/media", tags=["media"])
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
Token = Annotated[str, Path(min_length=1, max_length=200, description="From an address in `addresses`.")]
Wanted = Annotated[str | None, Header(alias="Range", description="`bytes=0-1023`; one range.", max_length=100)]
Known = Annotated[str | None, Header(alias="If-None-Match", max_length=200)]
Unless = Annotated[str | None, Header(alias="If-Range", max_length=200)]
_FILES = {"*/*": {"schema": {"type": "string", "format": "binary"}}}


@dataclass(frozen=True, slots=True)
class _Part:
    """Bytes from `start` up to `stop`."""

    start: int
    stop: int


@router.head("/{token}", include_in_schema=False)
@router.get(
    "/{token}",
    summary="A picture or video, or a part of it",
    response_class=Response,
    responses={
        200: {"description": "All of it.", "content": _FILES},
        206: {"description": "The range that was asked for.", "content": _FILES},
        304: {"description": "As it was."},
    },
    openapi_extra={"responses": {"416": {"$ref": "#/components/responses/Problem416"}}},
)
def show_media(
    request: Request, token: Token, wanted: Wanted = None, known: Known = None, unless: Unless = None
) -> Response:
    shown = shown_at(token)
    media, size = _found(shown)
    headers = _headers(media, shown)
    if known is not None and headers["ETag"] in known:
        return Response(status_code=304, headers=headers)
    part = _part(wanted if unless in (None, headers["ETag"]) else None, size)
    if part is None:
        return problem_response(
            request, status=416, code="no-such-range", detail=f"There are {size:,} bytes; none are in that range.",
            advice="Ask for bytes that there are.", headers={"Content-Range": f"bytes */{size}"},
        )  # fmt: skip
    headers["Content-Length"] = str(part.stop - part.start)
    status = 200
    if part.stop - part.start < size:
        status = 206
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    assert media.stored is not None  # noqa: S101  # it is ready
    key = file_key(shown.workspace_id, media.id, media.stored, shown.file)
    return StreamingResponse(store().read(key, part.start, part.stop), status, headers)


def _found(shown: Shown) -> tuple[Media, int]:
    """What is shown, and the bytes it has. Nothing says why there is none."""
    try:
        with session.tenant(Role.API, workspace_id=shown.workspace_id) as connection:
            media = find(connection, shown.workspace_id, shown.media_id)
    except NotFound as error:
        raise nothing_there() from error
    if media.state is not MediaState.READY or media.stored is None:
        raise nothing_there()
    if shown.file is File.ORIGINAL:
        return media, media.size_bytes
    return media, store().size(file_key(shown.workspace_id, media.id, media.stored, shown.file))


def _headers(media: Media, shown: Shown) -> dict[str, str]:
    is_original = shown.file is File.ORIGINAL
    name = media.filename if is_original else f"{media.filename.rpartition('.')[0] or media.filename}.webp"
    return {
        "Content-Type": (media.mime_type or "") if is_original else "image/webp",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name)}",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "Cache-Control": f"private, max-age={shown.seconds_left}, immutable",
        "Accept-Ranges": "bytes",
        "ETag": f'"{(media.sha256 or b"").hex()[:32]}-{shown.file[0]}"',
    }


def _part(wanted: str | None, size: int) -> _Part | None:
    """What to send: all of it where nothing, or several ranges, are asked for (RFC 9110, 14.2); None: not there."""
    found = _RANGE.fullmatch(wanted.strip()) if wanted else None
    if found is None or not (found[1] or found[2]):
        return _Part(0, size)
    if not found[1]:
        last = int(found[2])
        return _Part(max(0, size - last), size) if last else None
    start, stop = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
    if found[2] and int(found[2]) < start:
        return _Part(0, size)
    return _Part(start, stop) if start < size else None
