"""A second, deliberately tiny reader of the real export files: it shares nothing with the product and only counts."""

import csv
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

import openpyxl

SS = "{urn:schemas-microsoft-com:office:spreadsheet}"


class Expected(NamedTuple):
    format: str
    rows: int
    accepted: int
    posts: int
    snapshots: int


def expected(path: Path) -> Expected:
    """What an import of this file has to find, by folder of the collection and plain counting."""
    folder = path.parent.name
    if folder == "x_monthly":
        ids = [row["Tweet id"] for row in _csv(path)]
        return Expected("x_analytics_2016", len(ids), len(ids), len(set(ids)), len(set(ids)))
    if folder == "facebook_insights":
        ids = _spreadsheetml_ids(path) if path.suffix == ".xls" else _xlsx_ids(path)
        return Expected("facebook_insights", len(ids), len(ids), len(set(ids)), len(set(ids)))
    if folder == "tiktok":
        days = [row for row in _csv(path) if any(row.values())]
        return Expected("tiktok_overview", len(days), len(days), 0, 0)
    if folder == "bluesky":
        feed = json.loads(path.read_text())["feed"]
        own = {item["post"]["uri"] for item in feed if "reason" not in item}
        return Expected("bluesky_author_feed", len(feed), len(own), len(own), len(own))
    return _youtube(path)


def _youtube(path: Path) -> Expected:
    rows = list(_csv(path))
    first = next(iter(rows[0]))
    data = [row for row in rows if row[first] != "Total"]
    if first == "Content":
        posts = len({row["Content"] for row in data})
        return Expected("youtube_content", len(data), len(data), posts, posts)
    name = "youtube_geography" if "Geography" in rows[0] else "youtube_daily"
    return Expected(name, len(data), len(data), 0, 0)


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _xlsx_ids(path: Path) -> list[str]:
    sheet = openpyxl.load_workbook(path)["Key Metrics"]
    return [str(cell.value) for cell in sheet["A"] if re.fullmatch(r"\d+_\d+", str(cell.value))]


def _spreadsheetml_ids(path: Path) -> list[str]:
    sheet = ET.parse(path).getroot().find(f"{SS}Worksheet")
    assert sheet is not None
    found = [row.findtext(f"{SS}Cell/{SS}Data") or "" for row in sheet.iter(f"{SS}Row")]
    return [value for value in found if re.fullmatch(r"\d+_\d+", value)]
