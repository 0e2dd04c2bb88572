"""The Parquet history: everything captured, in files that DuckDB and Polars read, also after raw months are dropped."""

from clientnest.warehouse.history.export import HistoryReport, export_history
from clientnest.warehouse.history.read import open_history, scan_history
from clientnest.warehouse.history.store import default_destination

__all__ = ["HistoryReport", "default_destination", "export_history", "open_history", "scan_history"]
