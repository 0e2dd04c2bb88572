"""`state.json`: what earlier starts have done and later ones need not repeat. Losing it costs time, never data."""

import json
from pathlib import Path


class State:
    """Short texts under names, each on disk at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> str | None:
        value = self._read().get(name)
        return value if isinstance(value, str) else None

    def set(self, name: str, value: str) -> None:
        fresh = self._path.with_name(f"{self._path.name}.new")
        fresh.write_text(json.dumps({**self._read(), name: value}, indent=2))
        fresh.replace(self._path)

    def _read(self) -> dict[str, object]:
        try:
            content = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}
