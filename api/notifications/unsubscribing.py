"""`/v1/unsubscribe`: ends letters by the address they carry, without signing in.

Mail programs POST to it by themselves (RFC 8058). A browser that follows it is asked first, because programs that look
for dangerous links follow them as well.
"""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from clientnest import notifications
from clientnest.db import session
from clientnest.db.roles import Role

router = APIRouter(prefix="/v1/unsubscribe", tags=["notifications"])
Token = Annotated[str, Query(min_length=1, max_length=500, description="From the address in the letter.")]
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>ClientNest</title></head>
<body><h1>{title}</h1>{rest}</body>
</html>
"""
_ASK = '<form method="post"><button>Yes, no more of them</button></form>'
_DONE = "<p>Signed in, you can choose anew what you want to hear of, and how.</p>"


@router.get("", summary="Asks, in a browser, whether letters are to end", response_class=HTMLResponse)
def ask_to_unsubscribe(token: Token) -> HTMLResponse:
    label = notifications.unsubscription(token).label
    return HTMLResponse(_PAGE.format(title=f"No more {escape(label)}?", rest=_ASK))


@router.post("", summary="End letters of a kind, at one click", response_class=HTMLResponse)
def unsubscribe(token: Token) -> HTMLResponse:
    given = notifications.unsubscription(token)
    with session.tenant(Role.API, person_id=given.person_id) as connection:
        notifications.unsubscribe(connection, given)
    return HTMLResponse(_PAGE.format(title=f"You get no more {escape(given.label)}", rest=_DONE))
