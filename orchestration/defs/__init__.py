"""Dagster's definitions by stage of the data's way: ingestion, transform, delivery, learning."""
