"""`/v1/outbox`."""

from fastapi import APIRouter

from api.deps import Caller, own
from api.outbox.schemas import LetterList
from clientnest import mail
from clientnest.identity import people

router = APIRouter(prefix="/v1/outbox", tags=["operator"])


@router.get(
    "",
    summary="Letters that were not sent: without a mail server (CLIENTNEST_SMTP_URL), all of them",
    response_model=LetterList,
)
def list_letters(caller: Caller) -> dict[str, list[mail.Waiting]]:
    with own(caller) as connection:
        people.require_operator(connection, caller.person_id)
        return {"items": mail.outbox(connection)}
