"""The API's front door: `uvicorn api.main:app`. Importing it reads no settings, no secrets and no database."""

import asyncio
import gc
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import Scope

from api import errors, openapi
from api.audit.router import router as audit
from api.auth.providers import router as providers
from api.auth.registration import router as registration
from api.auth.router import router as auth
from api.connections.apps import networks
from api.connections.apps import router as apps
from api.connections.router import finishing
from api.connections.router import router as connections
from api.events.hub import Hub
from api.events.router import router as events
from api.health.router import router as health
from api.imports.router import router as imports
from api.insights.router import router as insights
from api.jobs.router import router as jobs
from api.keys.router import router as keys
from api.manners import Idempotency, RateLimits
from api.me.passkeys import router as passkeys
from api.me.passkeys import signing_in as passkey_signing_in
from api.me.router import router as me
from api.members.router import accepting
from api.members.router import router as members
from api.metrics.router import router as metrics
from api.middleware import BodyLimit, Surroundings
from api.notifications.router import router as notifications
from api.notifications.unsubscribing import router as unsubscribing
from api.outbox.router import router as outbox
from api.predictions.predictor import LoadingPredictor
from api.predictions.router import router as predictions
from api.reference.router import router as reference
from api.webhooks.router import router as webhooks
from api.workspaces.router import router as workspaces
from clientnest import __version__, log, settings
from clientnest.db import session

MAXIMUM_BODY_BYTES = 1024**2
_UPLOADS = re.compile(r"/v1/workspaces/[^/]+/imports")


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    log.configure(level=settings.core().log_level)
    # To look through everything that thousands of listeners hold for cycles takes more than a second, in which nobody
    # is answered; what is young is looked through as ever.
    gc.set_threshold(10_000, 20, 1_000)
    predictor = app.state.predictor = LoadingPredictor()
    hub = app.state.hub = Hub()
    listening = asyncio.create_task(hub.run())
    yield
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await to_thread.run_sync(predictor.close)
    session.forget()


def create_app() -> FastAPI:
    """A fresh application."""
    app = FastAPI(
        title="ClientNest",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
    )
    for router in (
        insights, predictions, imports, jobs, metrics,  # what is asked most is found first
        auth, registration, passkey_signing_in, providers, me, passkeys, workspaces, members, accepting, keys,
        networks, apps, connections, finishing, audit, events, notifications, unsubscribing, outbox, webhooks,
        health, reference,
    ):  # fmt: skip
        app.include_router(router)
    errors.install(app)
    # The last added is the first to see a request.
    app.add_middleware(Idempotency)
    app.add_middleware(RateLimits)
    app.add_middleware(BodyLimit, limit_for=_body_limit)
    app.add_middleware(Surroundings)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def _body_limit(scope: Scope) -> int:
    if _UPLOADS.fullmatch(scope["path"]):
        return settings.imports().import_max_unpacked_bytes
    return MAXIMUM_BODY_BYTES


app = create_app()
