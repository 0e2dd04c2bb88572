"""What the API is compared with: the least that could answer. `uvicorn benchmarks.bare:app`, no sign-in, no tenants.

The same server, the same driver and pool size, the query for the same rows (or several, with semicolons between), and
JSON of them.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from pydantic_core import to_jsonable_python

from clientnest.db.roles import Role
from clientnest.db.urls import libpq

_QUERY = os.environ.get("BENCH_QUERY", "")
# The view shows the workspace that the session is set to: here it is for good.
_options = f"-c clientnest.workspace_id={os.environ.get('BENCH_WORKSPACE', '')}"
_pool = ConnectionPool(
    libpq(Role(os.environ.get("BENCH_ROLE", Role.DBT))),
    min_size=8,
    max_size=16,
    open=False,
    kwargs={"row_factory": dict_row, "options": _options},
)


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    _pool.open(wait=True)
    yield
    _pool.close()


app = FastAPI(lifespan=_lifespan)


@app.get("/healthz")
def health() -> str:
    return "ok"


@app.get("/posts")
def posts() -> JSONResponse:
    with _pool.connection() as connection:
        rows = [row for query in _QUERY.split(";") for row in connection.execute(query).fetchall()]
    return JSONResponse(to_jsonable_python({"items": rows}))
