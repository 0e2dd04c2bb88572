"""Builds with the real dbt on the database of the module."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from clientnest.db.dbt_env import dbt_environment


@dataclass(frozen=True)
class Result:
    """What dbt said: one entry per model or test."""

    succeeded: bool
    nodes: dict[str, tuple[str, str]]  # unique id → (status, message)

    @property
    def failures(self) -> dict[str, str]:
        return {name: f"{status}: {said}" for name, (status, said) in self.nodes.items() if status in {"error", "fail"}}


Dbt = Callable[..., Result]


@pytest.fixture(scope="module")
def dbt(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dbt]:
    """Runs dbt in this process: `dbt("build", "--full-refresh")`; fails the test where dbt fails."""
    target: Path = tmp_path_factory.mktemp("dbt")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in dbt_environment().items():
            patch.setenv(name, value)

        def run(*arguments: str, may_fail: bool = False) -> Result:
            answer: Any = dbtRunner().invoke(
                [*arguments, "--quiet", "--target-path", str(target), "--log-path", str(target), "--threads", "4"]
            )
            if answer.exception is not None:
                raise answer.exception
            entries = answer.result.results if answer.result is not None else []
            nodes = {entry.node.unique_id: (str(entry.status), str(entry.message)) for entry in entries}
            result = Result(bool(answer.success), nodes)
            assert may_fail or result.succeeded, result.failures
            return result

        yield run
