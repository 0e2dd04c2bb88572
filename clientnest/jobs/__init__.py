"""Work asked for by a person and done in the background: rows of `app.job`, leased to one worker at a time."""

from clientnest.jobs.service import (
    LEASE,
    MAX_ATTEMPTS,
    Job,
    Lease,
    LostLease,
    claim,
    enqueue,
    enqueue_once,
    extend,
    fail,
    finish,
    get,
    heartbeat,
    release,
    release_expired,
    start,
)

__all__ = [
    "LEASE",
    "MAX_ATTEMPTS",
    "Job",
    "Lease",
    "LostLease",
    "claim",
    "enqueue",
    "enqueue_once",
    "extend",
    "fail",
    "finish",
    "get",
    "heartbeat",
    "release",
    "release_expired",
    "start",
]
