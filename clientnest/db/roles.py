"""Who connects to the database as whom: each process has the least it needs; only `migrate` owns tables of ours."""

from enum import StrEnum


class Role(StrEnum):
    """Database roles. Server-wide names are `clientnest_<role>`."""

    MIGRATE = "migrate"  # owns app, raw and ml
    ETL = "etl"  # Dagster and the importer: writes raw and ml, updates jobs, sees every workspace
    DBT = "dbt"  # reads raw and the dimensions of app; owns staging, intermediate, marts and serve
    API = "api"  # one workspace at a time, through row-level security and `serve`
    DASHBOARDS = "dashboards"  # as api; all it may write is a new import
    WORKER = "worker"  # background jobs, one workspace at a time
    IDENTITY = "identity"  # signing in, before a person or workspace is known: people and their proofs, nothing else
    DAGSTER = "dagster"  # owns the database `dagster`
    MLFLOW = "mlflow"  # owns the database `mlflow`

    @property
    def login(self) -> str:
        return f"clientnest_{self.value}"

    @property
    def longest_statement(self) -> int | None:
        """Seconds after which the server gives up a statement of the role: those who answer people cannot be held up
        by one question. None where there is no limit."""
        return {Role.API: 30, Role.DASHBOARDS: 60}.get(self)


class Database(StrEnum):
    """The three databases on one server."""

    PRODUCT = "product"
    DAGSTER = "dagster"
    MLFLOW = "mlflow"
