"""Plans, subscriptions, limits, usage, events of the product, counters of rate limits, answers kept for retries.

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KEYS = (
    "seats", "accounts", "api_requests_per_minute", "api_requests_per_month", "scheduled_posts_per_month",
    "ai_tokens_per_month", "storage_mb", "webhooks", "api_keys",
)  # fmt: skip

# A price of NULL is none to show; the metered plan is charged by what is used.
_PLANS: dict[str, tuple[str, int | None]] = {
    "self_hosted": ("Self-hosted", None),
    "free": ("Free", 0),
    "pro": ("Pro", 2_900),
    "enterprise": ("Enterprise", 9_900),
    "api": ("API", None),
}
# One row per key, in the order of `_KEYS`; None is unlimited.
_LIMITS: dict[str, tuple[int | None, ...]] = {
    "self_hosted": (None,) * len(_KEYS),
    "free": (2, 3, 60, 1_000, 30, 50_000, 500, 1, 1),
    "pro": (10, 20, 300, 100_000, 1_000, 2_000_000, 20_000, 10, 10),
    "enterprise": (None, 200, 1_200, 2_000_000, None, 20_000_000, 500_000, 100, 100),
    "api": (5, 50, 1_200, None, None, None, 20_000, 50, 50),
}

_APP = """
CREATE TABLE app.plan (
    id text PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9_]{0,31}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    monthly_price_cents integer CHECK (monthly_price_cents >= 0)
);
CREATE TABLE app.plan_limit (
    plan text NOT NULL REFERENCES app.plan ON DELETE CASCADE,
    key text NOT NULL CHECK (key IN (<KEYS>)),
    value bigint CHECK (value >= 0), -- NULL: unlimited
    PRIMARY KEY (plan, key)
);
CREATE TABLE app.subscription (
    workspace_id uuid PRIMARY KEY REFERENCES app.workspace ON DELETE CASCADE,
    plan text NOT NULL REFERENCES app.plan,
    state text NOT NULL CHECK (state IN ('trialing', 'active', 'past_due', 'canceled')),
    period_start timestamptz,
    period_end timestamptz,
    source text NOT NULL CHECK (source IN ('operator', 'stripe')),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (period_start < period_end)
);
CREATE TABLE app.limit_override (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    key text NOT NULL CHECK (key IN (<KEYS>)),
    value bigint CHECK (value >= 0), -- NULL: unlimited
    reason text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, key)
);
CREATE TABLE app.usage (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    key text NOT NULL CHECK (key IN (<KEYS>)),
    period_start date NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (workspace_id, key, period_start)
) WITH (fillfactor = 70);

-- What people do with the product, never what they write: the database takes nothing that could be content.
CREATE FUNCTION app.holds_no_content(properties jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT CASE WHEN jsonb_typeof(properties) = 'object' THEN NOT EXISTS (
        SELECT FROM jsonb_each(properties) AS p (key, value)
        WHERE key !~ '^[a-z][a-z0-9_]{0,39}$' OR NOT CASE jsonb_typeof(value)
            WHEN 'number' THEN true
            WHEN 'boolean' THEN true
            WHEN 'string' THEN value #>> '{}' ~ '^[a-z0-9_.:-]{1,64}$'
            ELSE false END
    ) ELSE false END
$$;
CREATE TABLE app.product_event (
    workspace_id uuid NOT NULL REFERENCES app.workspace ON DELETE CASCADE,
    id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    person_id uuid REFERENCES app.person ON DELETE SET NULL,
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    properties jsonb NOT NULL DEFAULT '{}' CHECK (app.holds_no_content(properties)),
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX product_event_time ON app.product_event (at);
CREATE INDEX product_event_person ON app.product_event (person_id);

-- Counters of rate limits. Keys are keyed hashes and the rows live for minutes: after a crash they begin at zero.
CREATE UNLOGGED TABLE app.rate_counter (
    key text COLLATE "C" PRIMARY KEY,
    started_at timestamptz NOT NULL,
    current bigint NOT NULL CHECK (current >= 0),
    previous bigint NOT NULL DEFAULT 0 CHECK (previous >= 0),
    allowed boolean NOT NULL DEFAULT true, -- what the last hit was told
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX rate_counter_expiry ON app.rate_counter (expires_at);

-- Answers kept so that a request sent again with the same Idempotency-Key gets the same one.
CREATE TABLE app.idempotency (
    scope_id uuid GENERATED ALWAYS AS (coalesce(workspace_id, person_id)) STORED,
    caller_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    workspace_id uuid REFERENCES app.workspace ON DELETE CASCADE,
    person_id uuid REFERENCES app.person ON DELETE CASCADE,
    claim uuid NOT NULL,
    request_sha256 bytea NOT NULL,
    body_sha256 bytea,
    state text NOT NULL DEFAULT 'in_progress' CHECK (state IN ('in_progress', 'done')),
    status smallint,
    headers jsonb NOT NULL DEFAULT '{}',
    body bytea, -- NULL once done: the answer was too large to keep
    created_at timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (scope_id, caller_id, key),
    CHECK (num_nonnulls(workspace_id, person_id) = 1),
    CHECK (state = 'in_progress' OR (status IS NOT NULL AND body_sha256 IS NOT NULL))
);
CREATE INDEX idempotency_expiry ON app.idempotency (expires_at);
CREATE INDEX idempotency_workspace ON app.idempotency (workspace_id);
CREATE INDEX idempotency_person ON app.idempotency (person_id);
-- Whoever keeps an answer clears away a few whose day is over, whosever they were; it may delete no others.
CREATE FUNCTION app.forget_expired_answers(at_most integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DELETE FROM app.idempotency WHERE (scope_id, caller_id, key) IN (
        SELECT scope_id, caller_id, key FROM app.idempotency WHERE expires_at < now()
        ORDER BY expires_at LIMIT least(at_most, 1000) FOR UPDATE SKIP LOCKED)
$$;
REVOKE ALL ON FUNCTION app.forget_expired_answers(integer) FROM PUBLIC;
"""

_RIGHTS = """
GRANT SELECT ON app.plan, app.plan_limit, app.subscription, app.limit_override TO clientnest_api, clientnest_worker;
GRANT SELECT, INSERT, UPDATE ON app.usage TO clientnest_api, clientnest_worker;
GRANT INSERT ON app.product_event TO clientnest_api, clientnest_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.rate_counter, app.idempotency TO clientnest_api;
GRANT EXECUTE ON FUNCTION app.forget_expired_answers(integer) TO clientnest_api;

-- What no workspace owns is guarded all the same: a table without row security is a mistake that the doctor finds.
ALTER TABLE app.plan ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON app.plan FOR SELECT TO clientnest_api, clientnest_worker USING (true);
ALTER TABLE app.plan_limit ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON app.plan_limit FOR SELECT TO clientnest_api, clientnest_worker USING (true);
ALTER TABLE app.rate_counter ENABLE ROW LEVEL SECURITY;
CREATE POLICY counting ON app.rate_counter TO clientnest_api USING (true) WITH CHECK (true);

ALTER TABLE app.idempotency ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON app.idempotency TO clientnest_api
    USING (workspace_id = app.current_workspace() OR person_id = app.current_person())
    WITH CHECK (workspace_id = app.current_workspace() OR person_id = app.current_person());
"""


def upgrade() -> None:
    op.execute(_APP.replace("<KEYS>", ", ".join(f"'{key}'" for key in _KEYS)))
    op.execute(_RIGHTS)
    for table in ("subscription", "limit_override", "usage", "product_event"):
        op.execute(f"ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON app.{table} TO clientnest_api, clientnest_worker "
            "USING (workspace_id = app.current_workspace()) WITH CHECK (workspace_id = app.current_workspace())"
        )
    op.bulk_insert(
        _table("plan", "id", "name", "monthly_price_cents"),
        [{"id": plan, "name": name, "monthly_price_cents": price} for plan, (name, price) in _PLANS.items()],
    )
    op.bulk_insert(
        _table("plan_limit", "plan", "key", "value"),
        [
            {"plan": plan, "key": key, "value": value}
            for plan, values in _LIMITS.items()
            for key, value in zip(_KEYS, values, strict=True)
        ],
    )


def _table(name: str, *columns: str) -> sa.TableClause:
    kept: list[sa.ColumnClause[object]] = [sa.column(column) for column in columns]
    return sa.table(name, *kept, schema="app")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
