"""Time zones, by the names of the IANA database: that of the package `tzdata`, the same on every machine.

Importing this makes every `ZoneInfo` of the process come from there; `clientnest` itself does, so all rooms agree.
"""

import zoneinfo
from functools import cache
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]  # it has no types

from clientnest.errors import BadInput

zoneinfo.reset_tzpath(())  # what the machine has may be older, or nothing
ZoneInfo.clear_cache()  # somebody may have asked before
VERSION: str = tzdata.IANA_VERSION
"""The release of the IANA database that all zones are of, such as 2026a."""


@cache
def names() -> frozenset[str]:
    """The names of all zones, links to others too."""
    return frozenset(zoneinfo.available_timezones() - {"Factory"})  # that one is no place's


def zone(name: str, *, field: str | None = None) -> ZoneInfo:
    """The time zone of an IANA name; `BadInput`, about that field of what was sent, where there is none."""
    if name not in names():  # the library itself would take "America.Indiana/Knox", too
        raise BadInput(
            f"Unknown time zone {name[:100]!r}.", advice="Give an IANA name such as Europe/Paris.",
            details={"field": field} if field else None,
        )  # fmt: skip
    return ZoneInfo(name)
