"""The table of kinds: which event makes a notification, who gets it, what it says, and how it comes unless they choose.

`title` and `body` are filled in when they are shown, with names as they are then: {workspace}, {account} (with its
network), {person}, {author}; and with what the notification keeps of its event: {role}, and the numbers of an import.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType

from clientnest.events import Event
from clientnest.workspaces.permissions import Permission


class Email(StrEnum):
    """When notifications come by letter."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


class Category(StrEnum):
    """What people choose about as a whole."""

    ACCOUNTS = "accounts"
    IMPORTS = "imports"
    TEAM = "team"
    WEBHOOKS = "webhooks"
    REVIEWS = "reviews"
    COMMENTS = "comments"


@dataclass(frozen=True, slots=True)
class Channels:
    """How notifications of a category come: shown in the app or not, and when by letter."""

    in_app: bool
    email: Email


DEFAULTS: Mapping[Category, Channels] = MappingProxyType(
    {
        Category.ACCOUNTS: Channels(in_app=True, email=Email.AT_ONCE),
        Category.IMPORTS: Channels(in_app=True, email=Email.DAILY),
        Category.TEAM: Channels(in_app=True, email=Email.DAILY),
        Category.WEBHOOKS: Channels(in_app=True, email=Email.DAILY),
        Category.REVIEWS: Channels(in_app=True, email=Email.AT_ONCE),
        Category.COMMENTS: Channels(in_app=True, email=Email.DAILY),
    }
)
LABELS: Mapping[Category, str] = MappingProxyType(
    {
        Category.ACCOUNTS: "connected accounts",
        Category.IMPORTS: "your imports",
        Category.TEAM: "who belongs to the workspace",
        Category.WEBHOOKS: "webhooks",
        Category.REVIEWS: "what is to be approved",
        Category.COMMENTS: "comments that mention you or answer yours",
    }
)


class Kind(StrEnum):
    """A kind of notification. Kinds in use keep their names: rows carry them for a year."""

    IMPORT_FINISHED = "import.finished"
    IMPORT_FAILED = "import.failed"
    ACCOUNT_NEEDS_RECONNECT = "account.needs_reconnect"
    ACCOUNT_EXPIRING = "account.expiring"
    MEMBER_JOINED = "member.joined"
    ROLE_CHANGED = "member.role_changed"
    REMOVED = "member.removed"
    WEBHOOK_DISABLED = "webhook.disabled"
    REVIEW_ASKED = "post.review_asked"
    REVIEW_REMINDED = "post.review_reminded"
    POST_APPROVED = "post.approved"
    CHANGES_REQUESTED = "post.changes_requested"
    COMMENT_MENTIONED = "comment.mentioned"
    COMMENT_ANSWERED = "comment.answered"


class Named(Enum):
    """The people whom an event concerns."""

    REQUESTER = "who asked for the job"
    SUBJECT = "whom it happened to"
    ASKED = "who is to approve"
    REMINDED = "who has not done so yet"
    WRITERS = "who wrote a post, or sent it in"
    MENTIONED = "whom a comment mentions"
    THREAD = "who wrote before in the thread of a comment"


class Subject(StrEnum):
    """What a notification is about."""

    IMPORT = "import"
    ACCOUNT = "account"
    PERSON = "person"
    WEBHOOK = "webhook"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of an event. `to`: whoever has a permission (but for the person whom it happened to), or who is
    named.

    `personal`: it stays theirs when they do not belong to the workspace any more.
    """

    kind: Kind
    category: Category
    subject: Subject
    to: Permission | Named
    title: str
    body: str
    personal: bool = False


# kind of event: what it makes
_BY_EVENT: Mapping[str, Rule] = MappingProxyType({
    "job.done": Rule(
        Kind.IMPORT_FINISHED, Category.IMPORTS, Subject.IMPORT, Named.REQUESTER,
        "Your import into {workspace} is done",
        "Files taken in: {imported}. Files refused: {refused}. Rows that could not be used: {rejected_rows}.",
    ),
    "job.failed": Rule(
        Kind.IMPORT_FAILED, Category.IMPORTS, Subject.IMPORT, Named.REQUESTER,
        "Your import into {workspace} failed",
        "Nothing is half-written. The import itself says what went wrong, and what to do.",
    ),
    "account.needs_reconnect": Rule(
        Kind.ACCOUNT_NEEDS_RECONNECT, Category.ACCOUNTS, Subject.ACCOUNT, Permission.ACCOUNTS_MANAGE,
        "{account} has to be connected again",
        "Until somebody connects it again in {workspace}, nothing is published to it and nothing is measured.",
    ),
    "account.expiring": Rule(
        Kind.ACCOUNT_EXPIRING, Category.ACCOUNTS, Subject.ACCOUNT, Permission.ACCOUNTS_MANAGE,
        "The access to {account} was not renewed",
        "It may end soon. Look at the account in {workspace}: it says what to do.",
    ),
    "member.joined": Rule(
        Kind.MEMBER_JOINED, Category.TEAM, Subject.PERSON, Permission.MEMBERS_MANAGE,
        "{person} joined {workspace}",
        "They are {role} there. What they may do can be changed among the members.",
    ),
    "member.role_changed": Rule(
        Kind.ROLE_CHANGED, Category.TEAM, Subject.PERSON, Named.SUBJECT,
        "You are {role} in {workspace} now",
        "Somebody who may manage members changed what you may do there.",
    ),
    "member.removed": Rule(
        Kind.REMOVED, Category.TEAM, Subject.PERSON, Named.SUBJECT,
        "You do not belong to {workspace} any more",
        "Somebody who may manage members removed you. If that was a mistake, ask them for an invitation.",
        personal=True,
    ),
    "webhook.disabled": Rule(
        Kind.WEBHOOK_DISABLED, Category.WEBHOOKS, Subject.WEBHOOK, Permission.WEBHOOKS_MANAGE,
        "A webhook of {workspace} was switched off",
        "It could not be delivered to for too long. Set right where it leads to, then switch it on again.",
    ),
    "post.review_asked": Rule(
        Kind.REVIEW_ASKED, Category.REVIEWS, Subject.POST, Named.ASKED,
        "A post of {workspace} waits for you",
        "You are asked to approve it, or to say what has to be changed.",
    ),
    "post.review_reminded": Rule(
        Kind.REVIEW_REMINDED, Category.REVIEWS, Subject.POST, Named.REMINDED,
        "A post of {workspace} still waits for you",
        "It has waited for a day or longer. Approve it, ask for changes, or let a colleague decide for you.",
    ),
    "post.approved": Rule(
        Kind.POST_APPROVED, Category.REVIEWS, Subject.POST, Named.WRITERS,
        "A post of yours in {workspace} was approved",
        "All who were asked have approved it. The post says by whom, and when it goes out.",
    ),
    "post.changes_requested": Rule(
        Kind.CHANGES_REQUESTED, Category.REVIEWS, Subject.POST, Named.WRITERS,
        "A post of yours in {workspace} is to be changed",
        "The post says by whom that was asked, and what they wrote.",
    ),
    "comment.mentioned": Rule(
        Kind.COMMENT_MENTIONED, Category.COMMENTS, Subject.POST, Named.MENTIONED,
        "{author} mentioned you on a post in {workspace}",
        "The comments on the post say what about.",
    ),
    "comment.written": Rule(
        Kind.COMMENT_ANSWERED, Category.COMMENTS, Subject.POST, Named.THREAD,
        "{author} answered on a post in {workspace}",
        "You wrote in the same thread of its comments.",
    ),
})  # fmt: skip
RULES: Mapping[str, Rule] = MappingProxyType({rule.kind.value: rule for rule in _BY_EVENT.values()})
KEPT = ("role", "imported", "refused", "rejected_rows", "author_id")
"""What notifications keep of their events, where it is there: numbers, ids, and words of ours."""


def rule_for(event: Event) -> Rule | None:
    """What an event makes; None where nobody has to be told of it."""
    if event.subject_id is None or (event.kind.startswith("job.") and event.payload.get("kind") != "import"):
        return None
    return _BY_EVENT.get(event.kind)
