"""The run that brings a job's captures all the way to the dashboards."""

from dagster import AssetSelection, define_asset_job, in_process_executor

from orchestration.launch import LOAD

load = define_asset_job(
    LOAD,
    selection=AssetSelection.groups("raw", "staging", "intermediate", "marts", "serve", "history"),
    description="Bring what a job asks for into raw, build and test the models, keep the history, look at what came.",
    executor_def=in_process_executor,  # one process: starting one per asset costs more than the assets
)
