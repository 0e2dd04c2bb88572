"""Typed settings, read from `CLIENTNEST_*` when first asked for; nothing is read at import."""

import os
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from clientnest.errors import ConfigurationError


def _default_home() -> Path:
    """Where data is kept when nothing is said: a system folder for root (Postgres must not run as root, and its own
    user cannot enter root's home), else a folder of the person's own."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/clientnest")
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "clientnest"


class _Group(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CLIENTNEST_", extra="ignore", frozen=True)

    @classmethod
    def read(cls) -> Self:
        """The group as the environment says; a value that does not fit is named with its variable."""
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            variable = f"CLIENTNEST_{first['loc'][0]}".upper() if first["loc"] else "A CLIENTNEST_* variable"
            raise ConfigurationError(
                f"{variable} is set to {first['input']!r}, which does not fit: {first['msg'].lower()}.",
                advice="Correct it, or unset it for the default.",
            ) from error


class CoreSettings(_Group):
    """`home` holds everything this installation keeps: database, uploads, history, logs, secrets.

    `history_url` puts the Parquet history elsewhere: another folder, or `s3://bucket/folder`.
    """

    home: Path = Field(default_factory=_default_home)
    history_url: str | None = None
    # Relative to where the command was typed: processes that it starts work elsewhere.
    _absolute = field_validator("home")(lambda home: home.expanduser().absolute())
    environment: Literal["development", "production"] = "development"
    log_level: str = "INFO"


class DatabaseSettings(_Group):
    """`database_url` names an administrator of any Postgres 17+ or TimescaleDB; empty means the embedded server."""

    database_url: SecretStr | None = None
    database_name: str = "clientnest"
    dagster_database_name: str = "dagster"
    mlflow_database_name: str = "mlflow"


class StackSettings(_Group):
    """Loopback addresses of the processes that `make run` starts."""

    api_port: int = Field(8000, ge=1, le=65535)
    dashboards_port: int = Field(8501, ge=1, le=65535)
    dagster_port: int = Field(3000, ge=1, le=65535)
    mlflow_port: int = Field(5000, ge=1, le=65535)


class ImportSettings(_Group):
    """Limits of one import. Sizes in bytes, counted after unpacking."""

    import_max_file_bytes: int = 4 * 1024**3
    import_max_unpacked_bytes: int = 8 * 1024**3
    import_max_compression_ratio: int = 200
    import_max_files: int = 2_000


class SecretSettings(_Group):
    """The key that signs access tokens; generated and kept under `home/secrets.json` in development."""

    token_key: SecretStr | None = None

    @model_validator(mode="after")
    def _strong(self) -> "SecretSettings":
        if self.token_key is not None and len(self.token_key.get_secret_value()) < 32:
            raise ConfigurationError(
                "CLIENTNEST_TOKEN_KEY is shorter than 32 characters.",
                advice="Set it to a random value, for example the output of `openssl rand -hex 32`.",
            )
        return self


@cache
def core() -> CoreSettings:
    return CoreSettings.read()


@cache
def database() -> DatabaseSettings:
    return DatabaseSettings.read()


@cache
def stack() -> StackSettings:
    return StackSettings.read()


@cache
def imports() -> ImportSettings:
    return ImportSettings.read()


@cache
def secrets() -> SecretSettings:
    return SecretSettings.read()


def forget() -> None:
    """Read the environment again at the next use (for tests and for a supervisor that changes it)."""
    for group in (core, database, stack, imports, secrets):
        group.cache_clear()
