"""dbt's manifest, parsed ahead so that definitions load quickly, and again whenever the project's files changed."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from clientnest.db.dbt_env import dbt_project_folder
from clientnest.errors import PermanentError

_GENERATED = {"target", "logs", "dbt_packages"}
# Parsing connects to nothing, but profiles.yml wants its variables.
_NOWHERE = {f"CLIENTNEST_DBT_{name}": "nowhere" for name in ("HOST", "USER", "PASSWORD", "NAME")}


def ensure_manifest() -> Path:
    """The manifest of the dbt project as it is now; parsed (some seconds, no database) where it is missing or old."""
    project = dbt_project_folder()
    folder = project / "target" / "parsed"
    manifest, stamp = folder / "manifest.json", folder / "stamp"
    current = _digest(project)
    if _is_current(manifest, stamp, current):
        return manifest
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not _is_current(manifest, stamp, current):
            _parse(project, folder)
            stamp.write_text(current)
    return manifest


def _is_current(manifest: Path, stamp: Path, current: str) -> bool:
    return manifest.exists() and stamp.exists() and stamp.read_text() == current


def _digest(project: Path) -> str:
    return digest_of(project, _sources(project), version("dbt-core"))


def digest_of(project: Path, files: Iterable[Path], besides: str = "") -> str:
    """SHA-256 of the names and contents of files of the project, and of what else counts."""
    digest = hashlib.sha256(besides.encode())
    for file in sorted(files):
        digest.update(f"{file.relative_to(project)}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in _GENERATED and not path.name.startswith("."):
                yield from _sources(path)
        elif path.suffix in {".sql", ".yml", ".yaml", ".md", ".csv"}:
            yield path


def _parse(project: Path, folder: Path) -> None:
    program = Path(sys.executable).with_name("dbt")
    answer = subprocess.run(
        [str(program), "--quiet", "--no-use-colors", "parse", "--no-partial-parse", "--target-path", str(folder)],
        env={**_NOWHERE, **os.environ, "DBT_PROJECT_DIR": str(project), "DBT_PROFILES_DIR": str(project),
             "DBT_LOG_PATH": str(folder), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        capture_output=True, text=True, check=False, cwd=project,
    )  # fmt: skip
    if answer.returncode != 0:
        said = (answer.stdout + answer.stderr).strip()
        raise PermanentError(
            f"dbt could not parse the project in {project}: {said.splitlines()[-1] if said else 'it said nothing.'}",
            advice="`clientnest dbt parse` shows more.",
            details={"output": said[-4000:]},
        )
