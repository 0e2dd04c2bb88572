"""`clientnest doctor`: what is well with an installation, what is not, and what to do about it."""

from clientnest.stack.doctor.examination import Finding, Level, examine

__all__ = ["Finding", "Level", "examine"]
