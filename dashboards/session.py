"""Who is signed in: in the browser's session, and over reloads through a signed cookie that scripts cannot read.

A Streamlit script cannot set cookies, so signing in leaves a single-use code that the page posts back at once to
`KEEP_PATH`, which answers with the cookie. Neither the cookie nor the code ever stands in an address.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response

from clientnest.errors import Unauthenticated
from clientnest.identity import AccessToken, issue_token, verify_token

COOKIE = "clientnest_dashboards"
KEEP_PATH, END_PATH = "/-/session/keep", "/-/session/end"
LIFETIME = timedelta(hours=12)
_AUDIENCE = "clientnest-dashboards"
_CODE_LIFETIME_SECONDS = 60


@dataclass(frozen=True, slots=True)
class _Waiting:
    proof: AccessToken
    until: float


class _Codes:
    """Single-use codes of this process, each for the person who has just signed in."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}
        self._lock = Lock()

    def issue(self, proof: AccessToken) -> str:
        code = secrets.token_urlsafe(32)
        with self._lock:
            now = time.monotonic()
            self._waiting = {kept: one for kept, one in self._waiting.items() if one.until > now}
            self._waiting[code] = _Waiting(proof, now + _CODE_LIFETIME_SECONDS)
        return code

    def redeem(self, code: str) -> AccessToken | None:
        with self._lock:
            found = self._waiting.pop(code, None)
        return found.proof if found and found.until > time.monotonic() else None


codes = _Codes()


def signed_in() -> AccessToken | None:
    """The proof of who this browser session belongs to, taken up again from the cookie after a reload."""
    if "proof" in st.session_state:
        proof: AccessToken | None = st.session_state.proof
        return proof
    found = proof_of(st.context.cookies.get(COOKIE) or "")
    if found:
        st.session_state.proof = found
    return found


def proof_of(cookie: str) -> AccessToken | None:
    """Whose cookie it is; None for one that is not ours or has run out."""
    try:
        return verify_token(cookie, audience=_AUDIENCE)
    except Unauthenticated:
        return None


def begin(proof: AccessToken) -> None:
    """Sign somebody in; `settle` in the next run makes it last."""
    st.session_state.proof = proof
    st.session_state.session_code = codes.issue(proof)


def finish() -> None:
    """Sign out: this browser session forgets everything, and `settle` removes the cookie."""
    st.session_state.clear()
    st.session_state.proof = None
    st.session_state.session_ended = True


def settle() -> None:
    """Let the browser take or drop the cookie after signing in or out. Call once per run, before the page is drawn."""
    code = st.session_state.pop("session_code", None)
    if code:
        _post(KEEP_PATH, code)
    if st.session_state.pop("session_ended", False):
        _post(END_PATH, "")


def _post(path: str, body: str) -> None:
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    address = f"/{base}{path}" if base else path
    st.html(
        f"<script>fetch({address!r}, {{method: 'POST', body: {body!r}, credentials: 'same-origin'}});</script>",
        unsafe_allow_javascript=True,
    )


async def keep_session(request: Request) -> Response:
    """Exchange a single-use code for the cookie. 204, or 403 where the code is unknown, used or too old."""
    code = (await request.body())[:200].decode("ascii", "replace")
    proof = codes.redeem(code)
    if proof is None:
        return Response(status_code=403)
    response = Response(status_code=204)
    response.set_cookie(
        COOKIE,
        issue_token(
            proof.person_id,
            lifetime=LIFETIME,
            audience=_AUDIENCE,
            session_id=proof.session_id,
            second_factor=proof.second_factor,
        ),
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


async def end_session(request: Request) -> Response:  # noqa: ARG001 - Starlette gives it
    """Remove the cookie."""
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response
