"""How often a caller may ask: by person, by API key and its workspace's plan, or by address for everybody else."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.manners.asker import Asker
from clientnest import settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.entitlements import Entitlements, Limit, consume, entitled
from clientnest.errors import Unavailable
from clientnest.limits import Standing
from clientnest.limits.ahead import Ahead
from clientnest.log import get_logger
from clientnest.workspaces.keys import KeyInUse

_log = get_logger(__name__)
_FRESH_SECONDS = 30.0  # a changed plan takes effect within this
_MOST_REMEMBERED = 10_000
# What is counted may be lost with a crash of the server, and nobody waits long for it, nor for its row.
_QUICKLY = text("SELECT set_config('synchronous_commit', 'off', true), set_config('statement_timeout', '250', true)")


@dataclass(frozen=True, slots=True)
class Counted:
    """One limit that applies to a request, and how its caller stands."""

    name: str
    standing: Standing


def admit_alone(asker: Asker | None, address: str) -> Sequence[Counted] | None:
    """Count a request without waiting for anybody, where that is allowed; None where `admit` has to."""
    limit = _limit_of(asker, address)
    standing = None if isinstance(asker, KeyInUse) else _ahead.try_alone(*limit)
    return None if standing is None else [Counted(limit[0], standing)]


def admit(asker: Asker | None, address: str) -> Sequence[Counted]:
    """Count a request; the last of what is given may not be allowed, then those after it were not asked.

    People and addresses have limits of the installation's, programs those of their key and of their workspace's plan.
    `LimitReached` where the workspace has used up its month.
    """
    limit = _limit_of(asker, address)
    counted = [Counted(limit[0], _ahead.hit(*limit))]
    if not isinstance(asker, KeyInUse):
        return counted
    allowance = _allowances.of(asker.workspace_id)
    if allowance is None or not counted[0].standing.allowed:
        return counted
    per_minute = allowance.limit(Limit.API_REQUESTS_PER_MINUTE)
    if per_minute is not None:
        counted.append(Counted("plan", _ahead.hit("plan", str(asker.workspace_id), f"{per_minute}/minute")))
    if counted[-1].standing.allowed:
        _charge(asker.workspace_id, allowance)
    return counted


def _limit_of(asker: Asker | None, address: str) -> tuple[str, str, str]:
    """The limit that counts a request first: its name, who is counted, and the rate."""
    configured = settings.limits()
    if asker is None:
        return "address", address, configured.rate_limit_address
    if isinstance(asker, KeyInUse):
        return "program", str(asker.id), configured.rate_limit_program
    return "person", str(asker.person_id), configured.rate_limit_person


def _charge(workspace_id: UUID, allowance: Entitlements) -> None:
    """Add the request to the month's. Where the database does not answer, it goes uncounted."""
    try:
        with session.tenant(Role.API, workspace_id=workspace_id) as connection:
            connection.execute(_QUICKLY)
            consume(connection, workspace_id, Limit.API_REQUESTS_PER_MONTH, allowance=allowance)
    except (SQLAlchemyError, Unavailable) as error:
        _log.warning("an API request is not charged", error=type(error).__name__)


class _Allowances:
    """What plans allow, remembered for a moment: every request of a program asks."""

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[float, Entitlements]] = {}
        self._lock = Lock()

    def of(self, workspace_id: UUID) -> Entitlements | None:
        """The workspace's entitlements; None where the database does not answer."""
        asked, known = self._known.get(workspace_id, (0.0, None))
        if known is not None and time.monotonic() < asked + _FRESH_SECONDS:
            return known
        try:
            with session.tenant(Role.API, workspace_id=workspace_id) as connection:
                connection.execute(_QUICKLY)
                fresh = entitled(connection, workspace_id)
        except (SQLAlchemyError, Unavailable) as error:
            _log.warning("a plan is not known", error=type(error).__name__)
            return known
        with self._lock:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[workspace_id] = (time.monotonic(), fresh)
        return fresh


_allowances = _Allowances()
_ahead = Ahead()
