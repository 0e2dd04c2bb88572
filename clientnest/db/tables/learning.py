"""What learning left for the product to serve: training outcomes with their evidence, and best times."""

from sqlalchemy import Float, Integer, SmallInteger, Table

from clientnest.db.tables.base import instant, json, metadata, of, text, uuid

training_run = Table(
    "training_run", metadata,
    uuid("workspace_id", primary_key=True), uuid("id", primary_key=True), text("family"), text("outcome"),
    text("reason"), text("model_name", nullable=True), text("model_version", nullable=True),
    text("mlflow_run_id", nullable=True), json("metrics"), json("baselines"), json("comparison"),
    of("posts", Integer()), instant("data_from", nullable=True), instant("data_to", nullable=True),
    instant("created_at"), schema="ml",
)  # fmt: skip

best_time = Table(
    "best_time", metadata,
    uuid("workspace_id", primary_key=True), uuid("account_id", primary_key=True),
    of("hour_of_week", SmallInteger(), primary_key=True), of("uplift", Float(53)), of("uplift_low", Float(53)),
    of("uplift_high", Float(53)), of("posts", Integer()), uuid("training_run_id"), instant("computed_at"),
    schema="ml",
)  # fmt: skip
