"""The warehouse: writes what was captured into `raw`, keeps its Parquet history, reads the `serve` views."""
