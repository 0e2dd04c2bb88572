"""`clientnest rules`."""

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rules")(rules)


def rules() -> None:
    """Print what every network allows and how it counts, as docs/rules.md shows it."""
    from clientnest.rules.table import as_markdown

    typer.echo(as_markdown(), nl=False)
