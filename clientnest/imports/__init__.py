"""Imports of export files: taken in as a job, written file by file, told row by row."""

from clientnest.imports.options import ImportOptions
from clientnest.imports.service import ImportOutcome, run, stage, summary
from clientnest.imports.staging import KIND, SourceFile

__all__ = ["KIND", "ImportOptions", "ImportOutcome", "SourceFile", "run", "stage", "summary"]
