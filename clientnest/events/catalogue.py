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
_COMMENT = ("post_id", "thread_id")
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
    Kind("post.created", "A post was made", "post", ("state",)),
    Kind("post.changed", "The words, the labels or the schedule of a post changed", "post", ("state", "revision")),
    Kind("post.rescheduled", "The instant of a schedule moved, because a zone's rules changed", "post", ("reason",)),
    Kind("post.bulk_created", "Posts were made from a file, and scheduled but for those to be approved first", "batch",
         ("posts", "scheduled")),
    Kind("post.trashed", "A post was put in the trash", "post"),
    Kind("post.restored", "A post was taken out of the trash", "post"),
    Kind("post.review_asked", "Somebody is to approve variants of a post: they were sent in, or came to another level",
         "post"),
    Kind("post.review_reminded", "Somebody was reminded that variants of a post wait for them", "post"),
    Kind("post.approved", "Variants of a post were approved at the last level", "post"),
    Kind("post.changes_requested", "Somebody who was to approve variants of a post wants them changed", "post"),
    Kind("review.opened", "A round of reviews of a variant was opened", "review",
         ("post_id", "variant_id", "level", "levels")),
    Kind("review.decided", "Somebody decided at a level (`level_approved`: the next one is asked)", "review",
         ("post_id", "variant_id", "level", "levels", "outcome")),
    Kind("review.withdrawn", "A variant was taken back before it was decided on", "review", ("post_id", "variant_id")),
    Kind("variant.state_changed", "What one account publishes of a post went from one state to another", "variant",
         ("post_id", "from", "to")),
    Kind("comment.written", "Somebody commented on a post, or answered", "comment", _COMMENT),
    Kind("comment.mentioned", "A comment mentions people whom it did not mention before", "comment",
         (*_COMMENT, "people")),
    Kind("comment.changed", "A comment was changed by who wrote it", "comment", _COMMENT),
    Kind("comment.deleted", "A comment was deleted", "comment", _COMMENT),
    Kind("comment.resolved", "A thread of comments was resolved", "comment", _COMMENT),
    Kind("comment.reopened", "A thread of comments was opened again", "comment", _COMMENT),
    Kind("media.ready", "A picture or video was examined and cleaned, and can be used", "media", ("kind",)),
    Kind("media.refused", "A file that was uploaded cannot be used, or a conversion of one failed", "media"),
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
