"""`clientnest keys`: the keys that seal stored secrets."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(no_args_is_help=True, help="The keys that seal stored passwords and tokens.")
    group.command("list")(_list)
    group.command("create")(_create)
    group.command("rotate")(_rotate)
    app.add_typer(group, name="keys")


def _list() -> None:
    """Show each key, when it was made, and how many stored values it seals."""
    from clientnest.db import session
    from clientnest.db.roles import Role
    from clientnest.vault import keyring, rotation

    ring = keyring.read()
    with session.tenant(Role.MIGRATE) as connection:
        used = rotation.usage(connection)
    typer.echo(f"Keys in {keyring.place()}")
    for key in sorted(ring.keys.values(), key=lambda key: key.created_at):
        count, note = used.pop(key.id, 0), "  current" if key.id == ring.current_id else ""
        typer.echo(f"  {key.id}  made {key.created_at:%Y-%m-%d %H:%M} UTC  seals {count:>9,} values{note}")
    if ring.rotating:
        typer.echo("A rotation was interrupted; `clientnest keys rotate` goes on with it.")
    for key_id, count in sorted(used.items()):
        typer.secho(f"  {key_id}  is missing here, and seals {count:,} values", fg="red", err=True)
    if used:
        typer.echo("  Put the file that holds it back from its backup.", err=True)
        raise typer.Exit(1)


def _create() -> None:
    """Make the first key of a new installation, where CLIENTNEST_ENCRYPTION_KEYS_FILE says."""
    from clientnest.vault import keyring, rotation

    ring = rotation.create_keyring()
    typer.echo(f"Made {keyring.place()} with the key {ring.current_id}.")
    typer.echo("  Back it up apart from the database: without it, what it seals is lost.")


def _rotate(
    retire: Annotated[
        bool,
        typer.Option("--retire", help="Drop old keys that seal nothing any more. Older backups still need them."),
    ] = False,
) -> None:
    """Make a new key and seal everything stored anew with it, while ClientNest runs."""
    from clientnest.vault import rotation

    done = rotation.rotate(retire=retire)
    typer.echo(f"The current key is {done.key_id}; {done.resealed:,} values were sealed anew with it.")
    for key_id in done.dropped:
        typer.echo(f"  Dropped the key {key_id}. Backups of the database made before now open with a copy of it only.")
    typer.echo("  Back the file of keys up again.")
    for row in done.unreadable:
        typer.secho(f"  Left as it was: {row}", fg="red", err=True)
    if done.unreadable:
        raise typer.Exit(1)
