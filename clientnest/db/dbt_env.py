"""What dbt needs to know to reach the product's database, as the role that owns its schemas."""

from pathlib import Path

from clientnest.db.roles import Role
from clientnest.db.urls import role_url


def dbt_project_folder() -> Path:
    """The dbt project of this checkout."""
    return Path(__file__).resolve().parents[2] / "dbt_project"


def dbt_environment() -> dict[str, str]:
    """The variables that `dbt_project/profiles.yml` reads, and dbt's usage reports switched off.

    The host is a folder where the server listens on a socket. Contains the password: hand it to a child process, never
    to a log.
    """
    url = role_url(Role.DBT)
    host = url.host or url.query.get("host") or "localhost"
    return {
        "CLIENTNEST_DBT_HOST": host if isinstance(host, str) else host[0],
        "CLIENTNEST_DBT_PORT": str(url.port or 5432),
        "CLIENTNEST_DBT_USER": url.username or "",
        "CLIENTNEST_DBT_PASSWORD": url.password or "",
        "CLIENTNEST_DBT_NAME": url.database or "",
        "DBT_PROFILES_DIR": str(dbt_project_folder()),
        "DBT_PROJECT_DIR": str(dbt_project_folder()),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
