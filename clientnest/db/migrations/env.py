"""Alembic's entry: runs the revisions as the role `migrate`, with its version table in schema `app`."""

from alembic import context
from sqlalchemy import create_engine

from clientnest.db.tables import metadata


def _include(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name in {"app", "raw", "ml"}


engine = create_engine(context.config.attributes["url"])
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table="alembic_version",
        version_table_schema="app",
        include_schemas=True,
        include_name=_include,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
