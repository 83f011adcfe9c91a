"""The log: rotated files in the data folder, and nothing secret in them.

Secrets are kept out where they are handled; this is the second line. Whatever looks like a token,
a bind secret or a credential field is masked before a line is written.
"""

import logging
import os
import re
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from core.domain.errors import CoreError
from core.domain.sentence import Sentence

_LARGEST = 1024 * 1024
_SECRETS = (
    (re.compile(r"/c/[A-Za-z0-9_\-]{8,}"), "/c/••••"),
    (re.compile(r"eyJ[A-Za-z0-9_\-]{5,}\.[A-Za-z0-9_\-]*\.?[A-Za-z0-9_\-]*"), "•••• (token)"),
    (re.compile(r"\b(rt|at|tt|sk)[_\-][A-Za-z0-9_\-.]{12,}"), "•••• (token)"),
    (re.compile(r"(?i)(bearer\s+)[^\s\"',]+"), r"\1••••"),
    (re.compile(r"(://[^/\s:@]*:)[^/\s@]+@"), r"\1••••@"),
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


class _PrivateFile(RotatingFileHandler):
    """0600 from the first byte on, also after the file was rotated."""

    def _open(self) -> TextIOWrapper:
        def opener(name: str, flags: int) -> int:
            return os.open(name, flags, 0o600)

        return open(self.baseFilename, "a", encoding="utf-8", opener=opener)


def start_logging(folder: Path, level: str) -> logging.Handler:
    """Write log lines to `folder`/turntable.log (4 files of 1 MiB, 0600) from now on.

    Args:
        folder: exists already, 0700.
        level: a word of `log.level`.

    Returns:
        The handler, for `stop_logging`.

    Raises:
        CoreError: `log_not_writable`.
    """
    path = folder / "turntable.log"
    try:
        handler = _PrivateFile(path, maxBytes=_LARGEST, backupCount=3, encoding="utf-8")
    except OSError as error:
        raise CoreError(
            "log_not_writable",
            Sentence(
                "The log {path} cannot be written ({why}).", path=path, why=error.strerror or error
            ),
            "Give your user the right to write there, or name another folder in TURNTABLE_HOME.",
        ) from error
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
