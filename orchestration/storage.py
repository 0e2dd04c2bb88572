"""Dagster's own storage in Postgres, with its connections kept open."""

from typing import Any, Self

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import pg_url_from_config
from sqlalchemy import create_engine

_POOL = {"pool_size": 1, "max_overflow": 30, "pool_recycle": 1800, "pool_pre_ping": True}


class PooledPostgresStorage(DagsterPostgresStorage):
    """dagster-postgres opens a connection for every statement, which costs more than the statement: storing an event
    takes 33 ms that way and 4 ms this way (docs/adr/0007-one-run-per-import.md). Connections that were lost with a
    restarted server are noticed before they are used."""

    def __init__(
        self,
        postgres_url: str,
        should_autocreate_tables: bool = True,
        inst_data: ConfigurableClassData | None = None,
    ) -> None:
        super().__init__(postgres_url, should_autocreate_tables, inst_data)
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            storage._engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT", **_POOL)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        return cls(pg_url_from_config(config_value), config_value.get("should_autocreate_tables", True), inst_data)
