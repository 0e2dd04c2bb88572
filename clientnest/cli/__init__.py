"""The `clientnest` command. Each room adds its commands in a module of its own; heavy imports wait until needed.

A module of this package exposes `register(app)`, which adds commands and imports nothing heavier than typer; what a
command needs it imports inside. Rooms outside `clientnest` do the same through entry points in the group
`clientnest.commands`, each naming such a function.
"""

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

_MODULES = ("stack", "imports", "simulate", "history", "metrics", "database", "identity", "keys", "worker", "plans",
            "apps", "rules")  # fmt: skip


class _Commands(TyperGroup):
    """Turns what goes wrong into sentences: message and advice on stderr, exit code 1, never a traceback."""

    def invoke(self, ctx: Any) -> Any:
        from clientnest.cli import failures

        os.umask(0o077)  # what an installation writes is its user's alone, uploads and logs included
        with failures.explained():
            return super().invoke(ctx)


def _show_version(wanted: bool) -> None:
    if wanted:
        from clientnest import __version__

        typer.echo(f"clientnest {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Plan, publish and measure social media posts for many brands, and decide with your own data."""


def _build() -> typer.Typer:
    built = typer.Typer(
        cls=_Commands, callback=_options, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    for name in _MODULES:
        if find_spec(f"{__name__}.{name}") is not None:
            import_module(f"{__name__}.{name}").register(built)
    from importlib.metadata import entry_points

    for entry in sorted(entry_points(group="clientnest.commands"), key=lambda entry: entry.name):
        entry.load()(built)
    return built


app = _build()
