"""An upload from its first byte to a staged import: membership first, then the body, then one transaction."""

import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from anyio import to_thread
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import Request

from api.imports.multipart import Limits, Receiver
from api.imports.schemas import UploadFields
from clientnest import settings
from clientnest.errors import BadInput
from clientnest.imports import ImportOptions, SourceFile

_STALE_SECONDS = 24 * 3600


@asynccontextmanager
async def received(request: Request) -> AsyncIterator[tuple[list[SourceFile], ImportOptions]]:
    """The files and options of an upload. The files lie in a folder of this request's own, removed at the end."""
    folder = await to_thread.run_sync(fresh_folder)
    try:
        configured = settings.imports()
        receiver = Receiver(
            request.headers.get("content-type", ""),
            folder,
            Limits(configured.import_max_files, configured.import_max_file_bytes),
        )
        try:
            async for chunk in request.stream():
                if chunk:
                    await to_thread.run_sync(receiver.write, chunk)
            receiver.finish()
        finally:
            receiver.abandon()
        fields = _fields(receiver.fields)
        yield _sources(receiver, fields), _options(fields)
    finally:
        await to_thread.run_sync(shutil.rmtree, folder, True)


def fresh_folder() -> Path:
    """A fresh folder beside the staged files; those that a killed process left behind are removed."""
    incoming = settings.core().home / "uploads" / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    for old in incoming.iterdir():
        if old.stat().st_mtime < time.time() - _STALE_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=incoming))


def _fields(given: dict[str, list[str]]) -> UploadFields:
    """The fields beside the files; lists come as repeated fields."""
    single: dict[str, object] = {}
    for name, values in given.items():
        if name in {"column_map", "modified_at"}:
            single[name] = values
        elif len(values) > 1:
            raise BadInput(f"The field {name!r} was sent twice.", details={"field": f"body.{name}"})
        elif values[0] != "":
            single[name] = values[0]
    try:
        return UploadFields.model_validate(single)
    except ValidationError as error:
        raise RequestValidationError(
            [{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors(include_input=False)]
        ) from error


def _sources(receiver: Receiver, fields: UploadFields) -> list[SourceFile]:
    if not receiver.files:
        raise BadInput(
            "There is no file to import.", advice="Send each file as a part named `files`.",
            details={"field": "body.files"},
        )  # fmt: skip
    if fields.modified_at and len(fields.modified_at) != len(receiver.files):
        raise BadInput(
            f"There are {len(receiver.files)} files and {len(fields.modified_at)} times of modification.",
            advice="Send `modified_at` once per file, in the same order, or not at all.",
            details={"field": "body.modified_at"},
        )
    times: list[datetime | None] = [*fields.modified_at] or [None] * len(receiver.files)
    return [
        SourceFile(file.path, file.name, modified_at) for file, modified_at in zip(receiver.files, times, strict=True)
    ]


def _options(fields: UploadFields) -> ImportOptions:
    return ImportOptions(
        timezone=fields.timezone,
        account=fields.account,
        network=fields.network,
        captured_at=fields.captured_at,
        column_map=_column_map(fields.column_map),
        date_order=fields.date_order,
        language=fields.language,
    )


def _column_map(entries: list[str]) -> dict[str, str]:
    """From `Their header=our_field`, once per column."""
    found = {}
    for entry in entries:
        header, _, name = entry.rpartition("=")
        if not header.strip() or not name.strip():
            raise BadInput(
                f"{entry[:100]!r} does not say which column is which field.",
                advice="Write `Their header=our_field`, once per column.",
                details={"field": "body.column_map"},
            )
        found[header.strip()] = name.strip()
    return found
