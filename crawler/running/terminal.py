"""Text for terminals and logs: nothing of the web reaches them as a control or escape sequence."""

import json
import logging
from datetime import UTC, datetime


def clean(text: str) -> str:
    """Text as a terminal may have it: no control characters but line ends, no lone surrogates."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def start_log(*, as_json: bool, quiet: bool) -> None:
    """Send the crawler's log to stderr; quiet leaves errors only."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if as_json else _CleanLines("crawler: %(message)s"))
    logger = logging.getLogger("crawler")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.ERROR if quiet else logging.INFO)
    logger.propagate = False


class _CleanLines(logging.Formatter):
    """For people."""

    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record))


class _JsonLines(logging.Formatter):
    """For programs: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        row = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            row["traceback"] = self.formatException(record.exc_info)
        return json.dumps(row)
