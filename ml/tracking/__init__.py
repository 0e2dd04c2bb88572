"""MLflow as the record of learning: experiments, evidence beside each model, and a registry with aliases."""

from ml.tracking.names import CHALLENGER, CHAMPION, registered_name

__all__ = ["CHALLENGER", "CHAMPION", "registered_name"]
