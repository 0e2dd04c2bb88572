"""`/v1/workspaces/{workspace_id}/templates`: texts with placeholders, and what they say filled in."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import ContentWriteDoor
from api.etags import IfMatchNeeded, etag, needed_revision_of
from api.templates.schemas import (
    FilledOut,
    FilledPostOut,
    FillIn,
    TemplateChange,
    TemplateIn,
    TemplateList,
    TemplateOut,
)
from clientnest.audit import Action, Change
from clientnest.content import filling, templates
from clientnest.content.templates import Listed, Template, TemplateFields

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/templates", tags=["templates"])
_EMPTIED = frozenset({"first_comment", "link"})


@router.get("", summary="All templates, without their texts", response_model=TemplateList)
def list_templates(door: ContentWriteDoor) -> dict[str, list[Listed]]:
    with door.open() as (connection, membership):
        return {"items": templates.templates(connection, membership)}


@router.post("", status_code=201, summary="Keep a template", response_model=TemplateOut)
def create_template(door: ContentWriteDoor, asked: TemplateIn, response: Response) -> Template:
    with door.open() as (connection, membership):
        made = templates.create(connection, membership, **_fields(asked))
        door.record(connection, Action.TEMPLATE_CREATED, "template", made.id, name=Change(after=made.name))
    response.headers["ETag"] = etag(made.revision)
    response.headers["Location"] = f"/v1/workspaces/{door.workspace_id}/templates/{made.id}"
    return made


@router.get("/{template_id}", summary="One template, with its placeholders", response_model=TemplateOut)
def get_template(door: ContentWriteDoor, template_id: UUID, response: Response) -> Template:
    with door.open() as (connection, membership):
        found = templates.template(connection, membership, template_id)
    response.headers["ETag"] = etag(found.revision)
    return found


@router.patch("/{template_id}", summary="Change a template", response_model=TemplateOut)
def change_template(
    door: ContentWriteDoor, template_id: UUID, asked: TemplateChange, response: Response, if_match: IfMatchNeeded = None
) -> Template:
    given = _fields(asked)
    with door.open() as (connection, membership):
        before = templates.template(connection, membership, template_id)
        changed = templates.change(connection, membership, template_id, revision=needed_revision_of(if_match), **given)
        fields = sorted(name for name in given if getattr(before, name) != getattr(changed, name))
        door.record(connection, Action.TEMPLATE_CHANGED, "template", template_id, fields=Change(after=fields),
                    name=Change(before.name, changed.name))  # fmt: skip
    response.headers["ETag"] = etag(changed.revision)
    return changed


@router.delete("/{template_id}", status_code=204, summary="Delete a template; what was written with it stays")
def delete_template(door: ContentWriteDoor, template_id: UUID) -> None:
    with door.open() as (connection, membership):
        gone = templates.remove(connection, membership, template_id)
        door.record(connection, Action.TEMPLATE_DELETED, "template", template_id, name=Change(gone.name))


@router.post("/{template_id}/fill", summary="What a template says with these values; nothing is kept of it")
def fill_template(door: ContentWriteDoor, template_id: UUID, asked: FillIn) -> FilledOut:
    with door.open() as (connection, membership):
        template = templates.template(connection, membership, template_id)
        accounts = list(dict.fromkeys(asked.accounts))
        found = filling.fill(connection, door.workspace_id, template, asked.values, accounts)
    return FilledOut(
        post=FilledPostOut.model_validate(found), missing=list(found.missing), unused=list(found.unused)
    )  # fmt: skip


def _fields(asked: TemplateIn | TemplateChange) -> TemplateFields:
    """What was given; null where it means something only."""
    given = TemplateFields()
    for name in asked.model_fields_set:
        value = getattr(asked, name)
        if value is not None or name in _EMPTIED:
            given[name] = value  # type: ignore[literal-required]  # the members have the same names
    return given
