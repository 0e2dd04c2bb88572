"""The pages there are: the one place that says how each is called and what somebody has to be allowed to see it."""

from collections.abc import Callable
from dataclasses import dataclass

from clientnest.workspaces import Permission
from dashboards.components.frame import View
from dashboards.pages import best_times, data_health, overview, posts


@dataclass(frozen=True, slots=True)
class Entry:
    """A page: what draws it, its title, address and icon, and the permission it needs."""

    draw: Callable[[View], None]
    title: str
    path: str
    icon: str
    permission: Permission


PAGES = (
    Entry(overview.render, "Overview", "overview", ":material/insights:", Permission.RESULTS_READ),
    Entry(posts.render, "Posts", "posts", ":material/article:", Permission.RESULTS_READ),
    Entry(best_times.render, "Best times", "best-times", ":material/schedule:", Permission.PREDICTIONS_READ),
    Entry(
        data_health.render, "Import and data health", "data-health", ":material/monitor_heart:", Permission.IMPORTS_READ
    ),
)
