"""Many posts to schedule at once, from one CSV or spreadsheet: read, and told row by row what is wrong.

Reading changes nothing, so a dry run is reading alone. Dates that can be read in more than one order are asked about.
"""

from clientnest.planning.bulk.columns import FIELDS
from clientnest.planning.bulk.model import BulkPlan, BulkRow, DateQuestion, Problem
from clientnest.planning.bulk.reading import read_bulk
from clientnest.planning.bulk.template import bulk_template

__all__ = ["FIELDS", "BulkPlan", "BulkRow", "DateQuestion", "Problem", "bulk_template", "read_bulk"]
