"""Structured logs on stderr: JSON in production, readable in a terminal, with the ids bound to the current context."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_SECRET_KEY = re.compile(r"(token|secret|password|authorization|cookie|api_?key|body|credential)", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(?<=://)([^:/@\s]*):([^@/\s]+)@")


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Logs carry no tokens or bodies: values under telling names go, and so do passwords inside URLs."""
    for key, value in event.items():
        if key == "event":
            pass
        elif _SECRET_KEY.search(key):
            event[key] = "[redacted]"
            continue
        if isinstance(value, str) and "://" in value:
            event[key] = _URL_PASSWORD.sub(r"\1:[redacted]@", value)
    return event


def configure(*, level: str = "INFO", json: bool | None = None) -> None:
    """Set up logging for this process. `json` defaults to true when stderr is not a terminal."""
    as_json = not sys.stderr.isatty() if json is None else json
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> Any:
    """A logger named after its module; bind request, run or job ids with `structlog.contextvars.bind_contextvars`."""
    return structlog.get_logger(module=name)
