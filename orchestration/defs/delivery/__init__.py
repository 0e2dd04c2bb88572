"""What leaves the database or tells people that it is there: the end of a job, the Parquet history."""
