"""Where an installation keeps what: every path below the data folder that the stack uses."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders and files of one installation."""

    home: Path

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME: its configuration and the logs of its runs."""
        return self.home / "dagster"

    @property
    def mlflow(self) -> Path:
        """What models and their files are stored in; names and figures are in the database."""
        return self.home / "mlflow"

    @property
    def record(self) -> Path:
        """What runs, and where: written by the supervisor, read by `status`, `stop` and the next start."""
        return self.home / "run.json"

    @property
    def lock(self) -> Path:
        """Held by the supervisor for as long as it lives."""
        return self.home / ".run.lock"

    @property
    def state(self) -> Path:
        """What starts have done once and need not do again."""
        return self.home / "state.json"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"
