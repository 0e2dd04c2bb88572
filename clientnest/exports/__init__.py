"""Analytics export files of the networks, read into typed capture rows. See docs/exports.md.

for file in expand(path):
    with open_export(file, ReadOptions()) as reading:
        for row in reading: ...
"""

from clientnest.exports.archive import expand
from clientnest.exports.model import ColumnUse, ExportFile, ReadOptions, Recognition, UnreadableExport
from clientnest.exports.reading import ExportReading, open_export

__all__ = [
    "ColumnUse",
    "ExportFile",
    "ExportReading",
    "ReadOptions",
    "Recognition",
    "UnreadableExport",
    "expand",
    "open_export",
]
