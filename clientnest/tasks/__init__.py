"""Work of the product itself that waits for nobody: mail, webhooks, digests, refreshing of tokens (Procrastinate).

Work on data that a person follows by its progress is `clientnest.jobs`, and Dagster's.
"""

from clientnest.tasks.queue import AGAIN, app, defer
from clientnest.tasks.worker import run_worker

__all__ = ["AGAIN", "app", "defer", "run_worker"]
