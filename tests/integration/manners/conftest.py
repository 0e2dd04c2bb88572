"""A small application behind the manners, on the real database, with people and programs who ask it."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI, Request, Response
from starlette.testclient import TestClient

from api import errors
from api.deps import Caller, WorkspaceDoor
from api.manners import Idempotency, RateLimits
from api.manners.idempotency import STORES_NO_ANSWER
from api.middleware import BodyLimit, Surroundings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import BadInput, Conflict, Unavailable
from clientnest.identity import create_person, issue_token
from clientnest.ids import new_id
from clientnest.limits import rates
from clientnest.limits.answers import LARGEST_BODY
from clientnest.workspaces import WorkspaceRole, add_member, create_workspace
from clientnest.workspaces.keys import create_key

BODY_LIMIT = 8 * 1024**2


@dataclass
class Application:
    """`carried_out` counts what routes did, by path; `hold` keeps the route `things` busy until it is set."""

    carried_out: Counter[str] = field(default_factory=Counter)
    hold: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.hold.set()

    def client(self) -> TestClient:
        """A process of its own, as far as anything is kept in memory."""
        return TestClient(self.build(), raise_server_exceptions=False)

    def build(self) -> FastAPI:
        app = FastAPI()
        errors.install(app)
        self._add_routes(app)
        app.add_middleware(Idempotency)
        app.add_middleware(RateLimits)
        app.add_middleware(BodyLimit, limit_for=lambda _: BODY_LIMIT)
        app.add_middleware(Surroundings)
        return app

    def _did(self, request: Request) -> int:
        self.carried_out[request.url.path] += 1
        return self.carried_out[request.url.path]

    def _add_routes(self, app: FastAPI) -> None:
        base = "/v1/workspaces/{workspace_id}"

        @app.post(f"{base}/things", status_code=201)
        def things(request: Request, response: Response, door: WorkspaceDoor, thing: dict[str, Any]) -> dict[str, Any]:
            self.begun.set()
            assert self.hold.wait(20)
            with door.open():
                number = self._did(request)
            response.headers["Location"] = f"/things/{number}"
            response.headers["Set-Cookie"] = "not=kept"
            return {"number": number, **thing}

        @app.post(f"{base}/keys", openapi_extra=STORES_NO_ANSWER)
        def keys(request: Request, door: WorkspaceDoor) -> dict[str, int]:
            return {"secret": self._did(request)}

        @app.post(f"{base}/uploads")
        async def uploads(request: Request, door: WorkspaceDoor) -> dict[str, int]:
            size = 0
            async for piece in request.stream():
                size += len(piece)
            return {"number": self._did(request), "size": size}

        @app.post(f"{base}/answers/{{kind}}")
        def answers(request: Request, door: WorkspaceDoor, kind: str) -> Response:
            number = self._did(request)
            problems = {
                "unavailable": Unavailable("Not now."), "conflict": Conflict("In the way."),
                "invalid": BadInput(f"No. {number}"), "broken": RuntimeError("broken"),
            }  # fmt: skip
            if kind in problems:
                raise problems[kind]
            size = {"large": LARGEST_BODY + 1, "full": LARGEST_BODY}.get(kind, 0)
            return Response(b"x" * size, 200 if size else 204, media_type="text/plain" if size else None)

        @app.post("/v1/mine")
        def mine(request: Request, caller: Caller) -> dict[str, int]:
            return {"number": self._did(request)}

        @app.post("/v1/auth/token")
        def token(request: Request) -> dict[str, int]:
            return {"secret": self._did(request)}

        @app.get(f"{base}/things")
        def list_things(door: WorkspaceDoor) -> list[int]:
            return []


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture(autouse=True)
def _rested() -> None:
    rates._rest = rates._Rest()


@dataclass(frozen=True)
class Brand:
    """A workspace, its owner, an analyst, and a program with a key."""

    workspace_id: UUID
    owner: UUID
    analyst: UUID
    key: str

    @property
    def path(self) -> str:
        return f"/v1/workspaces/{self.workspace_id}"


def bearer(who: UUID | str, key: str | None = None) -> dict[str, str]:
    """The headers of a person (by id) or a program (by key), with an Idempotency-Key where one is given."""
    token = who if isinstance(who, str) else issue_token(who)
    return {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})


@pytest.fixture
def brand(database: str) -> Brand:
    return make_brand()


def make_brand() -> Brand:
    name = new_id().hex
    with session.tenant(Role.MIGRATE) as connection:
        owner, analyst = (
            create_person(connection, f"{part}-{name}@example.org", part, "correct horse battery staple").id
            for part in ("owner", "analyst")
        )
        made = create_workspace(connection, "Brand", f"b-{name}", owner=owner)
        add_member(connection, made.id, analyst, WorkspaceRole.ANALYST)
        _, key = create_key(connection, made.id, "A program", ["workspace.read"], created_by=owner)
    return Brand(made.id, owner, analyst, key)
