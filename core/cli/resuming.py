"""`turntable resume-stopped CHAT`: Codex opens the chat again, through Turntable."""

from collections.abc import Mapping, MutableMapping

from core.cli.calling import call
from core.cli.codex_run import run_codex
from core.control.commands import VERBS
from core.control.facade import JsonValue


def resume(
    environment: MutableMapping[str, str],
    passphrase: str | None,
    typed: Mapping[str, JsonValue],
) -> int:
    """Find the chat, and end as Codex ends; what it is told is for the person to type.

    Raises:
        CoreError: no such chat stands still, nobody could serve it yet, or Codex was not started.
    """
    found = call(VERBS["resume-stopped"], typed, environment, passphrase, may_ask=True)
    words = ("resume", str(found["thread"]))
    return run_codex(environment, passphrase, account=None, direct=False, words=words)
