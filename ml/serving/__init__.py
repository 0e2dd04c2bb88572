"""Predictions for drafts: what the API calls. Loads champions in the background; a request never waits for MLflow."""

from ml.features import Target
from ml.serving.prediction import Draft, Prediction, Reason
from ml.serving.predictor import Predictor

__all__ = ["Draft", "Prediction", "Predictor", "Reason", "Target"]
