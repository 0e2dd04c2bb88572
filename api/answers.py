"""Answers that a route writes itself, in the thread it runs in."""

from typing import Any

import orjson
from fastapi import Response


def as_json(value: Any) -> Response:
    """A dataclass of values as JSON, as it stands: for long lists that are read often.

    The route names as its `response_model` a schema with the same fields, which the document is made of; nothing turns
    the value into it, so the fields have to be the same (`tests/unit/api/test_answers.py`).
    """
    return Response(orjson.dumps(value, option=orjson.OPT_UTC_Z), media_type="application/json")
