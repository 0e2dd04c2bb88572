"""Expected performance: what a post departs by from its account's own recent level, and why."""

from ml.models.performance.model import FORMAT, PerformanceModel

__all__ = ["FORMAT", "PerformanceModel"]
