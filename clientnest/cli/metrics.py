"""`clientnest metrics seed` hands the metric catalogue to dbt; `clientnest dbt` runs dbt on this installation."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

_SEED_COLUMNS = (
    "position", "name", "label", "description", "unit", "kind", "aggregation", "grains", "network", "native",
    "source_url", "until_date",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add `metrics seed` and `dbt`."""
    metrics = typer.Typer(no_args_is_help=True, help="The metric catalogue: what each number means and who reports it.")
    metrics.command("seed")(_seed)
    app.add_typer(metrics, name="metrics")
    app.command(
        "dbt",
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
        help="Run dbt with these arguments on this installation's database, for example `clientnest dbt build`.",
    )(_dbt)


def _seed(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail where a file is out of date.")] = False,
) -> None:
    """Write what dbt takes from the metric catalogue: its seed, its column lists and its descriptions."""
    from clientnest.errors import PermanentError

    stale = []
    for path, text in _files().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if check and stale:
        raise PermanentError(
            f"Out of date with the metric catalogue: {', '.join(stale)}.",
            advice="Run `clientnest metrics seed` and commit what it writes.",
        )
    typer.echo(f"Written: {', '.join(stale)}." if stale else "The catalogue's files are up to date.")


def _dbt(context: typer.Context) -> None:
    import os
    import subprocess
    import sys

    from clientnest.db.dbt_env import dbt_environment

    program = Path(sys.executable).with_name("dbt")
    answer = subprocess.run([str(program), *context.args], env={**os.environ, **dbt_environment()}, check=False)
    raise typer.Exit(answer.returncode)


def _files() -> dict[Path, str]:
    from clientnest.db.dbt_env import dbt_project_folder

    project = dbt_project_folder()
    return {
        project / "seeds" / "metric_catalogue.csv": _csv(),
        project / "macros" / "catalogue.sql": _macro(),
        project / "models" / "docs" / "metric_catalogue.md": _docs(),
    }


def _rows() -> Iterator[dict[str, object]]:
    """One row per metric and network that reports it; one row without a network where none does."""
    from clientnest.metrics import catalogue

    for position, metric in enumerate(catalogue().values(), start=1):
        shared = {
            "position": position,
            "name": metric.name,
            "label": metric.label,
            "description": metric.description,
            "unit": metric.unit.value,
            "kind": metric.kind.value,
            "aggregation": metric.aggregation.value,
            "grains": " ".join(sorted(grain.value for grain in metric.grains)),
        }
        if not metric.networks:
            yield shared
        for network, reported in sorted(metric.networks.items()):
            yield {
                **shared,
                "network": network,
                "native": reported.native,
                "source_url": reported.source,
                "until_date": reported.until,
            }


def _csv() -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, _SEED_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows())
    return buffer.getvalue()


def _macro() -> str:
    from clientnest.metrics import catalogue

    entries = [
        {
            "name": metric.name,
            "unit": metric.unit.value,
            "kind": metric.kind.value,
            "aggregation": metric.aggregation.value,
            "grains": sorted(grain.value for grain in metric.grains),
        }
        for metric in catalogue().values()
    ]
    metrics = ",\n".join(f"    {json.dumps(entry)}" for entry in entries)
    types = ",\n".join(f'    "{metric.name}": "{metric.sql_type}"' for metric in catalogue().values())
    return (
        "{#- Written by `clientnest metrics seed` out of clientnest/metrics.py; change it there. -#}\n\n"
        "{#- Every metric, in display order. -#}\n"
        "{% macro catalogue() %}\n{{ return([\n" + metrics + "\n]) }}\n{% endmacro %}\n\n"
        "{#- The Postgres type of a metric's column. -#}\n"
        "{% macro metric_type(name) -%}\n{{ {\n" + types + "\n}[name] }}\n{%- endmacro %}\n"
    )


def _docs() -> str:
    from clientnest.metrics import catalogue

    blocks = [
        f"{{% docs metric_{metric.name} %}}\n{metric.label}: {metric.description} "
        f"{'Lifetime total' if metric.kind.value == 'counter' else 'State or average'} at the time of capture, in "
        f"{'fractions of one' if metric.unit.value == 'ratio' else metric.unit.value}; NULL where not reported.\n"
        "{% enddocs %}\n"
        for metric in catalogue().values()
    ]
    head = "<!-- Written by `clientnest metrics seed` out of clientnest/metrics.py; change it there. -->\n\n"
    return head + "\n".join(blocks)
