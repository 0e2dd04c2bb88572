"""The task that answers whoever asked for a new password, by letter or not at all."""

from clientnest import audit
from clientnest.audit import Actor, ActorKind, PersonalAction
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import BadInput
from clientnest.identity import proofs, registration
from clientnest.identity.proofs import Purpose
from clientnest.tasks import AGAIN, app


@app.task(name="identity.answer_reset", retry=AGAIN)
def answer_reset(token: str) -> None:
    """Send the letter, where the address has a login. Once only: what stands for the question is taken away."""
    with session.tenant(Role.IDENTITY) as connection:
        try:
            asked = proofs.take(connection, token, Purpose.RESET_ASKED).payload
        except BadInput:
            return
        known = registration.ask_for_reset(connection, str(asked["email"]))
        if known is not None:
            by = Actor(ActorKind.SYSTEM, None, asked["address"], asked["user_agent"], asked["request_id"])
            audit.record_personal(connection, PersonalAction.PASSWORD_RESET_ASKED, actor=by, person_id=known.id)
