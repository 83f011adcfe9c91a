"""The log: rotated files in the data folder, and nothing secret in them.

Secrets are kept out where they are handled; this is the second line. Whatever looks like a token,
a bind secret or a credential field is masked before a line is written.
"""

import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path

_SECRETS = (
    (re.compile(r"/c/[A-Za-z0-9_\-]{8,}"), "/c/••••"),
    (re.compile(r"eyJ[A-Za-z0-9_\-]{5,}\.[A-Za-z0-9_\-]*\.?[A-Za-z0-9_\-]*"), "•••• (token)"),
    (re.compile(r"\b(rt|at|tt|sk)[_\-][A-Za-z0-9_\-.]{12,}"), "•••• (token)"),
    (re.compile(r"(?i)(bearer\s+)[^\s\"',]+"), r"\1••••"),
    (
        re.compile(
            r"(?i)((?:refresh|access|id)_token|authorization|code_verifier|passphrase)"
            r"([\"']?\s*[:=]\s*[\"']?)[^\s\"',&}]+"
        ),
        r"\1\2••••",
    ),
)


def redact(text: str) -> str:
    """The text with everything masked that looks like a secret."""
    for pattern, mask in _SECRETS:
        text = pattern.sub(mask, text)
    return text


class _Redacting(logging.Formatter):
    """Formats a record, its exception included, and masks the result."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def start_logging(folder: Path, level: str) -> logging.Handler:
    """Write log lines to `folder`/turntable.log (4 files of 1 MiB, 0600) from now on.

    Args:
        folder: exists already, 0700.
        level: a word of `log.level`.

    Returns:
        The handler, for `stop_logging`.
    """
    path = folder / "turntable.log"
    path.touch(mode=0o600, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=1024 * 1024, backupCount=3, encoding="utf-8")
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level.upper())
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs whole addresses
    return handler


def stop_logging(handler: logging.Handler) -> None:
    """Write what is pending and close the file."""
    logging.getLogger().removeHandler(handler)
    handler.close()
