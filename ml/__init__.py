"""Learning: features, models, their evaluation, MLflow tracking, and the predictor that the API serves from."""
