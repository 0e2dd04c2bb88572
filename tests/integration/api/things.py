"""Things of a workspace that operations are tried with: each exists, is new, and may be used up."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text

from clientnest.audit import Actor, ActorKind
from clientnest.content import editing, recurring
from clientnest.content.model import Content, Part
from clientnest.content.states import State
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import proofs
from clientnest.ids import new_id
from clientnest.workspaces import Membership, Workspace, WorkspaceRole
from tests.integration.api import approving
from tests.integration.api.operations import Operation, colleague
from tests.worlds import SERVER, Brand


def fresh_ids(brand: Brand, caller: UUID | None = None, *, operation: Operation | None = None) -> dict[str, UUID]:
    """Ids of a workspace and of things in it, by the names they have in paths and bodies: all there are, or those that
    an operation names. What is somebody's own is the caller's (None: the owner's)."""
    workspace_id, x = brand.workspace_id, brand.accounts["x"]
    makers: dict[tuple[str, ...], Callable[[], tuple[UUID, ...]]] = {
        ("person_id",): lambda: (colleague(workspace_id, WorkspaceRole.EDITOR),),
        ("invitation_id",): lambda: _invitation(workspace_id),
        ("key_id",): lambda: _key(workspace_id),
        ("webhook_id", "delivery_id"): lambda: _webhook(workspace_id),
        ("connection_id", "app_id"): lambda: _connection(workspace_id),
        ("post_id",): lambda: (_post(brand, approving.state_for(operation), comes_again=_comes_again(operation)),),
        ("media_id",): lambda: (_media(workspace_id),),
        ("upload_id",): lambda: (_upload(workspace_id),),
        ("slot_id",): lambda: (_slot(workspace_id, x),),
        ("feed_id",): lambda: (_feed(workspace_id, caller or brand.owner.id),),
        ("label_id", "campaign_id", "template_id"): lambda: _sorting(workspace_id),
        ("delegate_id",): lambda: (colleague(workspace_id, WorkspaceRole.APPROVER),),
        ("policy_id",): lambda: (approving.make_policy(workspace_id),),
    }
    approving.forget_policies(workspace_id)
    ids = {
        "workspace_id": workspace_id, "account_id": x, "measured_id": brand.posts["x"], "job_id": brand.job_id,
        "number": 1,
    }  # fmt: skip
    for names, make in makers.items():
        if operation is None or operation.named() & set(names):
            ids.update(zip(names, make(), strict=True))
    if "comment_id" in (operation.named() if operation else ["comment_id"]):
        ids["comment_id"] = _comment(workspace_id, ids["post_id"], caller or brand.owner.id)
    if "link_id" in (operation.named() if operation else ["link_id"]):
        ids["link_id"] = approving.make_link(workspace_id, ids["post_id"])
    if operation is None or operation.path.endswith("/delegations"):
        approving.make_delegation(workspace_id, caller or brand.owner.id)
    if operation is None or operation.method == "POST":
        _forget_examples(workspace_id)
    return ids


def _invitation(workspace_id: UUID) -> tuple[UUID]:
    invitation_id = new_id()
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("INSERT INTO app.invitation (workspace_id, id, email, role, token_hash, expires_at) "
                 "VALUES (:w, :id, :email, 'editor', :hash, now() + interval '1 day')"),
            {"w": workspace_id, "id": invitation_id, "email": f"{invitation_id.hex}@example.org",
             "hash": proofs.hash_of(invitation_id.hex)},
        )  # fmt: skip
    return (invitation_id,)


def _key(workspace_id: UUID) -> tuple[UUID]:
    key_id = new_id()
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("INSERT INTO app.api_key (workspace_id, id, name, hint, key_hash, scopes) "
                 "VALUES (:w, :id, 'Reporting', 'cnk_', :hash, '{results.read}')"),
            {"w": workspace_id, "id": key_id, "hash": proofs.hash_of(key_id.hex)},
        )  # fmt: skip
    return (key_id,)


def _webhook(workspace_id: UUID) -> tuple[UUID, UUID]:
    """A webhook, the only one of its workspace, for there may not be many; and a delivery that was given up."""
    webhook_id, delivery_id, message_id = new_id(), new_id(), new_id()
    given = {"w": workspace_id, "id": webhook_id, "delivery": delivery_id, "message": message_id}
    with session.tenant(Role.MIGRATE) as connection:
        for statement in (
            "DELETE FROM app.webhook_endpoint WHERE workspace_id = :w",
            "INSERT INTO app.webhook_endpoint (workspace_id, id, url, events) "
            "VALUES (:w, :id, 'https://hooks.example.com', '{*}')",
            "INSERT INTO app.webhook_message (workspace_id, id, kind, body) "
            "VALUES (:w, :message, 'webhook.test', '{}')",
            "INSERT INTO app.webhook_delivery "
            "(workspace_id, id, endpoint_id, message_id, state, next_attempt_at, problem, finished_at) "
            "VALUES (:w, :delivery, :id, :message, 'dead', NULL, 'No answer.', now())",
        ):
            connection.execute(text(statement), given)
    return webhook_id, delivery_id


def _connection(workspace_id: UUID) -> tuple[UUID, UUID]:
    """An account that is connected, and the app this was done with; none at the server of examples, to be entered."""
    account_id, app_id = new_id(), new_id()
    given = {"w": workspace_id, "id": account_id, "app": app_id, "server": f"{app_id.hex}.example", "examples": SERVER}
    with session.tenant(Role.MIGRATE) as connection:
        for statement in (
            "DELETE FROM app.network_app WHERE workspace_id = :w AND server = :examples",
            "INSERT INTO app.network_app (workspace_id, id, network, server, client_id) "
            "VALUES (:w, :app, 'mastodon', :server, 'of-tests')",
            "INSERT INTO app.account (workspace_id, id, network, external_id, display_name) "
            "VALUES (:w, :id, 'mastodon', 'acme@' || :server, 'Acme')",
            "INSERT INTO app.credential (workspace_id, account_id, network_app_id, state, sealed_access_token) "
            "VALUES (:w, :id, :app, 'connected', 'sealed')",
        ):
            connection.execute(text(statement), given)
    return account_id, app_id


def _comes_again(operation: Operation | None) -> bool:
    return operation is not None and operation.path.endswith("/recurrence") and operation.method != "POST"


def _post(brand: Brand, state: State, *, comes_again: bool) -> UUID:
    """A post with a variant for one account, in that state. The account has a slot to put it in, and where it is not
    approved somebody is there to approve it."""
    _slot(brand.workspace_id, brand.accounts["x"])
    if state is not State.APPROVED:
        approving.make_policy(brand.workspace_id)
    owner = Membership(Workspace(brand.workspace_id, "", "", "UTC", False), brand.owner.id, WorkspaceRole.OWNER)
    with session.tenant(Role.API, workspace_id=brand.workspace_id, person_id=brand.owner.id) as connection:
        variants = {brand.accounts["x"]: Content((Part("Of tests"),))}
        actor = Actor(ActorKind.PERSON, brand.owner.id)
        made = editing.create(connection, owner, actor, variants=variants)
        if state is not State.DRAFT:
            approving.bring(connection, owner, made.id, [one.id for one in made.variants], state, actor)
        if comes_again:
            now = datetime.now(UTC)
            weekly = recurring.Wanted("FREQ=WEEKLY", now.replace(second=0, microsecond=0, tzinfo=None), "UTC")
            recurring.create(connection, owner, made.id, weekly, actor, now)
        return made.id


def _slot(workspace_id: UUID, account_id: UUID) -> UUID:
    """A slot, the only one of its account, at another time than those of examples."""
    slot_id = new_id()
    with session.tenant(Role.MIGRATE) as connection:
        for statement in (
            "DELETE FROM app.queue_slot WHERE workspace_id = :w AND account_id = :a",
            "INSERT INTO app.queue_slot (workspace_id, id, account_id, weekday, local_time) "
            "VALUES (:w, :id, :a, 6, '23:59')",
        ):
            connection.execute(text(statement), {"w": workspace_id, "id": slot_id, "a": account_id})
    return slot_id


def _sorting(workspace_id: UUID) -> tuple[UUID, UUID, UUID]:
    """A label, a campaign and a template."""
    label_id, campaign_id, template_id = new_id(), new_id(), new_id()
    with session.tenant(Role.MIGRATE) as connection:
        for thing_id, statement in (
            (label_id, "INSERT INTO app.label (workspace_id, id, name, colour) VALUES (:w, :id, :name, '#16a34a')"),
            (campaign_id, "INSERT INTO app.campaign (workspace_id, id, name) VALUES (:w, :id, :name)"),
            (template_id, "INSERT INTO app.template (workspace_id, id, name, text) "
                          "VALUES (:w, :id, :name, '{{product}}')"),
        ):  # fmt: skip
            connection.execute(text(statement), {"w": workspace_id, "id": thing_id, "name": thing_id.hex})
    return label_id, campaign_id, template_id


def _forget_examples(workspace_id: UUID) -> None:
    """Nothing has the names that examples give to new things, for each is there once."""
    with session.tenant(Role.MIGRATE) as connection:
        for table, name in (("label", "Spring"), ("campaign", "Harvest"), ("template", "Market day")):
            connection.execute(text(f"DELETE FROM app.{table} WHERE workspace_id = :w AND name = :name"),
                               {"w": workspace_id, "name": name})  # fmt: skip


def _comment(workspace_id: UUID, post_id: UUID, author: UUID) -> UUID:
    """A comment on a post that clients see, too."""
    comment_id = new_id()
    with session.tenant(Role.MIGRATE, person_id=author) as connection:
        connection.execute(
            text("INSERT INTO app.comment (workspace_id, id, post_id, text, internal, author_kind, author_id) "
                 "VALUES (:w, :id, :post, 'Of tests', false, 'person', :author)"),
            {"w": workspace_id, "id": comment_id, "post": post_id, "author": author},
        )  # fmt: skip
    return comment_id


def _feed(workspace_id: UUID, person_id: UUID) -> UUID:
    """A calendar feed, the only one of its person there."""
    feed_id = new_id()
    with session.tenant(Role.MIGRATE) as connection:
        for statement in (
            "DELETE FROM app.calendar_feed WHERE workspace_id = :w AND person_id = :p",
            "INSERT INTO app.calendar_feed (workspace_id, id, person_id, name, token_hash, filters) "
            "VALUES (:w, :id, :p, 'Phone', :hash, '{\"accounts\": []}')",
        ):
            given = {"w": workspace_id, "id": feed_id, "p": person_id, "hash": proofs.hash_of(feed_id.hex)}
            connection.execute(text(statement), given)
    return feed_id


def _media(workspace_id: UUID) -> UUID:
    """A picture that no post shows."""
    media_id = new_id()
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("INSERT INTO app.media (workspace_id, id, state, filename, size_bytes, kind, mime_type, width, "
                 "height, sha256, stored) VALUES (:w, :id, 'ready', 'market.jpg', 9, 'image', 'image/jpeg', 40, 30, "
                 "sha256('of tests'), :id)"), {"w": workspace_id, "id": media_id},
        )  # fmt: skip
    return media_id


def _upload(workspace_id: UUID) -> UUID:
    """An upload of three bytes, of which none came."""
    media_id = new_id()
    with session.tenant(Role.MIGRATE) as connection:
        for statement in (
            "INSERT INTO app.media (workspace_id, id, state, filename, size_bytes) "
            "VALUES (:w, :id, 'uploading', 'market.jpg', 3)",
            "INSERT INTO app.media_upload (workspace_id, media_id, length, expires_at) "
            "VALUES (:w, :id, 3, now() + interval '1 day')",
        ):
            connection.execute(text(statement), {"w": workspace_id, "id": media_id})
    return media_id
