"""Small export files as the networks write them, for tests."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from clientnest.exports import ExportReading, ReadOptions, open_export
from clientnest.exports.idtimes import X_EPOCH_MS
from clientnest.records import PeriodRow, PostRow, RejectedRow

X_HEADER = [
    "Post id",
    "Date",
    "Post text",
    "Post Link",
    "Impressions",
    "Likes",
    "Engagements",
    "Bookmarks",
    "Shares",
    "New follows",
    "Replies",
    "Reposts",
    "Profile visits",
    "Detail Expands",
    "URL Clicks",
    "Hashtag Clicks",
    "Permalink Clicks",
]
INSTAGRAM_HEADER = [
    "Post ID",
    "Account ID",
    "Account username",
    "Account name",
    "Description",
    "Duration (sec)",
    "Publish time",
    "Permalink",
    "Post type",
    "Data comment",
    "Date",
    "Views",
    "Reach",
    "Likes",
    "Shares",
    "Follows",
    "Comments",
    "Saves",
]
FACEBOOK_HEADER = (
    "Post ID,Page ID,Page name,Title,Description,Duration (sec),Publish time,Caption type,Permalink,Is crosspost,"
    "Is share,Post type,Languages,Custom labels,Funded content status,Data comment,Date,Views,Reach,"
    '"Reactions, Comments and Shares",Reactions,Comments,Shares,Total clicks,Other Clicks,Link Clicks,Seconds viewed,'
    "Average Seconds viewed"
)
TIKTOK_HEADER = [
    "Video title",
    "Video link",
    "Post time",
    "Total likes",
    "Total comments",
    "Total shares",
    "Total views",
]


def x_id(moment: datetime) -> str:
    """A snowflake id made at that moment."""
    return str((int(moment.timestamp() * 1000) - X_EPOCH_MS) << 22 | 12345)


def x_row(moment: datetime, text: str = "Hello", **numbers: object) -> list[str]:
    """A row of today's X content export; the numbers are by header."""
    post = x_id(moment)
    link = f"https://x.com/OurBrand/status/{post}"
    row = {"Post id": post, "Date": moment.strftime("%a, %b %-d, %Y"), "Post text": text, "Post Link": link}
    return [str(row.get(name, numbers.get(name, 0))) for name in X_HEADER]


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def x_file(count: int = 3, **numbers: object) -> str:
    start = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)
    return table(X_HEADER, [x_row(start + timedelta(days=day), f"Post {day}", **numbers) for day in range(count)])


def write(folder: Path, content: str | bytes, name: str = "export.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


class Read:
    """A file read to its end."""

    def __init__(self, path: Path, options: ReadOptions | None = None) -> None:
        with open_export(path, options) as reading:
            self.items = list(reading)
        self.reading: ExportReading = reading
        self.posts = [item for item in self.items if isinstance(item, PostRow)]
        self.periods = [item for item in self.items if isinstance(item, PeriodRow)]
        self.rejected = [item for item in self.items if isinstance(item, RejectedRow)]
        assert reading.rows == len(self.items)
        assert reading.accepted == len(self.items) - len(self.rejected)

    @property
    def warnings(self) -> str:
        return " | ".join(self.reading.warnings)
