"""Many posts at once from one file: looked at row by row, and then made and scheduled, all of them or none."""

from clientnest.content.bulk.matching import Entry, RowWarning
from clientnest.content.bulk.service import Done, Report, carry_out, look_at

__all__ = ["Done", "Entry", "Report", "RowWarning", "carry_out", "look_at"]
