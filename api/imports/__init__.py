"""Uploads of analytics exports, and what became of them."""
