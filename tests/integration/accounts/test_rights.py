"""Who may see what opens an account: the worker opens tokens, the API writes them, nobody crosses workspaces."""

import pytest
from sqlalchemy import text

from clientnest import accounts
from clientnest.db import session
from clientnest.db.roles import Role
from tests.conftest import make_workspace
from tests.integration.accounts.conftest import Place

DENIED = "permission denied"
TABLES = ("network_app", "credential", "connection_attempt")


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        *((Role.DASHBOARDS, f"SELECT count(*) FROM app.{table}") for table in TABLES),
        *((Role.ETL, f"SELECT count(*) FROM app.{table}") for table in TABLES),
        (Role.API, "SELECT sealed_access_token FROM app.credential"),
        (Role.API, "SELECT sealed_refresh_token FROM app.credential"),
        (Role.API, "UPDATE app.credential SET account_id = account_id"),
        (Role.API, "SELECT * FROM app.credentials_due(now(), 1)"),
        (Role.WORKER, "SELECT count(*) FROM app.connection_attempt"),
        (Role.WORKER, "INSERT INTO app.credential (workspace_id) VALUES (NULL)"),
        (Role.WORKER, "UPDATE app.network_app SET client_id = 'x'"),
    ],
)
def test_a_role_has_no_more_than_it_needs(place: Place, role: Role, statement: str) -> None:
    with (
        pytest.raises(Exception, match=DENIED),
        session.tenant(role, workspace_id=place.workspace_id, person_id=place.owner.person_id) as connection,
    ):
        connection.execute(text(statement))


def test_another_workspace_sees_and_changes_nothing(place: Place) -> None:
    account_id = place.connect().account_id
    place.begin()
    for role in (Role.API, Role.WORKER):
        for workspace_id in (make_workspace(), None):
            with session.tenant(role, workspace_id=workspace_id) as connection:
                for table in TABLES[: 3 if role is Role.API else 2]:
                    assert connection.execute(text(f"SELECT count(*) FROM app.{table}")).scalar_one() == 0
                changed = connection.execute(
                    text("UPDATE app.credential SET state = 'disconnected', sealed_access_token = NULL")
                )
                assert changed.rowcount == 0
    other = make_workspace()
    with pytest.raises(Exception, match="row-level security"), session.tenant(Role.API, workspace_id=other) as bad:
        accounts.save_app(bad, workspace_id=place.workspace_id, network="x", client_id="c", client_secret=None)
    assert place.access(account_id)


def test_a_token_moved_into_another_accounts_row_does_not_open(place: Place) -> None:
    mine = place.connect().account_id
    place.server.signed_in = ("ext-2", "Rival")
    theirs = place.connect().account_id
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("UPDATE app.credential SET sealed_access_token = (SELECT sealed_access_token FROM app.credential "
                 "WHERE account_id = :theirs) WHERE account_id = :mine"), {"mine": mine, "theirs": theirs},
        )  # fmt: skip
    with pytest.raises(Exception, match="belongs elsewhere"):
        place.access(mine)
