"""`clientnest plan`: which plan a workspace is on, what it allows, and what an operator makes of it."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clientnest.entitlements import Limit
    from clientnest.workspaces import Workspace

_Workspace = Annotated[str, typer.Argument(metavar="WORKSPACE", help="Its short name or its id.")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(no_args_is_help=True, help="Plans and limits of workspaces.")
    group.command("show")(_show)
    group.command("set")(_set)
    group.command("limit")(_limit)
    app.add_typer(group, name="plan")


def _show(workspace: _Workspace) -> None:
    """Show a workspace's plan, its limits, and what it has used this month."""
    from clientnest.db import session
    from clientnest.db.roles import Role
    from clientnest.entitlements.operating import find_workspace

    with session.tenant(Role.MIGRATE) as connection:
        _print(connection, find_workspace(connection, workspace))


def _set(workspace: _Workspace, plan: Annotated[str, typer.Argument(help="free, pro, enterprise, …")]) -> None:
    """Put a workspace on a plan; `self_hosted`, which every workspace is on at first, limits nothing."""
    from clientnest.db import session
    from clientnest.db.roles import Role
    from clientnest.entitlements.operating import find_workspace, set_plan

    with session.tenant(Role.MIGRATE) as connection:
        found = find_workspace(connection, workspace)
        set_plan(connection, found.id, plan)
        _print(connection, found)


def _limit(
    workspace: _Workspace,
    key: Annotated[str, typer.Argument(help="Which limit; `plan show` lists them.")],
    value: Annotated[str, typer.Argument(help="A whole number, `unlimited`, or `plan` for what the plan says.")],
    reason: Annotated[str, typer.Option(help="Why, for whoever looks at it later.")] = "set by the operator",
) -> None:
    """Set one limit for one workspace alone."""
    from clientnest.db import session
    from clientnest.db.roles import Role
    from clientnest.entitlements.operating import clear_limit, find_workspace, set_limit

    limit = _known(key)
    with session.tenant(Role.MIGRATE) as connection:
        found = find_workspace(connection, workspace)
        if value == "plan":
            clear_limit(connection, found.id, limit)
        else:
            set_limit(connection, found.id, limit, _number(value), reason=reason)
        _print(connection, found)


def _known(key: str) -> "Limit":
    from clientnest.entitlements import Limit
    from clientnest.errors import NotFound

    if key not in set(Limit):
        raise NotFound(f"There is no limit {key!r}.", advice=f"Known: {', '.join(Limit)}.")
    return Limit(key)


def _number(value: str) -> int | None:
    from clientnest.errors import BadInput

    if value == "unlimited":
        return None
    if not (value.isascii() and value.isdigit()) or len(value) > 18:
        raise BadInput(f"{value!r} is no limit.", advice="Give a whole number, `unlimited`, or `plan`.")
    return int(value)


def _print(connection: "Connection", workspace: "Workspace") -> None:
    from clientnest.entitlements import METERED, Limit, entitled, used

    allowance = entitled(connection, workspace.id)
    said = {"default": "no subscription", "operator": "set by the operator", "stripe": "billed through Stripe"}
    typer.echo(f"{workspace.name} ({workspace.slug}) is on the plan {allowance.plan_name}: {said[allowance.source]}.")
    for limit in Limit:
        allowed = allowance.limit(limit)
        shown = "unlimited" if allowed is None else f"{allowed:,}"
        spent = f"  {used(connection, workspace.id, limit):,} used this month" if limit in METERED else ""
        own = "  for this workspace alone" if limit in allowance.overridden else ""
        typer.echo(f"  {limit.value:<26}{shown:>14}{spent}{own}")
