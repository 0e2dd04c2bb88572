"""From a proof to a session, in one step or, where a second factor is on, in two. Needs the role `identity`.

How often somebody may try is for the caller to limit.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from clientnest.errors import BadInput, Unauthenticated
from clientnest.identity import proofs, second_factor, sessions
from clientnest.identity.people import sign_in
from clientnest.identity.proofs import Purpose
from clientnest.identity.sessions import Client, Method, SignedIn


@dataclass(frozen=True, slots=True)
class CodeNeeded:
    """The password was right; `token` with a code of the second factor opens the session within ten minutes."""

    person_id: UUID
    token: str


def with_password(connection: Connection, email: str, password: str, client: Client) -> SignedIn | CodeNeeded:
    """Sign in with an address and its password; `Unauthenticated`, the same for either being wrong."""
    return proved(connection, sign_in(connection, email, password).id, "password", client)


def proved(connection: Connection, person_id: UUID, method: Method, client: Client) -> SignedIn | CodeNeeded:
    """Go on for somebody who has proved who they are in another way: to the second factor, or into a session."""
    if second_factor.is_on(connection, person_id):
        return CodeNeeded(person_id, proofs.issue(connection, Purpose.SECOND_FACTOR, person_id, {"method": method}))
    return sessions.begin(connection, person_id, method, client, second_factor=False)


def waiting_for_code(connection: Connection, token: str) -> UUID:
    """Whose code a token waits for. `Unauthenticated` where it waits for none (any more)."""
    try:
        person_id = proofs.peek(connection, token, Purpose.SECOND_FACTOR).person_id
    except BadInput as error:
        raise Unauthenticated("Signing in took too long, or was done already.", advice="Begin again.") from error
    assert person_id is not None  # noqa: S101 - issued for a person, above
    return person_id


def with_code(connection: Connection, token: str, code: str, client: Client) -> SignedIn:
    """The second step: a code of the app, or a recovery code. The token stays good after a wrong one."""
    person_id = waiting_for_code(connection, token)
    second_factor.check(connection, person_id, code)
    method = proofs.redeem(connection, token, Purpose.SECOND_FACTOR).payload["method"]
    return sessions.begin(connection, person_id, method, client, second_factor=True)
