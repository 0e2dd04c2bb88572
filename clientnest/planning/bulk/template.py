"""A file to begin with."""

import csv
import io
from datetime import UTC, datetime, timedelta

from clientnest.planning.bulk.columns import FIELDS


def bulk_template(*, now: datetime | None = None) -> bytes:
    """A CSV with every column and two examples, a week ahead; spreadsheets open it as UTF-8."""
    day = f"{(now or datetime.now(UTC)) + timedelta(days=7):%Y-%m-%d}"
    out = io.StringIO()
    rows = csv.DictWriter(out, FIELDS)
    rows.writeheader()
    rows.writerow({
        "date": day, "time": "09:00", "timezone": "Europe/Paris", "text": "The first line.\nThe second line.",
        "network": "bluesky", "link": "https://example.com/news", "labels": "news, spring", "campaign": "spring",
    })  # fmt: skip
    rows.writerow({
        "date": day, "time": "18:30", "text": "In the workspace's time zone, with a picture.", "account": "@acme",
        "media": "https://example.com/picture.jpg", "first_comment": "More in the comments.",
    })  # fmt: skip
    return ("\ufeff" + out.getvalue()).encode()
