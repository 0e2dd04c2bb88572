"""Captures into `raw`: which jobs wait, what they bring, whether it looks right."""
