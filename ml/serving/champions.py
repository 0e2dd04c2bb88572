"""The champions in memory: looked up in MLflow by a thread of its own, kept on disk, never fetched by a request."""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

from clientnest.errors import ClientNestError
from clientnest.log import get_logger
from ml.features import Target
from ml.models.performance.model import PerformanceModel
from ml.models.performance.saved import load
from ml.tracking.names import from_registered_name, registered_name
from ml.tracking.registry import champions, fetch
from ml.tracking.server import open_mlflow

_log = get_logger(__name__)
REFRESH_SECONDS = 20.0
_KEEP_SECONDS = 3_600.0  # other processes may still be about to read a version
_POINTER = "champion"
_REQUEST_SECONDS = "10"  # MLflow's own defaults would let one look at a dead server last for minutes


@dataclass(frozen=True)
class Champion:
    """A loaded model. `confirmed_at`: when MLflow last said that it is the champion (None: not since this start)."""

    name: str
    version: str
    model: PerformanceModel
    confirmed_at: datetime | None


class Champions:
    """All champions of an installation. Reading never blocks: a refresh swaps the whole mapping at once."""

    def __init__(self, tracking_uri: str, folder: Path, refresh_seconds: float = REFRESH_SECONDS) -> None:
        """folder: where downloaded models are kept, so that a restart serves while MLflow is away."""
        self._refresh_seconds = refresh_seconds
        self._tracking_uri = tracking_uri
        self._folder = folder
        self._held: Mapping[str, Champion] = MappingProxyType({})
        self._stop = threading.Event()
        self._first = threading.Event()
        self._thread: threading.Thread | None = None
        self._mlflow: Any = None

    def get(self, workspace_id: UUID, target: Target) -> Champion | None:
        return self._held.get(registered_name(workspace_id, target))

    def start(self) -> None:
        """Load what is on disk and go on refreshing in the background."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="champions", daemon=True)
            self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait for the first look at MLflow to end (well or not)."""
        return self._first.wait(seconds)

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def refresh(self) -> None:
        """Look at the registry once: load new champions, drop those no longer named. Keeps what it has on failure."""
        from mlflow.exceptions import MlflowException
        from requests.exceptions import RequestException

        try:
            if self._mlflow is None:
                self._mlflow = _patient_mlflow(self._tracking_uri)
            named = champions(self._mlflow)
        except (MlflowException, RequestException, OSError) as error:
            _log.warning("MLflow does not answer; the last champions go on serving", error=str(error)[:300])
            return
        now, fresh = datetime.now(UTC), {}
        for name, version in named.items():
            if from_registered_name(name) is None:
                continue
            held = self._held.get(name)
            if held is not None and held.version == version:
                fresh[name] = replace(held, confirmed_at=now)
                continue
            try:
                fresh[name] = Champion(name, version, self._fetched(name, version), now)
                _log.info("champion loaded", model=name, version=version)
            except (ClientNestError, MlflowException, RequestException, OSError) as error:
                _log.warning("a champion cannot be loaded", model=name, version=version, error=str(error)[:300])
                if held is not None:
                    fresh[name] = held
        self._held = MappingProxyType(fresh)
        try:
            self._keep(fresh)
        except OSError as error:
            _log.warning("champions cannot be kept on disk; they serve from memory", error=str(error)[:300])

    def _run(self) -> None:
        self._load_kept()
        while True:
            self.refresh()
            self._first.set()
            if self._stop.wait(self._refresh_seconds):
                return

    def _load_kept(self) -> None:
        """The champions of the last run, from disk."""
        kept = {}
        for pointer in sorted(self._folder.glob(f"*/{_POINTER}")):
            name, version = pointer.parent.name, pointer.read_text().strip()
            try:
                kept[name] = Champion(name, version, load(pointer.parent / version), None)
            except ClientNestError as error:
                _log.warning("a kept model is skipped", model=name, version=version, error=error.message)
        self._held = MappingProxyType(kept)

    def _fetched(self, name: str, version: str) -> PerformanceModel:
        """A version from disk, downloaded first where it is not there. Other processes may do the same meanwhile."""
        final = self._folder / name / version
        if final.exists():
            return load(final)
        final.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=final.parent, prefix=".new-") as fresh:
            saved = fetch(name, version, Path(fresh))
            model = load(saved)  # what cannot be read is not kept
            with suppress(OSError):  # another process was faster
                saved.rename(final)
        return model

    def _keep(self, held: Mapping[str, Champion]) -> None:
        """Point to the champions on disk, and remove what has not been one for a while."""
        for name, champion in held.items():
            pointer = self._folder / name / _POINTER
            if not pointer.exists() or pointer.read_text().strip() != champion.version:
                fresh = pointer.with_name(f".{_POINTER}-{os.getpid()}")
                fresh.write_text(champion.version)
                fresh.replace(pointer)
        long_ago = time.time() - _KEEP_SECONDS
        for path in self._folder.glob("*/*"):
            current = held.get(path.parent.name)
            in_use = current is not None and path.name in {current.version, _POINTER}
            if not in_use and path.stat().st_mtime < long_ago:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _patient_mlflow(tracking_uri: str) -> Any:
    """MLflow with short waits: this thread asks again soon anyway."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", _REQUEST_SECONDS)
    return open_mlflow(tracking_uri)
