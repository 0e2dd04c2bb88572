"""Which events an endpoint wants: kinds of the catalogue, by name or by how they begin."""

from collections.abc import Collection, Sequence

from clientnest.errors import BadInput
from clientnest.events.catalogue import ALL, KINDS, covered
from clientnest.workspaces.access import Membership
from clientnest.workspaces.permissions import permission_to_hear, require

MOST_PATTERNS = 50


def checked_events(membership: Membership, wanted: Sequence[str]) -> list[str]:
    """The patterns, each once. `BadInput` where one stands for nothing; `Forbidden` where whoever asks, a program with
    few scopes for example, may not hear of something it stands for."""
    patterns = list(dict.fromkeys(wanted))
    if not 1 <= len(patterns) <= MOST_PATTERNS:
        raise BadInput(
            f"A webhook hears of 1 to {MOST_PATTERNS} kinds of events.", advice=_choose(),
            details={"field": "body.events"},
        )  # fmt: skip
    unknown = [pattern for pattern in patterns if not covered(pattern)]
    if unknown:
        raise BadInput(
            f"There are no such events: {', '.join(pattern[:80] for pattern in unknown[:10])}.", advice=_choose(),
            details={"field": "body.events"},
        )  # fmt: skip
    for permission in sorted({permission_to_hear(kind) for pattern in patterns for kind in covered(pattern)}):
        require(membership, permission)
    return patterns


def wants(patterns: Collection[str], kind: str) -> bool:
    """Whether one of the patterns stands for that kind."""
    return any(kind in covered(pattern) for pattern in patterns)


def _choose() -> str:
    return f"Choose among {ALL}, a beginning such as job.*, and {', '.join(KINDS)}."
