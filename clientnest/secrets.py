"""Secrets this installation made for itself: database passwords and the token key, in one file of its owner's."""

import hmac
import json
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from clientnest import settings
from clientnest.errors import ConfigurationError
from clientnest.home import ensure, write_private


@dataclass(frozen=True, slots=True)
class InstallationSecrets:
    """`installation_id` ties a data folder to its database; `passwords` maps database role to password.

    `demo_password` opens the demo workspace only; it is kept so that it can be shown at every start.
    """

    installation_id: str
    token_key: str
    demo_password: str
    passwords: Mapping[str, str]


ROLES = ("superuser", "migrate", "etl", "dbt", "api", "dashboards", "worker", "identity", "dagster", "mlflow")


def load(home: Path | None = None) -> InstallationSecrets:
    """Read `home/secrets.json`, making it (mode 0600) the first time; roles added since are filled in.

    In production the token key has to come from CLIENTNEST_TOKEN_KEY, never from a generated file.
    """
    folder = ensure(home or settings.core().home)
    path = folder / "secrets.json"
    kept = _read(path)  # replaced in one step, never changed in place, so reading needs no lock
    wanted = _completed(kept)
    if wanted != kept:
        with FileLock(folder / ".secrets.lock"):
            wanted = _completed(_read(path))  # another process may have written it since
            write_private(path, wanted)
    configured = settings.secrets().token_key
    if configured is not None:
        wanted["token_key"] = configured.get_secret_value()
    elif settings.core().environment == "production":
        raise ConfigurationError(
            "CLIENTNEST_TOKEN_KEY is not set.",
            advice="In production, set it to a random value of at least 32 characters kept outside the data folder.",
        )
    return InstallationSecrets(**wanted)


def token_key() -> str:
    """The key that signs. Read once per process, as every request needs it; one given in the environment replaces the
    kept one at once."""
    given = settings.secrets().token_key
    return _loaded_token_key(settings.core().home, given.get_secret_value() if given else None)


def purpose_key(purpose: str) -> bytes:
    """A key of 32 bytes for one purpose, derived from the key that signs: it tells nothing of that or of the others."""
    return hmac.digest(token_key().encode(), f"clientnest {purpose}".encode(), "sha256")


@lru_cache(maxsize=4)
def _loaded_token_key(home: Path, _given: str | None) -> str:
    return load(home).token_key


def _read(path: Path) -> dict[str, Any]:
    try:
        kept = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except PermissionError as error:
        raise ConfigurationError(
            f"{path} may not be read by this user.",
            advice="Run ClientNest as the user who made this data folder, or choose another with CLIENTNEST_HOME.",
        ) from error
    except ValueError as error:
        raise ConfigurationError(
            f"{path} is damaged: {error}.",
            advice="Put it back from a backup. Without it, move the data folder aside and start with an empty one.",
        ) from error
    if not isinstance(kept, dict):
        raise ConfigurationError(f"{path} is damaged: it holds no object.", advice="Put it back from a backup.")
    return kept


def _completed(kept: Mapping[str, Any]) -> dict[str, Any]:
    passwords = kept.get("passwords", {})
    return {
        "installation_id": kept.get("installation_id") or random.token_hex(8),
        "token_key": kept.get("token_key") or random.token_hex(32),
        "demo_password": kept.get("demo_password") or random.token_urlsafe(9),
        "passwords": {role: passwords.get(role) or random.token_hex(24) for role in ROLES},
    }
