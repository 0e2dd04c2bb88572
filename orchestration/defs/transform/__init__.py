"""dbt: from `raw` to the tables and views that people read."""
