"""What the processes say on their error output: lines for people, or one JSON object a line for a collector of logs."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

TEXT, JSON = "text", "json"
LINE = "%(asctime)s %(name)s %(levelname)s %(message)s"


class JsonLines(logging.Formatter):
    """at, level, logger, message; trace where something failed."""

    def format(self, record: logging.LogRecord) -> str:
        row = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        if record.exc_info:
            row["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(row).decode()


def init_logs(form: str) -> None:
    """form: TEXT or JSON; raises ValueError for any other."""
    if form not in (TEXT, JSON):
        raise ValueError(f"LOG_FORMAT is {form!r}; give {TEXT} or {JSON}")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == JSON else logging.Formatter(LINE))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)


def is_json() -> bool:
    """Whether init_logs() was asked for JSON: then nothing else belongs on the output."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)


def logs_of_workers() -> dict[str, Any] | None:
    """The configuration for processes that the web's server starts; None where lines for people suffice."""
    if not is_json():
        return None
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": f"{JsonLines.__module__}.{JsonLines.__name__}"}},
        "handlers": {"errors": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "loggers": {"_granian": {"handlers": [], "level": "INFO", "propagate": True}},
        "root": {"handlers": ["errors"], "level": "INFO"},
    }
