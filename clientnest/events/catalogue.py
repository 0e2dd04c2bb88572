"""Every kind of event that anybody outside may hear of, what it means, and what of its payload leaves the house.

An event that is not here stays inside. Kinds keep their names: programs of others rely on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

ALL = "*"


@dataclass(frozen=True, slots=True)
class Kind:
    """`subject`: what the event's subject is. `fields`: the members of its payload that may be told: ids, states."""

    name: str
    meaning: str
    subject: str
    fields: tuple[str, ...] = ()


_JOB = ("kind", "state", "attempt")
_KINDS = (
    Kind("job.queued", "An import, or other work that somebody asked for, waits to be begun", "job", _JOB),
    Kind("job.started", "It was begun", "job", _JOB),
    Kind("job.done", "It is finished, and its results are there", "job", _JOB),
    Kind("job.failed", "It failed, and is not tried again", "job", _JOB),
    Kind("account.connected", "An account of a network was connected, or its access renewed after trouble", "account",
         ("state",)),
    Kind("account.expiring", "The access to an account ends soon, or could not be renewed yet", "account", ("state",)),
    Kind("account.needs_reconnect", "The access to an account ended: a person has to connect it again", "account",
         ("state",)),
    Kind("account.disconnected", "An account was disconnected", "account", ("state",)),
    Kind("member.invited", "Somebody was invited to the workspace", "invitation", ("role",)),
    Kind("member.joined", "Somebody joined the workspace", "person", ("role",)),
    Kind("member.role_changed", "A member was given another role", "person", ("role",)),
    Kind("member.removed", "A member was taken out of the workspace", "person", ("role",)),
    Kind("member.left", "A member left the workspace", "person", ("role",)),
    Kind("webhook.disabled", "A webhook was switched off, because its receiver is gone or has failed for days",
         "webhook", ("reason",)),
    Kind("webhook.test", "Somebody tries a webhook; only that one hears of it", "webhook"),
)  # fmt: skip

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _KINDS})
TEST, DISABLED = "webhook.test", "webhook.disabled"


def covered(pattern: str) -> frozenset[str]:
    """The kinds that a pattern stands for: `*` for all, `job.*` for those that begin so, or one by its name."""
    if pattern == ALL:
        return frozenset(KINDS)
    if pattern.endswith(".*"):
        return frozenset(name for name in KINDS if name.startswith(pattern[:-1]))
    return frozenset({pattern} & KINDS.keys())


def as_markdown() -> str:
    """The catalogue as docs/api.md shows it."""
    lines = [
        "| Event | What happened | `subject_id` | `payload` |",
        "|---|---|---|---|",
        *(
            f"| `{kind.name}` | {kind.meaning} | {kind.subject} | {', '.join(f'`{name}`' for name in kind.fields)} |"
            for kind in KINDS.values()
        ),
    ]
    return "\n".join(lines) + "\n"
