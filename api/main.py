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
from api.approvals.clients import router as client_reviews
from api.approvals.delegations import router as delegations
from api.approvals.links import router as review_links
from api.approvals.policies import router as policies
from api.approvals.reviews import router as reviews
from api.approvals.reviews import waiting
from api.audit.router import router as audit
from api.auth.providers import router as providers
from api.auth.registration import router as registration
from api.auth.router import router as auth
from api.bulk.router import router as bulk
from api.calendar.router import router as calendar
from api.calendar_feeds.public import router as subscriptions
from api.calendar_feeds.router import router as calendar_feeds
from api.campaigns.router import router as campaigns
from api.comments.router import router as comments
from api.connections.apps import networks
from api.connections.apps import router as apps
from api.connections.router import finishing
from api.connections.router import router as connections
from api.content.posts import router as posts
from api.content.recurring import previewing as previewing_recurrences
from api.content.recurring import router as recurrences
from api.content.revisions import router as revisions
from api.content.scheduling import router as scheduling
from api.content.validating import router as validating
from api.events.hub import Hub
from api.events.router import router as events
from api.health.router import router as health
from api.imports.router import router as imports
from api.insights.router import router as insights
from api.jobs.router import router as jobs
from api.keys.router import router as keys
from api.labels.router import router as labels
from api.manners import Idempotency, RateLimits
from api.me.passkeys import router as passkeys
from api.me.passkeys import signing_in as passkey_signing_in
from api.me.router import router as me
from api.media.content import router as media_files
from api.media.router import router as media
from api.media.uploads import router as media_uploads
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
from api.slots.router import router as slots
from api.templates.router import router as templates
from api.webhooks.router import router as webhooks
from api.workspaces.router import router as workspaces
from clientnest import __version__, log, settings
from clientnest.db import session

MAXIMUM_BODY_BYTES = 1024**2
_UPLOADS = re.compile(r"/v1/workspaces/[^/]+/imports")
_MEDIA = re.compile(r"/v1/workspaces/[^/]+/media(?:/uploads/[^/]+)?")
_BULK = re.compile(r"/v1/workspaces/[^/]+/posts/bulk")
_FORM_BYTES = 1024**2  # what a form has besides its file


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
        bulk, posts, validating, revisions, scheduling, recurrences, previewing_recurrences,
        slots, calendar, calendar_feeds, subscriptions,
        media_uploads, media, media_files, comments, labels, campaigns, templates, policies, reviews, waiting,
        review_links, client_reviews, delegations, health, reference,
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
    if _MEDIA.fullmatch(scope["path"]):
        return settings.media().media_max_bytes + _FORM_BYTES
    if _BULK.fullmatch(scope["path"]):
        return settings.planning().bulk_max_bytes + _FORM_BYTES
    return MAXIMUM_BODY_BYTES


app = create_app()
