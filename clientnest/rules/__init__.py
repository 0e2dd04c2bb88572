"""What networks allow, and how they count: shared by the rules of each (`clientnest.networks.<name>.rules`).

`clientnest.registry.rules` gives a network's; limits stand in docs/rules.md, printed from the code.
"""

from clientnest.rules.limits import FileLimits, Limit, Limits
from clientnest.rules.model import Draft, MediaFacts, MediaKind, Part, Severity, Unit, Violation
from clientnest.rules.network import Rules

__all__ = [
    "Draft", "FileLimits", "Limit", "Limits", "MediaFacts", "MediaKind", "Part", "Rules", "Severity", "Unit",
    "Violation",
]  # fmt: skip
