"""Values as the logs keep them: JSON that Postgres takes, of a bounded size."""

import json
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any

MOST_CHARACTERS = 1000
"""Of one value, as JSON in ASCII; what is longer is kept as its beginning."""
_LONGEST_CHARACTER = 12  # beyond the basic plane: two escapes of six


def storable(value: Any) -> Any:
    """`value` as JSON of at most `MOST_CHARACTERS`. Takes anything: no odd name may keep an act from being logged."""
    plain = _plain(value)
    written = json.dumps(plain)
    return plain if len(written) <= MOST_CHARACTERS else _beginning(plain if isinstance(plain, str) else written)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and abs(value) < float("inf"):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {_text(str(name)): _plain(one) for name, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(_text(str(one)) for one in value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return _text(str(value))


def _text(value: str) -> str:
    """Without what no text column takes: NUL and halves of surrogate pairs."""
    return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _beginning(text: str) -> str:
    kept = text[:MOST_CHARACTERS]
    while (over := len(json.dumps(kept + "…")) - MOST_CHARACTERS) > 0:
        kept = kept[: -max(1, over // _LONGEST_CHARACTER)]
    return kept + "…"
