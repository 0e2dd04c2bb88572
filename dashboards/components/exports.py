"""Tables as CSV files, for spreadsheets: UTF-8 with a mark, plain numbers, empty where unknown."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from clientnest.warehouse.serve import Overview

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows with the same keys as a CSV file; text that a spreadsheet would run as a formula is quoted with '."""
    kept = list(rows)
    buffer = io.StringIO()
    if kept:
        writer = csv.DictWriter(buffer, fieldnames=list(kept[0]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows({name: _safe(value) for name, value in row.items()} for row in kept)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def button(label: str, rows: Sequence[Mapping[str, Any]], name: str) -> None:
    """A download of these rows."""
    st.download_button(
        label, to_csv(rows), file_name=name, mime="text/csv", icon=":material/download:", key=f"csv-{name}",
        on_click="ignore", disabled=not rows,
    )  # fmt: skip


def lazy_button(label: str, make: Callable[[], bytes], name: str) -> None:
    """A download that is made when asked for."""
    st.download_button(
        label, make, file_name=name, mime="text/csv", icon=":material/download:", key=f"csv-{name}", on_click="ignore"
    )


def overview_rows(found: Overview) -> list[dict[str, Any]]:
    """Every figure of every network, with the period before and why a value is missing."""
    before = found.compared_with
    return [
        {
            "network": network.network,
            "metric": figure.measure.name,
            "combined_by": figure.measure.combination,
            "from": found.period.first,
            "to": found.period.last,
            "value": figure.value,
            "posts_with_value": figure.posts,
            "compared_from": before.first if before else None,
            "compared_to": before.last if before else None,
            "value_before": figure.before,
            "change": figure.change,
            "missing": figure.missing,
        }
        for network in found.networks
        for figure in network.figures
    ]


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
