"""`clientnest apps`: OAuth apps of the installation, for all workspaces that have none of their own."""

import sys
from typing import Annotated

import typer

_Network = Annotated[str, typer.Argument(help="As `clientnest apps list` names it: mastodon, instagram, …")]
_Server = Annotated[str, typer.Option(help="Of a network that is many servers: which one, as mastodon.social.")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(no_args_is_help=True, help="The apps with which accounts of networks are connected.")
    group.command("list")(_list)
    group.command("set")(_set)
    group.command("remove")(_remove)
    app.add_typer(group, name="apps")


def _list() -> None:
    """Show the networks that can be connected, what an app for each needs, and the apps there are."""
    from clientnest import accounts
    from clientnest.db import session
    from clientnest.db.roles import Role

    with session.tenant(Role.MIGRATE) as connection:
        kept = accounts.kept_apps(connection, None)
    typer.echo(f"Apps send people back to {accounts.redirect_uri()}")
    for network in accounts.offered():
        if not network.can_connect:
            continue
        typer.echo(f"{network.label} ({network.network}): {network.app_page}")
        typer.echo(f"  rights: {' '.join(network.scopes)}")
        if network.has_servers:
            typer.echo("  ClientNest registers itself at each server; an app is needed where one takes none.")
        for app in (one for one in kept if one.network == network.network):
            at = f" at {app.server}" if app.server else ""
            secret = "with a secret" if app.has_secret else "without a secret"
            typer.echo(f"  app{at}: {app.client_id}, {secret}, of {app.updated_at:%Y-%m-%d %H:%M} UTC")


def _set(
    network: _Network,
    client_id: Annotated[str, typer.Argument(help="The app's id, from the network's developer pages.")],
    server: _Server = "",
    public: Annotated[bool, typer.Option("--public", help="The app has no secret.")] = False,
) -> None:
    """Add the installation's app for a network, or replace it. The secret is asked for, or read from a pipe."""
    from clientnest import accounts
    from clientnest.db import session
    from clientnest.db.roles import Role

    named = accounts.server_named(network, server)
    secret = None if public else _secret()
    with session.tenant(Role.MIGRATE) as connection:
        accounts.save_app(
            connection, workspace_id=None, network=network, client_id=client_id, client_secret=secret, server=named
        )
    typer.echo(f"Accounts are connected with it in every workspace that has no app of its own{_at(named)}.")
    typer.echo(f"  It has to send people back to {accounts.redirect_uri()}")


def _remove(network: _Network, server: _Server = "") -> None:
    """Remove the installation's app for a network. Accounts connected with it work until their access ends."""
    from clientnest import accounts
    from clientnest.db import session
    from clientnest.db.roles import Role
    from clientnest.errors import NotFound

    named = accounts.server_named(network, server)
    with session.tenant(Role.MIGRATE) as connection:
        for app in accounts.kept_apps(connection, None):
            if (app.network, app.server) == (network, named):
                accounts.remove_app(connection, None, app.id)
                typer.echo(f"Removed the app {app.client_id}{_at(named)}.")
                return
    raise NotFound(
        f"The installation has no app for {network}{_at(named)}.", advice="`clientnest apps list` shows those it has."
    )


def _secret() -> str:
    """Never an argument: those stand in lists of processes and in shells' histories."""
    from clientnest.errors import BadInput

    given = typer.prompt("Secret", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not given.strip():
        raise BadInput("There is no secret.", advice="Pipe it in, or type it when asked; or say --public.")
    return str(given).strip()


def _at(server: str) -> str:
    return f" at {server}" if server else ""
