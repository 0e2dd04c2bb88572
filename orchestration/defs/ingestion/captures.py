"""What a job brings: one function per kind of job, found by name so that a run imports only what it needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any

from clientnest.db import session
from clientnest.jobs import Job

Report = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Captured:
    """What a job wrote into `raw`: the UTC days of `captured_at` it speaks of (none: nothing went in), and the
    job's result."""

    days: frozenset[date]
    result: Mapping[str, Any] = field(default_factory=dict)


def bring(job: Job, run_id: str, report: Report) -> Captured:
    """Do what the job asks for, in transactions of its own; safe to repeat after any interruption."""
    module, function = _WRITERS[job.kind].split(":")
    writer: Callable[[Job, str, Report], Captured] = getattr(import_module(module), function)
    return writer(job, run_id, report)


def bring_import(job: Job, run_id: str, report: Report) -> Captured:
    """The files of an import."""
    from clientnest.imports import service

    outcome = service.run(job, run_id=run_id, report=report)
    return Captured(outcome.days, outcome.as_result())


def bring_simulation(job: Job, run_id: str, report: Report) -> Captured:
    """Generated data; `params` are the fields of `SimulationConfig`."""
    from clientnest.simulate import SimulationConfig, service

    params = dict(job.params)
    if "until" in params:
        params["until"] = datetime.fromisoformat(params["until"])
    config = SimulationConfig(**params)
    report("generating demo data", 0.1)
    with session.etl() as connection:
        counts = service.run(connection, job.workspace_id, config, run_id=run_id)
    if counts.captured_from is None or counts.captured_to is None:
        return Captured(frozenset())
    first, last = counts.captured_from.date(), counts.captured_to.date()
    touched = frozenset(first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return Captured(touched, {"posts": counts.posts, "snapshots": counts.snapshots, "new": counts.snapshots_new})


_WRITERS = {"import": f"{__name__}:bring_import", "simulate": f"{__name__}:bring_simulation"}
