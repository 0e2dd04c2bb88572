"""What Dagster loads. Needs neither secrets nor a database: both are asked for when something runs."""

from dagster import Definitions, in_process_executor

from orchestration.dbt import Dbt
from orchestration.defs.delivery.history import history, keep_history, nightly_history
from orchestration.defs.delivery.housekeeping import nightly_housekeeping
from orchestration.defs.ingestion.assets import raw
from orchestration.defs.ingestion.checks import CHECKS
from orchestration.defs.ingestion.jobs import load
from orchestration.defs.ingestion.sensors import cancelled_runs, failed_runs, queued_jobs
from orchestration.defs.learning.assets import learn, learned
from orchestration.defs.learning.weekly import weekly_learning
from orchestration.defs.transform.assets import models
from orchestration.defs.transform.quality import nightly_tests
from orchestration.job import JobInHand

defs = Definitions(
    assets=[raw, models, history, learned],
    asset_checks=CHECKS,
    jobs=[load, learn, keep_history],
    schedules=[nightly_tests, nightly_history, nightly_housekeeping, weekly_learning],
    sensors=[queued_jobs, failed_runs, cancelled_runs],
    resources={"dbt": Dbt.of_project(), "job": JobInHand()},
    executor=in_process_executor,
)
