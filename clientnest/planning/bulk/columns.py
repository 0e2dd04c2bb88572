"""Which column of a file is which: by its name, as people and other tools call it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from clientnest.errors import BadInput
from clientnest.exports.table import Header, Sheet, normal

# field: the names it goes by, without case, `_` and `-` like a blank
_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "date": ("date", "day", "date time", "datetime", "date and time", "publish date", "publish at", "post date",
             "posting date", "scheduled date", "scheduled at", "schedule"),
    "time": ("time", "publish time", "post time", "posting time", "scheduled time", "local time"),
    "timezone": ("timezone", "time zone", "tz"),
    "text": ("text", "post", "message", "caption", "content", "copy", "body"),
    "account": ("account", "account id", "profile", "handle", "page"),
    "network": ("network", "social network", "platform", "channel"),
    "link": ("link", "link url", "url"),
    "labels": ("labels", "label", "tags", "tag"),
    "media": ("media", "media url", "media urls", "media ids", "image", "images", "image url", "image urls", "photo",
              "photos", "picture", "pictures", "video", "videos", "video url"),
    "campaign": ("campaign",),
    "first_comment": ("first comment",),
})  # fmt: skip
FIELDS = tuple(_NAMES)
_BY_NAME = {name: field for field, names in _NAMES.items() for name in names}
_HEADER_WITHIN = 15


@dataclass(frozen=True, slots=True)
class Mapped:
    """A table whose columns are known. `at`: where each field stands; `ignored`: names of other columns."""

    header: Header
    at: Mapping[str, int]
    ignored: tuple[str, ...]

    def title(self, field: str) -> str:
        """The field's name in the file."""
        return self.header.names[self.at[field]] if field in self.at else field


def mapped(sheets: Iterable[Sheet], shown: str) -> Mapped | None:
    """The first of these tables that says when, and what to post; None where none does. `BadInput` for two columns
    that mean the same."""
    for sheet in sheets:
        for number, cells in sheet.first[:_HEADER_WITHIN]:
            fields = [_BY_NAME.get(normal(cell).replace("_", " ").replace("-", " ")) for cell in cells]
            if "date" in fields and ("text" in fields or "media" in fields):
                names = tuple("" if cell is None else str(cell).replace("\ufeff", "").strip() for cell in cells)
                return _mapped(Header(sheet, number, names), fields, shown)
    return None


def _mapped(header: Header, fields: list[str | None], shown: str) -> Mapped:
    at: dict[str, int] = {}
    for place, field in enumerate(fields):
        if field is None:
            continue
        if field in at:
            raise BadInput(
                f"{shown}: the columns {header.names[at[field]]!r} and {header.names[place]!r} both mean the {field}.",
                advice="Remove one of them, or give it another name.",
            )
        at[field] = place
    ignored = [name for name, field in zip(header.names, fields, strict=True) if name and field is None]
    return Mapped(header, MappingProxyType(at), tuple(ignored))
