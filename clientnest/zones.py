"""Time zones, by the names of the IANA database."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clientnest.errors import BadInput


def zone(name: str, *, field: str | None = None) -> ZoneInfo:
    """The time zone of an IANA name; `BadInput`, about that field of what was sent, where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(
            f"Unknown time zone {name!r}.", advice="Give an IANA name such as Europe/Paris.",
            details={"field": field} if field else None,
        ) from error  # fmt: skip
