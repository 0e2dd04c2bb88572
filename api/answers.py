"""Answers that a route writes itself, in the thread it runs in."""

from functools import cache
from typing import Any

from fastapi import Response
from pydantic import BaseModel, TypeAdapter


def as_json(schema: type[BaseModel], value: object) -> Response:
    """What FastAPI makes of a route's return value under `response_model`, without changing to another thread for it.

    For long lists that are read often; the route still names its `response_model`, which the document is made of.
    """
    adapter = _adapter(schema)
    found = adapter.validate_python(value, from_attributes=True)
    return Response(adapter.dump_json(found, by_alias=True), media_type="application/json")


@cache
def _adapter(schema: type[BaseModel]) -> TypeAdapter[Any]:
    return TypeAdapter(schema)
