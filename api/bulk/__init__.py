"""Many posts at once, from a CSV or a spreadsheet."""
