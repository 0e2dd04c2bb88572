"""What every body of a request shares, and the names in them that other people read."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator

from clientnest.words import unshown

DEEPEST = 50


class Body(BaseModel):
    """A body of a request: a member that is not known is refused, not passed over; so is NUL, and half of a pair,
    which no text of the database can hold, and what is nested deeper than anybody needs."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        waiting = [(value, 1)]
        while waiting:  # not by recursion: depth is what is being asked about
            part, depth = waiting.pop()
            if isinstance(part, str):
                _check_storable(part)
            if depth > DEEPEST:
                raise ValueError(f"this is nested more than {DEEPEST} deep")
            if isinstance(part, dict):
                waiting += [(each, depth + 1) for pair in part.items() for each in pair]
            elif isinstance(part, list):
                waiting += [(each, depth + 1) for each in part]
        return value


def _check_storable(text: str) -> None:
    if "\x00" in text:
        raise ValueError("this holds a NUL character (U+0000), which cannot be kept")
    try:
        text.encode()
    except UnicodeEncodeError as error:  # JSON can hold halves of pairs, and UTF-8 cannot
        half = ord(text[error.start])
        raise ValueError(
            f"character {error.start + 1} is half of a pair (U+{half:04X}) without its other half, which cannot be kept"
        ) from error


def _shown(name: str) -> str:
    found = unshown(name)
    if found is not None:
        raise ValueError(f"this holds a character that is not shown, and could make others read it wrongly: {found}")
    return name


Name = Annotated[str, AfterValidator(_shown)]
"""A name that other people read."""
