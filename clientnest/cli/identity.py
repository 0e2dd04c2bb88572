"""`clientnest password` and `clientnest permissions`."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands about people."""
    app.command("password")(password)
    app.command("permissions")(permissions)


def password(
    email: Annotated[str, typer.Argument(help="Whose password; the owner's first address is owner@clientnest.local.")],
) -> None:
    """Give somebody a new random password and show it once."""
    from clientnest.db import session
    from clientnest.db.roles import Role
    from clientnest.identity import set_password
    from clientnest.identity.passwords import random_password

    fresh = random_password()
    with session.tenant(Role.MIGRATE) as connection:
        person = set_password(connection, email, fresh)
    typer.echo(f"The new password of {person.email} is {fresh}")
    typer.echo("  It is shown this once and kept only as a hash.")


def permissions() -> None:
    """Print who may do what in a workspace, as docs/permissions.md shows it."""
    from clientnest.workspaces.permissions import as_markdown

    typer.echo(as_markdown(), nl=False)
