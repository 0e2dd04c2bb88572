"""`/healthz` and `/readyz`."""

from fastapi import APIRouter

from api.health.schemas import Alive, Ready
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.warehouse import serve

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> Alive:
    return Alive()


@router.get("/readyz", summary="Can it answer? The database runs and the results are built")
def readyz() -> Ready:
    with session.tenant(Role.API) as connection:
        serve.ensure_built(connection)
    return Ready()
