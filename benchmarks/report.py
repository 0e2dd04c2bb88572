"""The table in `benchmarks/README.md`, out of `benchmarks/results/*.json`: `python -m benchmarks.report`."""

import json
from pathlib import Path
from typing import Any

from benchmarks.harness import RESULTS, markdown

README = Path(__file__).parent / "README.md"
_HEAD = """# Benchmarks

Every figure comes from a script in this folder that makes its own data on a server of its own, compares variants in
turns within one run, and takes medians. `make bench` measures all of it again and writes this page;
`python -m benchmarks.bench_<topic>` measures one topic, `python -m benchmarks.report` writes the page from `results/`.
What the models are worth on real posts is in [ml.md](ml.md).
"""


def main() -> None:
    results = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))]
    README.write_text("\n".join([_HEAD, *(_section(result) for result in results)]), encoding="utf-8")
    print(f"{README} written from {len(results)} results")


def _section(result: dict[str, Any]) -> str:
    rows = "\n".join(markdown(figure) for figure in result["figures"])
    return (
        f"## {result['topic'].replace('_', ' ').capitalize()}\n\n"
        f"| what | measured | promised | how |\n|---|---|---|---|\n{rows}\n\n"
        f"`{result['command']}`, {result['measured_at'][:10]}, {_machine(result['machine'])}\n"
    )


def _machine(machine: dict[str, Any]) -> str:
    return (
        f"commit {machine['commit']}: {machine['processors']} × {machine['processor']}, {machine['memory_gib']:g} GiB, "
        f"{machine['system']}, Python {machine['python']}; load when done {machine['busy']:g}."
    )


if __name__ == "__main__":
    main()
