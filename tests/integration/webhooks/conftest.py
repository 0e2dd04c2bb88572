"""A workspace whose events are sent to a real receiver, which checks them with the library that receivers use."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from clientnest import settings, webhooks
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.events import tell
from clientnest.ids import new_id
from clientnest.tasks.passing_on import pass_on
from clientnest.webhooks.tasks import send_due
from tests.conftest import make_workspace
from tests.services import receiver
from tests.services.receiver import Received, Receiver


@dataclass
class Place:
    """One workspace, its receiver, and the endpoint that leads there with its secret."""

    workspace_id: UUID
    receiver: Receiver
    endpoint_id: UUID = field(default_factory=new_id)
    secret: str = ""

    def listen(self, *events: str, path: str = "/hook") -> tuple[UUID, str]:
        """Another endpoint of the workspace and its secret."""
        with session.tenant(Role.API, workspace_id=self.workspace_id) as connection:
            made, secret = webhooks.create(
                connection, self.workspace_id, self.receiver.url + path, events or ("*",), created_by=None
            )
        return made.id, secret

    def tell(self, kind: str = "job.done", /, *, subject_id: UUID | None = None, **payload: Any) -> None:
        """Something happens in the workspace; whoever may want to hear of it is told by the worker, later."""
        with session.tenant(Role.API, workspace_id=self.workspace_id) as connection:
            tell(connection, self.workspace_id, kind, subject_id or new_id(), payload)

    def happen(self, kind: str = "job.done", /, **payload: Any) -> None:
        """The same, and whoever wants to hear of it has heard."""
        self.tell(kind, **payload)
        self.hear_all()

    def hear_all(self) -> None:
        for (event_id,) in self.rows("SELECT id FROM app.event WHERE workspace_id = :w ORDER BY id"):
            pass_on(str(self.workspace_id), event_id)

    def send(self, endpoint_id: UUID | None = None) -> None:
        """A turn of the worker, in this process."""
        send_due(str(self.workspace_id), str(endpoint_id or self.endpoint_id))

    def later(self) -> None:
        """The next attempt's time has come."""
        self.do("UPDATE app.webhook_delivery SET next_attempt_at = now() - interval '1 minute' "
                "WHERE workspace_id = :w AND state = 'waiting'")  # fmt: skip
        self.do("UPDATE app.webhook_endpoint SET not_before = NULL WHERE workspace_id = :w")

    def deliveries(self, endpoint_id: UUID | None = None) -> tuple[webhooks.Delivery, ...]:
        with session.tenant(Role.API, workspace_id=self.workspace_id) as connection:
            return webhooks.deliveries(connection, self.workspace_id, endpoint_id or self.endpoint_id).items

    def attempts(self, delivery: webhooks.Delivery) -> list[webhooks.Attempt]:
        with session.tenant(Role.API, workspace_id=self.workspace_id) as connection:
            return webhooks.attempts(connection, self.workspace_id, delivery.id)

    def endpoint(self) -> webhooks.Endpoint:
        with session.tenant(Role.API, workspace_id=self.workspace_id) as connection:
            return webhooks.endpoint(connection, self.workspace_id, self.endpoint_id)

    def do(self, statement: str) -> None:
        with session.tenant(Role.MIGRATE) as connection:
            connection.execute(text(statement), {"w": self.workspace_id})

    def rows(self, statement: str) -> list[Any]:
        with session.tenant(Role.MIGRATE) as connection:
            return list(connection.execute(text(statement), {"w": self.workspace_id}))


def verified(request: Received, secret: str) -> dict[str, Any] | None:
    """What the library of the receiver's side makes of a request: the message, or None where it refuses it."""
    try:
        said = Webhook(secret).verify(request.body, dict(request.headers))
    except WebhookVerificationError:
        return None
    assert said == json.loads(request.body)
    return dict(said)


@pytest.fixture
def place(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("CLIENTNEST_OUTBOUND_ALLOWED", "127.0.0.1")
    settings.forget()
    with receiver.running() as running:
        made = Place(make_workspace(), running)
        made.endpoint_id, made.secret = made.listen()
        yield made
        with session.tenant(Role.MIGRATE) as connection:  # nothing stays due for the next test
            connection.execute(text("DELETE FROM app.workspace WHERE id = :id"), {"id": made.workspace_id})
    monkeypatch.undo()
    settings.forget()
