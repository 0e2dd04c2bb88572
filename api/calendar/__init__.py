"""What is planned and what went out, day by day."""
