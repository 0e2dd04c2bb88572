"""Typed settings, read from `CLIENTNEST_*` when first asked for; nothing is read at import."""

import os
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from clientnest.errors import ConfigurationError


def _default_home() -> Path:
    """Where data is kept when nothing is said: a system folder for root (Postgres must not run as root, and its own
    user cannot enter root's home), else a folder of the person's own."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/clientnest")
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "clientnest"


_RATE = r"^[1-9][0-9]{0,8} ?/ ?([1-9][0-9]{0,5} )?(second|minute|hour|day)s?$"


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
    """Loopback addresses of the processes that `make run` starts. `api_url`: where the dashboards reach the API, if
    that is elsewhere."""

    api_port: int = Field(8000, ge=1, le=65535)
    dashboards_port: int = Field(8501, ge=1, le=65535)
    dagster_port: int = Field(3000, ge=1, le=65535)
    mlflow_port: int = Field(5000, ge=1, le=65535)
    api_url: str | None = None

    @property
    def api_address(self) -> str:
        """The API's address without a slash at the end."""
        return (self.api_url or f"http://127.0.0.1:{self.api_port}").rstrip("/")


class ImportSettings(_Group):
    """Limits of one import. Sizes in bytes, counted after unpacking."""

    import_max_file_bytes: int = 4 * 1024**3
    import_max_unpacked_bytes: int = 8 * 1024**3
    import_max_compression_ratio: int = 200
    import_max_files: int = 2_000


class MediaSettings(_Group):
    """Where pictures and videos lie, how large they may be, and how long they are kept.

    `media_url`: a folder, or `s3://bucket/folder`; empty means the folder `media` of this installation. Endpoint and
    keys of S3 come from the usual AWS_* variables.
    """

    media_url: str | None = None
    media_max_bytes: int = Field(8 * 1024**3, ge=1)
    media_max_image_bytes: int = Field(100 * 1024**2, ge=1)
    media_max_pixels: int = Field(100_000_000, ge=1)
    media_upload_days: int = Field(2, ge=1)
    media_unused_days: int = Field(30, ge=1)
    media_address_seconds: int = Field(3600, ge=60)


class PlanningSettings(_Group):
    """How far ahead anything is planned, and the limits of one file of posts to schedule."""

    schedule_horizon_days: int = Field(731, ge=1, le=3_660)
    bulk_max_rows: int = Field(5_000, ge=1, le=100_000)
    bulk_max_bytes: int = Field(20 * 1024**2, ge=1)


class MailSettings(_Group):
    """`smtp_url` names the mail server, with its user and password; empty means that letters stay in the outbox.

    `public_url` is where people reach this installation: links in letters begin with it.
    """

    smtp_url: SecretStr | None = None
    mail_from: str = "ClientNest <clientnest@localhost>"
    public_url: str = "http://localhost:8000"


class OidcProvider(BaseModel):
    """An OpenID Connect provider. `key` stands in addresses; `issuer` is what the provider calls itself, exactly."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[a-z0-9-]{1,32}$")
    name: str = Field(min_length=1, max_length=60)
    issuer: str = Field(pattern=r"^https?://")
    client_id: str = Field(min_length=1)
    client_secret: SecretStr


class OidcSettings(_Group):
    """`oidc_providers`: a JSON list of `{"key", "name", "issuer", "client_id", "client_secret"}`."""

    oidc_providers: tuple[OidcProvider, ...] = ()

    @model_validator(mode="after")
    def _different(self) -> "OidcSettings":
        keys = [provider.key for provider in self.oidc_providers]
        if len(set(keys)) != len(keys):
            raise ConfigurationError("CLIENTNEST_OIDC_PROVIDERS names a key twice.", advice="Give each its own.")
        return self


class LimitSettings(_Group):
    """Where rate limits are counted, and how much one caller may ask, as `600/minute` or `10/15 minutes`.

    Over some stretches of a window's length up to twice as much gets through (`clientnest.limits.window`).
    `rate_limit_url` names a Redis server (`redis://…`); empty means that the database counts.
    """

    rate_limit_url: SecretStr | None = None
    rate_limit_person: str = Field("600/minute", pattern=_RATE)
    rate_limit_program: str = Field("600/minute", pattern=_RATE)
    rate_limit_address: str = Field("120/minute", pattern=_RATE)

    @field_validator("rate_limit_url")
    @classmethod
    def _known(cls, given: SecretStr | None) -> SecretStr | None:
        schemes = ("redis://", "rediss://", "redis+unix://", "redis+sentinel://", "redis+cluster://")
        if given is None or not given.get_secret_value():
            return None
        if not given.get_secret_value().startswith(schemes):
            raise ConfigurationError(
                "CLIENTNEST_RATE_LIMIT_URL names no Redis server.",
                advice="Give it the form redis://:PASSWORD@HOST:6379/0, or leave it empty for the database.",
            )
        return given


class OutboundSettings(_Group):
    """Where requests to addresses that people gave (of webhooks, say) may go although it is not the public internet.

    `outbound_allowed`: addresses, networks (10.1.2.0/24) and host names, with commas between them. Those are reached
    unencrypted too, and at any port.
    """

    outbound_allowed: Annotated[tuple[str, ...], NoDecode] = ()

    @field_validator("outbound_allowed", mode="before")
    @classmethod
    def _entries(cls, given: Any) -> Any:
        return tuple(given.replace(",", " ").split()) if isinstance(given, str) else given

    @field_validator("outbound_allowed")
    @classmethod
    def _known(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        from clientnest.outbound.addresses import Allowed

        Allowed.of(given)
        return given


class SecretSettings(_Group):
    """The key that signs access tokens; generated and kept under `home/secrets.json` in development.

    `encryption_keys_file` names the file of the keys that seal stored secrets; see `clientnest.vault.keyring`.
    """

    token_key: SecretStr | None = None
    encryption_keys_file: Path | None = None

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
def media() -> MediaSettings:
    return MediaSettings.read()


@cache
def planning() -> PlanningSettings:
    return PlanningSettings.read()


@cache
def mail() -> MailSettings:
    return MailSettings.read()


@cache
def oidc() -> OidcSettings:
    return OidcSettings.read()


@cache
def limits() -> LimitSettings:
    return LimitSettings.read()


@cache
def outbound() -> OutboundSettings:
    return OutboundSettings.read()


@cache
def secrets() -> SecretSettings:
    return SecretSettings.read()


def forget() -> None:
    """Read the environment again at the next use (for tests and for a supervisor that changes it)."""
    for group in (core, database, stack, imports, media, planning, mail, oidc, limits, outbound, secrets):
        group.cache_clear()
